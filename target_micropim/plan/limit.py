"""Pure: a limit as people write it: a number, or a share in per cent."""

import re
from dataclasses import dataclass

_PER_CENT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*%")


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
        if share := _PER_CENT.fullmatch(digits):
            part = float(share[1].replace(",", ".")) / 100
            if part > 1:
                raise ValueError(f"{digits!r} is more than all: a per cent goes from 0% to 100%")
            return cls(share=part)
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError(f"{digits!r} is no limit: give a number from 0, like 25, or a per cent, like 5%")
        return cls(number=int(digits))

    def allows(self, count: int, total: int) -> bool:
        """Whether ``count`` of ``total`` is within the limit."""
        if self.number is not None:
            return count <= self.number
        return self.share is None or count <= self.share * total
