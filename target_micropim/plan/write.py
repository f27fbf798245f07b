"""Pure: the body of a write, made of fields that are compared one by one; attributes travel as one map.

Pure: whether MicroPIM took what it was sent. The answer to a write is the only proof there is.

Pure: a write whose end was never remembered, since the run was killed; what MicroPIM shows tells if it arrived.

Without this our own value would look like a person's edit as soon as the source, or the language, changes before the
next run: a conflict for ever (docs/decisions/0016).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.plan.values import ATTRIBUTES, EMPTY, EXTRAS, attributes, fingerprint

_PREFIX = f"{ATTRIBUTES}."
_EXTRA = f"{EXTRAS}."


def body_of(fields: Mapping[str, Any], product: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What to send. The attributes that ``product`` shows go along: a map that is sent may replace the whole map."""
    body = {name.removeprefix(_EXTRA): value for name, value in fields.items() if not name.startswith(_PREFIX)}
    ours = {name.removeprefix(_PREFIX): value for name, value in fields.items() if name.startswith(_PREFIX)}
    if ours:
        kept = attributes(product) if product and isinstance(product.get(ATTRIBUTES), dict) else {}
        body[ATTRIBUTES] = {code: value for code, value in kept.items() if _can_travel(value)} | ours
    return body


def _can_travel(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | list)


def without_attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without any attribute."""
    return {name: value for name, value in fields.items() if not name.startswith(_PREFIX)}


def without_extras(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields alone: only they have a schema to be checked against (micropim.md 4, row 27)."""
    return {name: value for name, value in fields.items() if not name.startswith(_EXTRA)}


@dataclass(frozen=True)
class Verdict:
    """Fields that show something else than was sent: ``ignored`` ones their old value, ``altered`` ones a third."""

    ignored: tuple[str, ...]
    altered: tuple[str, ...]

    @property
    def told(self) -> str | None:
        """For the report; None when everything took."""
        parts = [f"{name} (still shows what was there before)" for name in self.ignored]
        parts += [f"{name} (was stored in another form)" for name in self.altered]
        return f"did not take: {', '.join(parts)}" if parts else None


def verify(sent: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]) -> Verdict:
    """Judge field by field; ``before`` and ``after`` are fingerprints of what MicroPIM showed.

    An extra field that MicroPIM does not show at all is taken on trust: it was sent on request (row 27).
    """
    ignored: list[str] = []
    altered: list[str] = []
    for name, value in sent.items():
        if name not in after and name.startswith(f"{EXTRAS}."):
            continue
        shown = after.get(name, EMPTY)
        if shown != fingerprint(name, value):
            (ignored if shown == before.get(name, EMPTY) else altered).append(name)
    return Verdict(tuple(ignored), tuple(altered))


def shows_no_attribute(sent: Mapping[str, Any], after: Mapping[str, str]) -> bool:
    """Whether attribute values were sent and none of them shows (micropim.md 4, row 20)."""
    names = [name for name in sent if name.startswith(f"{ATTRIBUTES}.")]
    return bool(names) and not any(after.get(name) == fingerprint(name, sent[name]) for name in names)


Prints = Mapping[str, str]


def has_arrived(on_its_way: Prints, written: Prints, server: Prints) -> bool:
    """Whether a field shows what was on its way and was not there before; a write arrives whole or not at all."""
    return any(
        server.get(name, EMPTY) == sent and written.get(name, EMPTY) != sent for name, sent in on_its_way.items()
    )


def after_arrival(on_its_way: Prints, server: Prints) -> dict[str, str]:
    """What counts as acknowledged and as written: what was sent, so that an edit made since goes on showing as one.

    Attributes and extra fields, which MicroPIM may have ignored, count only where they show.
    """
    return {name: sent for name, sent in on_its_way.items() if "." not in name or server.get(name, EMPTY) == sent}
