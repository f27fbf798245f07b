"""Brings records to the schema of their stream, and the schema to what is new in them, before they go out. Pure.

Whoever reads our messages makes a table of the SCHEMA: a field that it lacks, or a text in a column of numbers, is lost
or ends the load there. New fields come without notice (docs/api/medipim.md#new-fields).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pim_wire.schema_copies import copied_schema
from tap_medipim.drift import Drift
from tap_medipim.errors import FieldRefused
from tap_medipim.localized import BY_LANGUAGE, first_text, is_by_language, is_localized, place_of_plain
from tap_medipim.scalars import UNCLEAR, as_text, as_type, with_zeros
from tap_medipim.schema_types import SCALARS, kind_of, types_of

Schema = dict[str, Any]
Path = tuple[str, ...]
MOST_NEW, LONGEST_NAME = 200, 200  # names that differ in each row must neither fill the memory nor a table
_GONE = object()
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_EMPTY_OF = {"array": "object", "object": "array"}
_IN_64_BITS = range(-(2**63), 2**63)


class Conformer:
    """The schema of one stream, which grows, and the records that are brought to it."""

    def __init__(
        self, schema: Mapping[str, Any], unknown: str = "extend", is_wanted: Callable[[Path], bool] = lambda _path: True
    ) -> None:
        """``unknown`` is the setting ``unknown_fields``. ``is_wanted`` says whether a new field is selected."""
        self.schema: Schema = copied_schema(schema)
        self.version = 0
        self.drift = Drift()
        self.numbers: set[str] = set()  # fields that are texts, and came as numbers
        self._unknown = unknown
        self._is_wanted = is_wanted
        self._new = 0
        self._nodes: list[Schema] = []  # the new ones, kept so that no other takes over an identity
        self._unseen: set[int] = set()  # those of them, by identity, of which no value but null was seen

    def bring(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record as its schema says; the record itself is changed. Raises FieldRefused."""
        self._bring_fields(record, self.schema, ())
        return record

    def _bring_fields(self, value: dict[str, Any], node: Schema, path: Path) -> None:
        if node.get("properties") is None and not isinstance(node.get("additionalProperties"), dict):
            return
        for name in list(value):
            self._bring_field(value, name, node, path)

    def _bring_field(self, value: dict[str, Any], name: str, node: Schema, path: Path) -> None:
        properties, others = node.get("properties"), node.get("additionalProperties")
        known = (properties or {}).get(name)
        if known is None:
            known = others if isinstance(others, dict) else self._foreign(value, name, node, path)
        if known is None:
            value.pop(name, None)
            return
        inner = value[name]
        if inner is False and is_localized(node):  # docs/api/medipim.md#product-collections
            inner = value[name] = None
        if inner is None and "null" in types_of(known):
            return
        if isinstance(inner, dict) and properties is not None and self._is_text(known) and is_by_language(inner):
            self._set_beside(value, name, node, path)
            return
        brought = self._bring(inner, known, (*path, name))
        if brought is _GONE:
            del value[name]
        elif brought is not inner:
            value[name] = brought

    def _is_text(self, node: Schema) -> bool:
        types = types_of(node)
        return "string" in types and "object" not in types and id(node) not in self._unseen

    def _set_beside(self, value: dict[str, Any], name: str, node: Schema, path: Path) -> None:
        """A text came by language: it stays a text, and all its languages go into a field beside it."""
        texts = value[name]
        value[name] = first_text(texts)
        if self._is_wanted((*path, name)):
            beside = name + BY_LANGUAGE
            value.setdefault(beside, texts)
            self._bring_field(value, beside, node, path)

    def _foreign(self, value: dict[str, Any], name: str, node: Schema, path: Path) -> Schema | None:
        """The new node of a field that the schema does not have; None where it is left out, or goes elsewhere."""
        properties, place = node["properties"], (*path, name)
        if spelled := next((known for known in properties if known.lower() == name.lower()), None):
            self._respell(value, name, spelled, properties[spelled], path)
            return None
        if not self._is_wanted(place):
            return None
        if self._unknown == "fail":
            raise FieldRefused(place, kind_of(value[name]))
        is_kept = self._unknown == "extend" and self._new < MOST_NEW and len(name) <= LONGEST_NAME
        self.drift.note_unknown(place, kind_of(value[name]), is_kept=is_kept)
        if not is_kept:
            return None
        self._new += 1
        new = properties[name] = self._unseen_node()
        return new

    def _respell(self, value: dict[str, Any], name: str, spelled: str, node: Schema, path: Path) -> None:
        """Two names that differ in case alone would be one column (docs/api/medipim.md#contact-spellings)."""
        inner = value.pop(name)
        if value.get(spelled) in _NOTHING:
            brought = self._bring(inner, node, (*path, spelled))
            value |= {} if brought is _GONE else {spelled: brought}
        elif inner not in _NOTHING and inner != value[spelled]:
            self.drift.note_unknown((*path, name), kind_of(inner), is_kept=False)

    def _bring(self, value: Any, node: Schema, path: Path) -> Any:
        """The value as the node says; _GONE for one that is left out."""
        kind = kind_of(value)
        if kind != "null" and id(node) in self._unseen:
            self._see(value, kind, node)
        types = types_of(node)
        if not types:
            return value
        if kind in types or (kind == "integer" and "number" in types):
            return self._inside(value, node, path)
        if not value and kind in _EMPTY_OF and _EMPTY_OF[kind] in types:  # an empty object is [] to some programs
            return [] if kind == "object" else {}
        return self._scalar(value, kind, node, path) if kind in SCALARS else self._beyond(value, kind, node, path)

    def _scalar(self, value: Any, kind: str, node: Schema, path: Path) -> Any:
        """A scalar as the one that the node means."""
        types = types_of(node)
        scalar = next((each for each in SCALARS if each in types), None)
        if scalar is None:
            return self._plain(value, kind, node, path)
        brought = as_type(value, scalar)
        if brought is UNCLEAR or (brought is None and "null" not in types):
            return self._beyond(value, kind, node, path)
        return self._text_of_number(brought, path[-1].removesuffix("[]")) if scalar == "string" else brought

    def _plain(self, value: Any, kind: str, node: Schema, path: Path) -> Any:
        """A plain value where an object or a list is meant: inside of it, where its place is plain."""
        types = types_of(node)
        if "object" in types and (key := place_of_plain(node, kind)):
            if (value is False or value == "") and "null" in types:
                return None
            inside = {key: as_text(value)}
            self._bring_fields(inside, node, path)
            return inside or _GONE
        if "array" in types and not any(node is new for new in self._nodes) and _holds_scalars(node):
            return self._inside([value], node, path)
        return self._beyond(value, kind, node, path)

    def _text_of_number(self, digits: str, name: str) -> str:
        self.numbers.add(name)
        return with_zeros(digits, name)

    def _inside(self, value: Any, node: Schema, path: Path) -> Any:
        """The same value, its members brought to the node's."""
        if isinstance(value, dict):
            self._bring_fields(value, node, path)
        elif isinstance(value, list) and isinstance(items := node.get("items"), dict):
            place = (*path[:-1], f"{path[-1]}[]")
            brought = [self._bring(item, items, place) for item in value]
            return [item for item in brought if item is not _GONE]
        elif isinstance(value, int) and not isinstance(value, bool) and value not in _IN_64_BITS:
            return Decimal(value)
        return value

    def _beyond(self, value: Any, kind: str, node: Schema, path: Path) -> Any:
        """A value of a type that the schema does not have, and that is not the same in another."""
        if not self._is_wanted(path):
            return _GONE
        if self._unknown == "fail":
            raise FieldRefused(path, kind)
        self.drift.note_other(path, kind, is_kept=self._unknown == "extend")
        if self._unknown == "drop":
            return _GONE
        self.version += 1
        types = types_of(node)
        scalars = [each for each in types if each in SCALARS]
        if kind in SCALARS and scalars:
            wider = "number" if {kind, *scalars} <= {"integer", "number"} else "string"  # a text holds every other
            node["type"] = list(dict.fromkeys(wider if each in SCALARS else each for each in types))
        else:
            node["type"] = [*types, kind] if kind == "null" else [kind, *types]
        if kind == "array":
            node["items"] = self._unseen_node()
        elif kind == "object":
            node.setdefault("properties", {})
            node["additionalProperties"] = True
        return self._bring(value, node, path)

    def _unseen_node(self) -> Schema:
        """The node of a field that is new: a text, until a value says otherwise."""
        node: Schema = {"type": ["string", "null"]}
        self._nodes.append(node)
        self._unseen.add(id(node))
        self.version += 1
        return node

    def _see(self, value: Any, kind: str, node: Schema) -> None:
        """The first value of a new field tells its type; what no column of numbers holds is a text."""
        self._unseen.discard(id(node))
        self.version += 1
        if kind == "integer" and int(value) not in _IN_64_BITS:
            kind = "string"
        node["type"] = [kind, "null"]
        if kind == "object":
            node |= {"properties": {}, "additionalProperties": True}
        elif kind == "array":
            node["items"] = self._unseen_node()


def _holds_scalars(node: Mapping[str, Any]) -> bool:
    return not {"string", "number", "integer"}.isdisjoint(types_of(node.get("items", {})))
