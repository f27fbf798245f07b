"""Pure: texts longer than MicroPIM takes are refused, or cut with a warning; nothing is cut silently (row 28)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from target_micropim.errors import Reason

MOST_NAME, MOST_TEXT = 255, 65_000  # the sheet's defaults; schemas/micropim goes no further


@dataclass(frozen=True)
class TextLimits:
    """The most characters of a name and of the two texts; ``cut`` or ``reject`` beyond them."""

    name: int = MOST_NAME
    text: int = MOST_TEXT
    on_too_long: str = "reject"

    def apply(
        self, fields: dict[str, Any], clean_html: Callable[[str], str], reasons: list[Reason], warnings: list[str]
    ) -> None:
        """Shorten what is too long in ``fields``, or add the reason why the record is refused."""
        for name, most in (("name", self.name), ("description", self.text), ("short_description", self.text)):
            value = fields.get(name)
            if not isinstance(value, str) or len(value) <= most:
                continue
            told = f"has {len(value)} characters, {most} are allowed (on_too_long: {self.on_too_long})"
            if self.on_too_long == "cut":
                fields[name] = _cut_html(value, most, clean_html) if name == "description" else value[:most].rstrip()
                warnings.append(f"{name}: {told}")
                if not fields[name]:
                    del fields[name]
            else:
                reasons.append(Reason(name, told))


def _cut_html(html: str, most: int, clean_html: Callable[[str], str]) -> str:
    """The beginning of a text with its open tags closed again, which makes it longer: so cut until it fits."""
    keep = most
    while keep > 0:
        cut = html[:keep]
        if cut.rfind("<") > cut.rfind(">"):
            cut = cut[: cut.rfind("<")]
        try:
            cleaned = clean_html(cut)
        except ValueError:
            return ""
        if len(cleaned) <= most:
            return cleaned
        keep = min(keep, len(cut)) - max(1, len(cleaned) - most)
    return ""
