"""Failures named by what happens next. Each kind that ends a run has a section in docs/errors.md.

StopRun                 the run ends with exit code 1 and this one sentence
├── InvalidSettings     a setting is wrong: name it
├── InvalidInput        what was given to read is not what it must be: name file or line
├── CannotWrite         no room, or no right to write: say where
├── StrangeAnswer       the service answers, but not so that it could be worked with
├── ProbeNotAllowed        this organization must not be probed, or not this way
├── CannotPace          the place where processes share their pace fails: nothing is sent without it
├── WireGaveUp          the service did not answer well for as long as we may wait
└── WireRefused         asking again cannot help: certificate, redirect, plain http
    └── AnswerRefused   an answer is longer, or nested deeper, than the settings allow
Unclear                 a write may or may not have been carried out: look before repeating it
Interrupted             somebody asked us to stop (SIGTERM, Ctrl-C): settle and leave
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

ERRORS_PAGE = "docs/errors.md"  # of the repository; the site has the same page at errors/


def page_of(section: str) -> str:
    """A section of the page of errors."""
    return f"{ERRORS_PAGE}#{section}"


class StopRun(Exception):
    """The run cannot go on. The message says what, where and what to do, in one line, without a secret.

    Only its kinds are raised: ``section`` is the heading of theirs in the page of errors.
    """

    section: ClassVar[str]

    @property
    def page(self) -> str:
        """Where the docs tell more."""
        return page_of(self.section)


class InvalidSettings(StopRun):
    """A setting is missing or wrong."""

    section = "settings"


class InvalidInput(StopRun):
    """A file or the input is not what it must be."""

    section = "input"


class CannotWrite(StopRun):
    """A file or standard output does not take what must be written."""

    section = "no-room"


class StrangeAnswer(StopRun):
    """The service answers in a way that nothing could be built on."""

    section = "strange-answer"


class ProbeNotAllowed(StopRun):
    """A probe would touch what it must not."""

    section = "probe"


class CannotPace(StopRun):
    """The shared pace cannot be read or changed."""

    section = "shared-throttle"


class WireGaveUp(StopRun):
    """Every attempt failed until the patience of the settings was used up."""

    section = "no-answer"


class WireRefused(StopRun):
    """Repeating the request cannot help."""

    section = "address-refused"


class AnswerRefused(WireRefused):
    """An answer is more than we hold."""

    section = "answer-too-large"


class Unclear(Exception):
    """A request that must not be repeated blindly was sent, and no clear answer came back."""


class Interrupted(Exception):
    """The process was told to stop while it waited."""

    section: ClassVar[str] = "stopped-on-request"


@contextmanager
def writing(place: object) -> Iterator[None]:
    """Say where writing failed. Raises CannotWrite; a reader that went away stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        what_to_do = "make room there, or give the right to write, and run it again"
        raise CannotWrite(f"{place} cannot be written ({why}): {what_to_do}") from None
