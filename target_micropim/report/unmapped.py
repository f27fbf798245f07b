"""Names that have no id in MicroPIM, with the number of products that have them and a few of their SKUs."""

import csv
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from target_micropim.report.input_order import FirstRows, current_number
from target_micropim.report.sheet import escaped

EXAMPLES = 5
MOST_NAMES = 10_000  # what is kept in memory; names beyond are counted together


class Unmapped:
    """Used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._products: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], FirstRows[str]] = {}
        self.beyond = 0

    def __len__(self) -> int:
        return len(self._products)

    def add(self, kind: str, name: str, product: str) -> None:
        """A product whose brand, supplier or category has no id."""
        key = (kind, name)
        with self._lock:
            if key not in self._products and len(self._products) >= MOST_NAMES:
                self.beyond += 1
                return
            self._products[key] += 1
            examples = self._examples.setdefault(key, FirstRows(EXAMPLES))
            if product not in examples:
                examples.add(current_number(), product, product)

    def rows(self) -> Iterator[tuple[str, str, int, str]]:
        """Kind, name, number of products, a few of their SKUs; most products come first."""
        for (kind, name), number in sorted(self._products.items(), key=lambda item: (-item[1], item[0])):
            examples = self._examples[kind, name].in_order()
            yield kind, name, number, ", ".join(examples) + (", …" if number > len(examples) else "")

    def write(self, path: Path) -> None:
        """A table for a spreadsheet."""
        with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            sheet = csv.writer(file)
            sheet.writerow(["kind", "name", "products", "examples"])
            for kind, name, number, examples in self.rows():
                sheet.writerow([kind, escaped(name), number, escaped(examples)])
            if self.beyond:
                sheet.writerow(["", "(further names)", self.beyond, ""])
