"""Product attributes: definitions made where they are missing, values sent as an experiment.

See docs/api/micropim.md#attribute-values and docs/api/micropim.md#attribute-definitions.

Neither the body of a definition nor the writing of values is documented. So: definitions are listed once, matched by
code and then by name, made as attribute_template says (by default with the fewest fields), changed only by
update_attributes and never in code or type; values switch themselves off for the run, with one warning, as soon as
MicroPIM refuses them or does not show them.
"""

import threading
from collections.abc import Mapping
from typing import Any

from pim_wire.errors import Unclear
from target_micropim.api.payloads import check_payload
from target_micropim.api.tree import check_total
from target_micropim.errors import Reason, RecordRejected, RequestRefused
from target_micropim.mapping.attributes import attribute_body
from target_micropim.mapping.characters import folded
from target_micropim.mapping.desired import AttributeValue, DesiredProduct
from target_micropim.plan.values import attribute_field
from target_micropim.report.run_report import Change, Row, Subject
from target_micropim.services import Services

MAX_POSTS = 6
_LIST_KEYS = ("attributes", "product_attributes")
_CODE_KEYS = ("code", "slug")  # one of the two, perhaps (docs/api/micropim.md#attribute-definitions)
_NAMING = (*_CODE_KEYS, "name")
_KEPT = frozenset({"type", *_CODE_KEYS})  # values hang on these


