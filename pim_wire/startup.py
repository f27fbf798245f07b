"""The start of a command line: which Python, which standard streams, and when garbage is collected.

Also read by a Python that is too old for all else: nothing newer than 3.7 may stand here or in docs_site.py.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pim_wire.docs_site import docs_page

EXIT_INTERRUPTED = 130
STOPPED = "stopped-on-request"
OLDEST, TOO_NEW = (3, 11), (3, 15)  # as in pyproject.toml

CONTAINERS_PER_COLLECTION = 50_000


@contextmanager
def less_garbage_collection() -> Iterator[None]:
    """Import the plugin inside (docs/decisions/0022). Only for a command line, whose process is ours alone.

    Imported modules stay until the process ends, so the collector is off while they are created and skips them later.
    After that it runs once per 50,000 new containers instead of 700. Records are trees, which are freed without it, and
    a page of records has 40,000 containers.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(CONTAINERS_PER_COLLECTION)
        gc.enable()


@contextmanager
def usable_interpreter() -> Iterator[None]:
    """Import the plugin inside: a Python that cannot carry it, or lacks a library, is told in one line.

    So is a stop signal that comes before the plugin has taken the signals over.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    version, here = sys.version.split()[0], f"{sys.executable or 'this Python'}"
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        _give_up(f"{here} is Python {version}: Python 3.11 to 3.14 is needed; install it, and the plugins with it")
    try:
        yield
    except ModuleNotFoundError as missing:
        _give_up(f"{here} (Python {version}) has no {missing.name}: install the plugins for it, with what they need")
    except KeyboardInterrupt:
        sys.stderr.write(f"Stopped on request, before anything was done ({docs_page('errors', STOPPED)})\n")
        raise SystemExit(EXIT_INTERRUPTED) from None


def _give_up(reason: str) -> None:
    raise SystemExit(f"{reason} ({docs_page('errors', 'command-line')})")


def hold_standard_streams() -> None:
    """Let the null device take the place of each standard stream that is closed.

    Else the next file or socket that is opened gets its number, and what is written to the stream lands there. Stdin
    and stdout stay None in ``sys``: the plugins refuse what needs them. Without stderr a run goes on, untold.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free, which is this one
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
    atexit.register(_let_go_of_stderr)


def _let_go_of_stderr() -> None:
    """A log that can be written no more, such as a file on a full disk, is no failure of what was done.

    The interpreter would end with code 120 for what it could not write at last.
    """
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
