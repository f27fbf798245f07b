"""Failures named by what happens next.

StopRun                 the run ends with exit code 1 and this one sentence
├── SettingsRefused     a setting is wrong: name it
├── CannotWrite         no room, or no right to write: say where
├── WireGaveUp          the service did not answer well for as long as we may wait
└── WireRefused         asking again cannot help: certificate, redirect, plain http
    └── AnswerRefused   an answer is longer, or nested deeper, than the settings allow
Unclear                 a write may or may not have been carried out: look before repeating it
Interrupted             somebody asked us to stop (SIGTERM, Ctrl-C): settle and leave
"""

from collections.abc import Iterator
from contextlib import contextmanager


class StopRun(Exception):
    """The run cannot go on. The message says what, where and what to do, in one line, without a secret."""


class SettingsRefused(StopRun):
    """A setting is missing or wrong."""


class CannotWrite(StopRun):
    """A file or standard output does not take what must be written."""


class WireGaveUp(StopRun):
    """Every attempt failed until the patience of the settings was used up."""


class WireRefused(StopRun):
    """Repeating the request cannot help."""


class AnswerRefused(WireRefused):
    """An answer is more than we hold."""


class Unclear(Exception):
    """A request that must not be repeated blindly was sent, and no clear answer came back."""


class Interrupted(Exception):
    """The process was told to stop while it waited."""


@contextmanager
def writing(place: object) -> Iterator[None]:
    """Say where writing failed. Raises CannotWrite; a reader that went away stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotWrite(f"{place} cannot be written ({why}): make room there, then run it again") from None