class Attributes:
    """Knows the definitions of the organization. Used from several threads."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._post_once = services.post_once
        self._report = services.report
        self._settings = services.settings
        self._defines = services.settings.attributes_mode != "off"
        self._sends = services.settings.attributes_mode == "values"
        self._definitions: list[dict[str, Any]] | None = None
        self._codes: dict[str, str | None] = {}
        self._lock = threading.RLock()

    def fields(self, desired: DesiredProduct) -> dict[str, Any]:
        """The values to compare and send, each like a field of its own; their definitions are there afterwards."""
        with self._lock:
            codes = [self._code(attribute) for attribute in desired.attributes if self._defines]
        if not self._sends:
            return {}
        pairs = zip(codes, desired.attributes, strict=True)
        return {attribute_field(code): attribute.value for code, attribute in pairs if code is not None}

    def ended(self, desired: DesiredProduct) -> frozenset[str]:
        """The attributes that show links which are over, as fields; no definition is made for them."""
        if not (self._sends and desired.ended_attributes):
            return frozenset()
        with self._lock:
            definitions = self._list() or []
            found = ((self._codes.get(one.code) or _code_in(definitions, one)) for one in desired.ended_attributes)
            return frozenset(attribute_field(code) for code in found if code)

    def switch_off(self, why: str) -> None:
        """No values any more in this run; told once."""
        with self._lock:
            was, self._sends = self._sends, False
        if was:
            self._warn(f"attribute values are switched off for this run: {why}")

    def _code(self, desired: AttributeValue) -> str | None:
        """The code under which values of this attribute travel; None when it has no definition."""
        if desired.code not in self._codes:
            try:
                self._codes[desired.code] = self._find_or_create(desired)
            except RecordRejected as error:
                self._codes[desired.code] = None
                said = error.said if isinstance(error, RequestRefused) and error.said else str(error)
                self._warn(f"attribute {desired.code} could not be defined and is left out: {said}")
        return self._codes[desired.code]

    def _find_or_create(self, desired: AttributeValue) -> str | None:
        if (definitions := self._list()) is None:
            return None
        body = attribute_body(
            self._settings.attribute_template, name=desired.name, code=desired.code, kind=desired.kind
        )
        named = {"code": desired.code, **body}
        definition = _match(definitions, named) or _match_alias(definitions, desired, named)
        if definition is None:
            definition = self._create(desired, body, named)
        elif self._settings.update_attributes:
            self._update(definition, desired, body)
        return _shown_code(definition) or str(named["code"])

    def _update(self, definition: dict[str, Any], desired: AttributeValue, body: dict[str, Any]) -> None:
        """PATCH what differs from the template; a refusal leaves the definition as it is, and usable.

        See docs/api/micropim.md#attribute-definitions.
        """
        number = definition.get("id")
        changed = {key: value for key, value in body.items() if key not in _KEPT and definition.get(key) != value}
        if not changed or not isinstance(number, int):
            return
        check_payload("attribute", body)
        try:
            self._client.update_attribute(number, changed)
        except RecordRejected as error:
            said = error.said if isinstance(error, RequestRefused) and error.said else str(error)
            self._warn(f"attribute {desired.code} stays as it is: {said}")
            return
        changes = [Change(key, definition.get(key), value) for key, value in changed.items()]
        self._report.changed(Subject("attributes", desired.code, None, number), changes)

    def _create(self, desired: AttributeValue, body: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
        check_payload("attribute", body)
        definition = self._post_once.post(
            post=lambda: {**body, **self._client.create_attribute(body)},
            look=lambda: _match(_definitions(self._client.attributes()), named),
            attempts=MAX_POSTS,
        )
        self._report.attribute(desired.code)
        if self._settings.profile == "medipim" and not desired.aliases:
            self._warn(
                f"attribute {desired.code} is called {desired.name} after its code: select the streams attributes and "
                "attribute_options of the tap, and give it its name in MicroPIM"
            )
        return definition

    def _list(self) -> list[dict[str, Any]] | None:
        """The definitions, listed once; without the list nothing is made, since everything would look missing."""
        if self._definitions is None and self._defines:
            try:
                self._definitions = _definitions(self._client.attributes())
            except (RecordRejected, Unclear, ValueError) as error:
                self._defines = False
                self._warn(f"the list of attributes cannot be read, so none is made or sent: {error}")
                self._sends = False
        return self._definitions

    def _warn(self, what: str) -> None:
        self._report.add("warnings", Row("attributes", "", None, what))


def _definitions(data: Any) -> list[dict[str, Any]]:
    """The list in any of its possible shapes. Raises ValueError for an unknown one, and for one that hides something.

    See docs/api/micropim.md#unshown-shapes.
    """
    items = data
    if isinstance(data, dict):
        items = next((data[key] for key in _LIST_KEYS if isinstance(data.get(key), list)), [] if not data else None)
    if not isinstance(items, list):
        raise ValueError("the answer holds no list of attributes")
    if not all(isinstance(item, dict) and any(isinstance(item.get(key), str) for key in _NAMING) for item in items):
        raise ValueError("it holds something that is no attribute with a code or a name")
    if isinstance(data, dict):
        check_total(data, len(items))
    return items


def _code_in(definitions: list[dict[str, Any]], desired: AttributeValue) -> str | None:
    """The code of an attribute that is defined already; None where it is not, or nobody can tell."""
    named = {"code": desired.code, "name": desired.name}
    try:
        definition = _match(definitions, named) or _match_alias(definitions, desired, named)
    except RecordRejected:
        return None
    return None if definition is None else _shown_code(definition) or desired.code


def _shown_code(definition: Mapping[str, Any]) -> str:
    code = next((definition[key] for key in _CODE_KEYS if isinstance(definition.get(key), str)), "")
    return code if code.strip() else ""


def _match_alias(
    definitions: list[dict[str, Any]], desired: AttributeValue, named: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A definition with no code that was made under the name of another language."""
    for alias in desired.aliases:
        if (found := _match(definitions, {**named, "name": alias})) and not any(found.get(key) for key in _CODE_KEYS):
            return found
    return None


def _match(definitions: list[dict[str, Any]], named: Mapping[str, Any]) -> dict[str, Any] | None:
    """The definition with this code, else with this name. Raises RecordRejected when several have it."""
    for key, value in (*((key, named["code"]) for key in _CODE_KEYS), ("name", named["name"])):
        matches = [
            item for item in definitions if isinstance(item.get(key), str) and folded(item[key]) == folded(value)
        ]
        if len(matches) > 1:
            raise RecordRejected("recognise", [Reason(key, f"MicroPIM has {len(matches)} attributes with {value}")])
        if matches:
            return matches[0]
    return None
