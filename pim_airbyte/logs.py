"""The log as LOG messages on stdout: Airbyte reads nothing else, and shows what stands on stderr as an error."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath

from airbyte_protocol_dataclasses.models import Level
from typing_extensions import override

from pim_airbyte import messages
from pim_airbyte.output import Output

LEVELS = (
    (logging.CRITICAL, Level.FATAL),
    (logging.ERROR, Level.ERROR),
    (logging.WARNING, Level.WARN),
    (logging.INFO, Level.INFO),
    (0, Level.DEBUG),
)
_TALKATIVE = ("singer_sdk", "urllib3")  # a framework counts for itself, a library tells of each connection
DEBUG_VARIABLES = ("LOG_LEVEL", "LOGLEVEL")  # Airbyte's, and that of the Singer plugins


class LogMessages(logging.Handler):
    """Writes each record of the log as a message; where it happened is for who asked for everything."""

    def __init__(self, output: Output, *, debug: bool) -> None:
        super().__init__()
        self._output = output
        self._debug = debug

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not self._debug and record.levelno < logging.WARNING and _is_of_a_library(record.pathname):
            return
        level = next(level for least, level in LEVELS if record.levelno >= least)
        trace = record.exc_text  # the redactor, as a filter, has made it of exc_info
        if record.exc_info and not trace:
            trace = logging.Formatter().formatException(record.exc_info)
        self._output.write(messages.log(level, record.getMessage(), trace if self._debug else None))


@contextmanager
def logs_as_messages(output: Output, *, debug: bool) -> Iterator[None]:
    """Within, all that is logged goes to ``output`` and nowhere else, warnings of Python included."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers[:] = [LogMessages(output, debug=debug)]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(capture=True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("once", category=DeprecationWarning)
            yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = before
        root.setLevel(level)


def wants_debug(environment: Mapping[str, str]) -> bool:
    """Whether the environment asks for everything."""
    return any(environment.get(name, "").upper() == "DEBUG" for name in DEBUG_VARIABLES)


def _is_of_a_library(path: str) -> bool:
    return not {*_TALKATIVE}.isdisjoint(PurePath(path).parts)
