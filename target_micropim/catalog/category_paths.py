"""Categories that products name by their path: found or made before the first product that needs them."""

from collections.abc import Iterable

from target_micropim.catalog.categories import Categories
from target_micropim.catalog.category_updates import STREAM
from target_micropim.errors import RecordRejected
from target_micropim.mapping.native_categories import Path, path_key, steps_to
from target_micropim.report.input_order import record_scope
from target_micropim.report.run_report import Row
from target_micropim.services import Services


class CategoryPaths:
    """Called by one thread, the one that feeds the pool. Each path is dealt with once in a run."""

    def __init__(self, services: Services, categories: Categories) -> None:
        self._report = services.report
        self._categories = categories
        self._done: set[str] = set()

    def ensure(self, paths: Iterable[Path]) -> None:
        """Find or make every category on the way; what cannot be made is told. Raises StopRun."""
        for path in paths:
            for step in steps_to(path):
                if step.external_id in self._done:
                    continue
                self._done.add(step.external_id)
                try:
                    with record_scope(STREAM, step.external_id):
                        self._categories.place(step)
                except RecordRejected as error:
                    what = f"{' > '.join(path)}: {error.said or error}"
                    self._report.add("warnings", Row(STREAM, path_key(path), None, what))
                    break
