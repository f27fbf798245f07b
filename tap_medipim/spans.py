"""Stretches of time in whole seconds. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Whole seconds from ``start`` to ``end``, both included."""

    start: int
    end: int

    def halves(self) -> tuple["Span", "Span"]:
        """The earlier and the later half; only for spans of two seconds and more."""
        middle = (self.start + self.end) // 2
        return Span(self.start, middle), Span(middle + 1, self.end)

    @property
    def is_one_second(self) -> bool:
        """Whether the span cannot be halved."""
        return self.start >= self.end

    def bounds(self) -> dict[str, int]:
        """As a filter value, one second wider on either side."""
        return {"from": max(0, self.start - 1), "until": self.end + 1}
