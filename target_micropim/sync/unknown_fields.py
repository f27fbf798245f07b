"""Fields of native records that nothing becomes of: told once each, with the number of their records."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from pim_wire.docs_site import docs_page
from target_micropim.mapping.native_rows import KNOWN_OF_CATEGORIES, KNOWN_OF_PRODUCTS
from target_micropim.report.run_report import Report, Row

MOST_FIELDS = 100  # what is kept in memory
PAGE = docs_page("native")
logger = logging.getLogger("target-micropim")


class UnknownFields:
    """Used from several threads."""

    def __init__(self, report: Report, stream: str) -> None:
        self._report = report
        self._stream = stream
        self._lock = threading.Lock()
        self._records: Counter[str] = Counter()
        self._has_more = False

    def saw(self, names: Iterable[str]) -> None:
        """A record has these fields."""
        with self._lock:
            for name in names:
                if name in self._records or len(self._records) < MOST_FIELDS:
                    self._records[name] += 1
                else:
                    self._has_more = True

    def tell(self) -> None:
        """In the report and in the log, when the input has ended."""
        is_product = self._stream == "products"
        known = sorted(KNOWN_OF_PRODUCTS if is_product else KNOWN_OF_CATEGORIES)
        way_out = " (extra_fields sends it)" if is_product else ""
        for name, number in sorted(self._records.items()):
            close = get_close_matches(name, known, 1, 0.75)
            meant = f"; is {close[0]} meant?" if close else ""
            what = f"field {name[:100]}: unknown to the profile native, left out of {number} records{meant}"
            self._report.add("warnings", Row(self._stream, "", None, what + way_out))
        if self._records:
            beyond = ", and more" if self._has_more else ""
            named = ", ".join(name[:100] for name in sorted(self._records))
            logger.warning("%s: fields that nothing becomes of: %s%s (%s)", self._stream, named, beyond, PAGE)
