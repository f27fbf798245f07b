"""Requests that Medipim refuses (docs/api/medipim.md#errors)."""

CAP = 10_000
MAX_CODES = 1000
PAGE_SIZES = (10, 50, 100, 250)
DEFAULT_PAGE_SIZE = 100


class Violation(Exception):
    """One refused field; the item shape ``{path, message}`` is A."""

    def __init__(self, path: str, message: str) -> None:
        """Keep both."""
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
