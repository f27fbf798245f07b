"""Fields of native records that nothing becomes of: told once each, with the number of their products."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from target_micropim.mapping.native_rows import PRODUCT_ROWS
from target_micropim.report.run_report import Report, Row
from target_micropim.sync.write import STREAM

MOST_FIELDS = 100  # what is kept in memory
logger = logging.getLogger("target-micropim")


class UnknownFields:
    """Used from several threads."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._products: Counter[str] = Counter()
        self._has_more = False

    def saw(self, names: Iterable[str]) -> None:
        """A product has these fields."""
        with self._lock:
            for name in names:
                if name in self._products or len(self._products) < MOST_FIELDS:
                    self._products[name] += 1
                else:
                    self._has_more = True

    def tell(self) -> None:
        """In the report and in the log, when the input has ended."""
        for name, number in sorted(self._products.items()):
            close = get_close_matches(name, [row.name for row in PRODUCT_ROWS], 1, 0.75)
            meant = f"; is {close[0]} meant?" if close else ""
            what = f"field {name[:100]}: unknown to the profile native, left out of {number} products{meant}"
            self._report.add("warnings", Row(STREAM, "", None, f"{what} (extra_fields sends it)"))
        if self._products:
            beyond = ", and more" if self._has_more else ""
            named = ", ".join(name[:100] for name in sorted(self._products))
            logger.warning("%s: fields that nothing becomes of: %s%s (docs/native.md)", STREAM, named, beyond)
