"""Pure: a limit as people write it: a number, or a share in per cent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A number, or a share of something."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def read(cls, text: str | int | None) -> "Limit":
        """From ``25`` or ``"5%"``. Raises ValueError."""
        if text is None or text == "":
            return cls()
        digits = str(text).strip()
        if digits.endswith("%"):
            share = float(digits[:-1]) / 100
            if not 0 <= share <= 1:
                raise ValueError("a per cent goes from 0% to 100%")
            return cls(share=share)
        number = int(digits)
        if number < 0:
            raise ValueError("must not be negative")
        return cls(number=number)

    def allows(self, count: int, total: int) -> bool:
        """Whether ``count`` of ``total`` is within the limit."""
        if self.number is not None:
            return count <= self.number
        return self.share is None or count <= self.share * total
