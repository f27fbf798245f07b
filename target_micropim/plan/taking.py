"""Pure: whether MicroPIM took what it was sent. The answer to a write is the only proof there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.plan.values import ATTRIBUTES, EMPTY, EXTRAS, fingerprint


@dataclass(frozen=True)
class Taking:
    """Fields that show something else than was sent: ``ignored`` ones their old value, ``altered`` ones a third."""

    ignored: tuple[str, ...]
    altered: tuple[str, ...]

    @property
    def told(self) -> str | None:
        """For the report; None when everything took."""
        parts = [f"{name} (still shows what was there before)" for name in self.ignored]
        parts += [f"{name} (was stored in another form)" for name in self.altered]
        return f"did not take: {', '.join(parts)}" if parts else None


def taking(sent: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]) -> Taking:
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
    return Taking(tuple(ignored), tuple(altered))


def shows_no_attribute(sent: Mapping[str, Any], after: Mapping[str, str]) -> bool:
    """Whether attribute values were sent and none of them shows (micropim.md 4, row 20)."""
    names = [name for name in sent if name.startswith(f"{ATTRIBUTES}.")]
    return bool(names) and not any(after.get(name) == fingerprint(name, sent[name]) for name in names)
