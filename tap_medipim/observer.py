"""What a host learns while streams are read, beside their messages."""


class Observer:
    """Does nothing by itself: a host overrides what its own reader wants to know."""

    def begun(self, stream: str) -> None:
        """A stream that is selected is read from now on."""

    def expects(self, stream: str, rows: int) -> None:
        """A stream will have so many rows in this run, as the service says; it may say so again."""

    def ended(self, stream: str, failure: BaseException | None) -> None:
        """Nothing more comes of a stream: it was read to its end, or ``failure`` says why not."""
