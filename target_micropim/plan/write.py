"""Pure: what a write sends, and whether MicroPIM took it.

Fields are compared one by one; in a body the attributes travel as one map. What MicroPIM shows after a write is the
only proof there is (docs/decisions/0011).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.plan.fields import ATTRIBUTES, EXTRAS
from target_micropim.plan.values import EMPTY, attributes, fingerprints

Fingerprints = Mapping[str, str]
_ATTRIBUTE_PREFIX = f"{ATTRIBUTES}."
_EXTRA_PREFIX = f"{EXTRAS}."

# What is sent


def body_of(fields: Mapping[str, Any], product: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body. Attributes that ``product`` shows go along: a map that is sent may replace the whole map."""
    body: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in fields.items():
        if name.startswith(_ATTRIBUTE_PREFIX):
            own[name.removeprefix(_ATTRIBUTE_PREFIX)] = value
        else:
            body[name.removeprefix(_EXTRA_PREFIX)] = value
    if own:
        kept = attributes(product) if product and isinstance(product.get(ATTRIBUTES), dict) else {}
        body[ATTRIBUTES] = {code: value for code, value in kept.items() if _can_travel(value)} | own
    return body


def _can_travel(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | list)


def without_attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without any attribute."""
    return {name: value for name, value in fields.items() if not name.startswith(_ATTRIBUTE_PREFIX)}


def emptied_attributes(fields: Mapping[str, Any]) -> list[str]:
    """The attributes that are emptied."""
    return [name for name, value in fields.items() if name.startswith(_ATTRIBUTE_PREFIX) and value == ""]


def without_extras(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields alone: only they have a schema to be checked against.

    See docs/api/micropim.md#unknown-fields.
    """
    return {name: value for name, value in fields.items() if not name.startswith(_EXTRA_PREFIX)}


# Whether MicroPIM took it


@dataclass(frozen=True)
class Verdict:
    """Fields that show something else than was sent: ``ignored`` ones their old value, ``altered`` ones a third."""

    ignored: tuple[str, ...]
    altered: tuple[str, ...]

    @property
    def message(self) -> str | None:
        """For the report; None when everything took."""
        parts = [f"{name} (still shows what was there before)" for name in self.ignored]
        parts += [f"{name} (was stored in another form)" for name in self.altered]
        return f"did not take: {', '.join(parts)}" if parts else None


def verify(sent: Mapping[str, Any], before: Fingerprints, after: Fingerprints) -> Verdict:
    """Compare field by field; ``before`` and ``after`` are fingerprints of what MicroPIM showed.

    An extra field that MicroPIM does not show at all is taken on trust: it was sent on request
    (docs/api/micropim.md#unknown-fields).
    """
    ignored: list[str] = []
    altered: list[str] = []
    for name, print_ in fingerprints(sent).items():
        if name not in after and name.startswith(_EXTRA_PREFIX):
            continue
        shown = after.get(name, EMPTY)
        if shown != print_:
            (ignored if shown == before.get(name, EMPTY) else altered).append(name)
    return Verdict(tuple(ignored), tuple(altered))


def shows_no_attribute(sent: Mapping[str, Any], after: Fingerprints) -> bool:
    """Whether attribute values were sent and none of them shows (docs/api/micropim.md#attribute-values).

    One that is emptied shows nothing anyway.
    """
    values = {name: value for name, value in sent.items() if name.startswith(_ATTRIBUTE_PREFIX) and value != ""}
    return bool(values) and not any(after.get(name) == print_ for name, print_ in fingerprints(values).items())
