"""The file ``.env``: read once, whole, and never waited for without an end.

A folder of that name is somebody's virtual environment; a pipe, as managers of secrets make, can be read once only, and
blocks whoever opens it until somebody writes.
"""

import logging
import os
import re
import select
from io import StringIO
from pathlib import Path
from time import monotonic

from dotenv.parser import parse_stream

from pim_wire.errors import InvalidSettings

PATIENCE_SECONDS = 30.0  # a manager of secrets may ask its person first
_AT_ONCE = 1 << 16

logger = logging.getLogger(__name__)


def text_of(file: Path, prefix: str, patience: float = PATIENCE_SECONDS) -> str:
    """What it holds; nothing where there is none.

    Raises InvalidSettings, which quotes no value, for a file that cannot be read and for a line that names a setting
    and would be passed over.
    """
    if not (file.is_file() or file.is_fifo()):
        return ""
    try:
        written = _of_a_pipe(file, patience) if file.is_fifo() else file.read_bytes()
        text = StringIO(written.decode(), newline=None).read()
    except OSError as error:
        raise InvalidSettings(
            f"{file} cannot be read ({error.strerror}): give this user the right, or move it"
        ) from None
    except UnicodeDecodeError:
        raise InvalidSettings(f"{file} is not in UTF-8: save it as UTF-8") from None
    _check_lines(file, text, prefix)
    return text


def _of_a_pipe(file: Path, patience: float) -> bytes:
    """All that is written until its writer closes it. Raises InvalidSettings where nobody does in time."""
    end = monotonic() + patience
    written: list[bytes] = []
    pipe = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while select.select([pipe], [], [], max(0.0, end - monotonic()))[0]:
            if not (part := os.read(pipe, _AT_ONCE)):
                return b"".join(written)
            written.append(part)
    finally:
        os.close(pipe)
    raise InvalidSettings(
        f"{file} is a pipe, and nobody wrote it to its end within {patience:g} s: start what writes it, or move it"
    )


def _check_lines(file: Path, text: str, prefix: str) -> None:
    given: dict[str, str] = {}
    for line in parse_stream(StringIO(text)):
        if line.key and line.key.startswith(prefix) and line.value:
            if given.get(line.key, line.value) != line.value and line.key not in os.environ:
                _tell_of_another(file, line.original.line, line.key)
            given[line.key] = line.value
        written = line.original.string.strip()
        if line.value is None and written.removeprefix("export ").lstrip().upper().startswith(prefix):
            name = re.split(r"[^A-Za-z0-9_]", written.removeprefix("export ").lstrip(), maxsplit=1)[0]
            raise InvalidSettings(f"{file}, line {line.original.line}: {name} has no value: write {name}=value")


def _tell_of_another(file: Path, number: int, name: str) -> None:
    """A variable stands twice with two values. Raises InvalidSettings where the run would write for the second one."""
    twice = f"{file}, line {number}: {name} stands twice, with two values"
    if name.endswith("_DRY_RUN"):
        raise InvalidSettings(f"{twice}: take one away")
    logger.warning("%s: the last one counts", twice)
