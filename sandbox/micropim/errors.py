"""Requests that MicroPIM refuses."""


class ApiError(Exception):
    """An answer with an HTTP status and one error text (docs/api/micropim.md#envelope)."""

    def __init__(self, status: int, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.status = status
        self.message = message
