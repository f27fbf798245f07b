"""Numbers in fields that are texts, texts in objects, and other spellings, put right in the text of a row. Pure.

The row is compared with the schema afterwards: what was put right by mistake would not fit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim_wire.exact_json import dumps, loads, number
from tap_medipim.localized import BY_LANGUAGE, first_text, is_by_language, place_of_plain
from tap_medipim.scalars import with_zeros
from tap_medipim.schema_types import SCALARS, types_of

OTHER_NAMES = {b'"zipcode":': b'"zipCode":'}  # docs/api/medipim.md#contact-spellings
# Texts that come as numbers from the first row on (docs/api/medipim.md#product-fields); others are learnt from rows.
OFTEN_NUMBERS = ("packageQuantity", "packageContent", "hsCode")
OFTEN_PLAIN = ("region", "conservationLabel")  # docs/api/medipim.md#contact-spellings, #names-as-text
OFTEN_LOCALIZED = ("brands", "organizations")  # their names: docs/api/medipim.md#names-as-text
_NUMBER = rb"-?[0-9][0-9.eE+-]*+"
_VALUE = re.compile(rb'\[(?:%b|"[^"\\]*"|,)*+\]|%b(?=[,}])' % (_NUMBER, _NUMBER))
_TEXT = re.compile(rb'"[^"\\]+"')
_NAME = re.compile(rb'"name":(\{[^{}]*\})')
_OBJECTS = (["object", "null"], ["object"])
_TEXT_OR_NUMBER = re.compile(rb'"[^"\\]*"|' + _NUMBER)


@dataclass(frozen=True, slots=True)
class Forms:
    """What a schema says about the forms of texts."""

    texts: frozenset[str]  # names that are texts wherever they stand
    plain: Mapping[bytes, bytes]  # what begins a plain text where an object is meant: what begins it there
    named: Sequence[bytes]  # what begins lists whose items have a name that is a text, and one by language


def forms_of(schema: Mapping[str, Any]) -> Forms:
    """Read the forms from a schema."""
    texts: dict[str, bool] = {}
    plain: dict[bytes, bytes] = {}
    for name, node in _named(schema):
        if name in OFTEN_PLAIN and types_of(node) in _OBJECTS and (place := place_of_plain(node, "string")):
            plain[b'"%b":"' % name.encode()] = b'{"%b":' % place.encode()
        scalars = {kind for kind in types_of(node) + types_of(node.get("items", {})) if kind in SCALARS}
        texts[name] = texts.get(name, True) and scalars == {"string"}
    return Forms(
        frozenset(name for name, is_text in texts.items() if is_text),
        plain,
        [b'"%b":[' % name.encode() for name in OFTEN_LOCALIZED if _has_both(schema, name)],
    )


class Spellings:
    """Knows which names of a schema are texts wherever they stand, and in which of them numbers were seen."""

    def __init__(self, forms: Forms, seen: Iterable[str] = ()) -> None:
        """``seen`` are texts that came as numbers."""
        self._forms = forms
        self.seen: set[str] = set()
        self._keys: list[tuple[bytes, str]] = []
        self.learn((*OFTEN_NUMBERS, *seen))

    def learn(self, names: Iterable[str]) -> None:
        """Look for numbers in these fields from now on."""
        for name in self._forms.texts.intersection(names) - self.seen:
            self.seen.add(name)
            self._keys.append((b'"%b":' % name.encode(), name))

    def declared(self, text: bytes) -> bytes:
        """The text of a row with numbers as texts, and names, as the schema has them."""
        for spelled, declared in OTHER_NAMES.items():
            if spelled in text and declared not in text:
                text = text.replace(spelled, declared)
        text = self._one_form(text)
        for key, name in self._keys:
            place = text.find(key)
            while place >= 0:
                place += len(key)
                if found := _VALUE.match(text, place):
                    text = text[:place] + _quoted(found[0], name) + text[found.end() :]
                place = text.find(key, place)
        return text

    def _one_form(self, text: bytes) -> bytes:
        """Texts that are in no language, or in several, as the schema has them (docs/decisions/0045)."""
        for key, inside in self._forms.plain.items():
            text = _wrapped(text, key, inside)
        for key in self._forms.named:
            begin = text.find(key)
            end = text.find(b"]", begin)
            if 0 <= begin < end:
                text = text[:begin] + _NAME.sub(_beside, text[begin:end]) + text[end:]
        return text


def _named(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inner in node.get("properties", {}).items():
        yield name, inner
        yield from _named(inner)
        yield from _named(inner.get("items", {}))


def _has_both(schema: Mapping[str, Any], name: str) -> bool:
    """Whether the items of a list have a name that is a text, and one by language."""
    fields = schema.get("properties", {}).get(name, {}).get("items", {}).get("properties", {})
    return "name" + BY_LANGUAGE in fields and "object" not in types_of(fields.get("name", {}))


def _beside(found: re.Match[bytes]) -> bytes:
    """A name by language as its first text, and all of it beside."""
    try:
        texts = loads(found[1])
    except ValueError:
        return found[0]
    if not is_by_language(texts):
        return found[0]
    return b'"name":%b,"name%b":%b' % (dumps(first_text(texts)), BY_LANGUAGE.encode(), found[1])


def _wrapped(text: bytes, key: bytes, inside: bytes) -> bytes:
    """The text of a row with plain texts as members of the objects that are meant."""
    place = text.find(key)
    while place >= 0:
        place += len(key) - 1
        if found := _TEXT.match(text, place):
            text = text[:place] + inside + found[0] + b"}" + text[found.end() :]
        place = text.find(key, place)
    return text


def _quoted(value: bytes, name: str) -> bytes:
    def as_text(part: re.Match[bytes]) -> bytes:
        digits = part[0]
        if digits.startswith(b'"'):
            return digits
        try:
            return b'"%b"' % with_zeros(str(number(digits.decode())), name).encode()
        except (ArithmeticError, ValueError):
            return digits

    return _TEXT_OR_NUMBER.sub(as_text, value)
