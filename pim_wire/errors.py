"""Failures named by what happens next. Each kind that ends a run has a section in docs/errors.md.

StopRun                 the run ends with exit code 1 and this one line
├── InvalidSettings     a setting is wrong
├── AccessDenied        the service does not accept the key, or its organization
├── InvalidInput        a file or the input is invalid
├── CannotWrite         no space, or no permission to write
├── StrangeAnswer       the service's answer is not usable
├── ProbeNotAllowed     this organization must not be probed, or not this way
├── CannotPace          the shared pace fails: nothing is sent without it
├── WireGaveUp          the service has failed for as long as we may wait
└── WireRefused         a retry cannot help: certificate, redirect, plain http
    └── AnswerRefused   an answer is longer, or nested deeper, than the settings allow
KeepsFailing            one call fails again and again while others succeed: its caller judges
StaleLook               there was a wait between look and write: look again, then write
Unclear                 a write may or may not have been carried out: look before repeating it
Interrupted             the process was told to stop (SIGTERM, Ctrl-C): finish what is in progress and end
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from pim_wire.docs_site import ERRORS, docs_page
from pim_wire.startup import STOPPED


def page_of(section: str) -> str:
    """A section of the page of errors."""
    return docs_page(ERRORS, section)


class StopRun(Exception):
    """The run cannot go on. The message says what, where and what to do, in one line, without a secret.

    Only its subclasses are raised. ``section`` is a subclass's heading in the page of errors.
    """

    section: ClassVar[str]

    @property
    def page(self) -> str:
        """The section of the docs about this failure."""
        return page_of(self.section)


class InvalidSettings(StopRun):
    """A setting is missing or wrong."""

    section = "settings"


class AccessDenied(StopRun):
    """The service does not accept the key, or its organization."""

    section = "key-not-accepted"


class InvalidInput(StopRun):
    """A file or the input is invalid."""

    section = "input"


class CannotWrite(StopRun):
    """A file or standard output cannot be written."""

    section = "no-room"


class StrangeAnswer(StopRun):
    """The service's answer is not usable."""

    section = "strange-answer"


class ProbeNotAllowed(StopRun):
    """A probe would change data that it must not change."""

    section = "probe"


class CannotPace(StopRun):
    """The shared pace cannot be read or changed."""

    section = "shared-throttle"


class WireGaveUp(StopRun):
    """Every attempt failed, for as long as the settings allow."""

    section = "no-answer"


class WireRefused(StopRun):
    """A retry cannot help."""

    section = "address-refused"


class AnswerRefused(WireRefused):
    """An answer exceeds a size limit."""

    section = "answer-too-large"


class Unclear(Exception):
    """A request that must not be repeated blindly was sent, and no clear answer came back."""


class KeepsFailing(Exception):
    """A call was answered with failures again and again, and its caller has had enough."""


class StaleLook(Exception):
    """There was a wait before a call could be repeated: what its caller saw before may not be true any more."""


class Interrupted(Exception):
    """The process was told to stop while it waited."""

    section: ClassVar[str] = STOPPED


@contextmanager
def writing(place: object) -> Iterator[None]:
    """Turn an OSError into a CannotWrite that names the place; a reader that went away stays a BrokenPipeError."""
    try:
        yield
    except OSError as error:
        raise not_written(place, error) from None


def not_written(place: object, error: OSError) -> CannotWrite | BrokenPipeError:
    """The failure to raise where a file was not written; what each record writes does without ``writing``."""
    if isinstance(error, BrokenPipeError):
        return error
    reason = error.strerror or str(error)
    advice = "make room there, or give the right to write, and run it again"
    return CannotWrite(f"{place} cannot be written ({reason}): {advice}")
