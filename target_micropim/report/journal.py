"""changes.jsonl: what a run writes to MicroPIM, with whole values of before and after, so that it can be put back.

Law: a line stands on the disk before its write is announced, so before it is sent. A line says that a write was about
to go out, not that it was taken: what MicroPIM shows decides (plan/undo.py).

The first line names the ledger. ``write``: one product's fields, before and after. ``shown``: what MicroPIM made of the
write before it. ``other``: a request that cannot be taken back, such as a picture; it is only listed, so it does not
wait for the disk.
"""

import os
import re
import threading
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from pim_wire.errors import InvalidInput, not_written, writing
from pim_wire.exact_json import as_json
from target_micropim.plan.undo import Noted
from target_micropim.report.input_order import current_record

FILE = "changes.jsonl"
FORMAT = 1
_HAS_ITS_LINE = re.compile(r"/api/products(/\d+)?|/api/categories/\d+/products")
Values = Mapping[str, Any]


class Journal:
    """Written from several threads; the file appears with the first write. Without a path nothing is written.

    ``ledger`` gives the name of the ledger; ``clean`` masks secrets: a value that holds one is not noted. ``undoes`` is
    the run whose changes this run takes back.
    """

    def __init__(
        self, path: Path | None, ledger: Callable[[], str], clean: Callable[[str], str], undoes: str | None = None
    ) -> None:
        self._path = path
        self._ledger = ledger
        self._clean = clean
        self._undoes = undoes
        self._lock = threading.Lock()
        self._has_head = False

    def note_write(
        self, key: str, sku: str | None, remote_id: int | None, before: Values | None, after: Values
    ) -> None:
        """A product is about to be written; ``before`` is None where it is made. On the disk when this returns."""
        line = {"kind": "write", "external_id": key, "sku": sku, "remote_id": remote_id, "created": before is None}
        self._write({**line, "before": before or {}, "after": after}, sync=True)

    def note_shown(self, key: str, shown: Values) -> None:
        """What MicroPIM shows after a write, where it is not what was sent."""
        self._write({"kind": "shown", "external_id": key, "shown": shown}, sync=False)

    def note_other(self, method: str, path: str, body: Any) -> None:
        """A request is about to go out; those to the fields and categories of a product have lines of their own."""
        if self._path is None or _HAS_ITS_LINE.fullmatch(path):
            return
        scope = current_record()
        stream, key = (scope.stream, scope.external_id) if scope is not None else (path.split("/")[2], None)
        line = {"kind": "other", "stream": stream, "external_id": key, "request": f"{method} {path}", "body": body}
        self._write(line, sync=False)

    def begin(self) -> None:
        """Make the file now: an undo is known as one from its first moment on."""
        if self._path is not None:
            with self._lock, writing(self._path):
                self._append(self._path, b"", sync=False)

    def _write(self, line: dict[str, Any], *, sync: bool) -> None:
        """Raises CannotWrite."""
        if self._path is None:
            return
        data = as_json(line)
        text = data.decode()
        if self._clean(text) != text:
            data = self._without_secrets(line)
        try:
            with self._lock:
                self._append(self._path, data, sync=sync)
        except OSError as error:
            raise not_written(self._path, error) from None

    def _append(self, path: Path, data: bytes, *, sync: bool) -> None:
        """Opened for each line, as the rejects are: a run that is killed leaves nothing open. Under the lock."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            if not self._has_head:
                file.write(as_json({"journal": FORMAT, "ledger": self._ledger(), "undoes": self._undoes}))
                self._has_head = True
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())

    def _without_secrets(self, line: dict[str, Any]) -> bytes:
        values = [line[part] for part in ("before", "after", "shown") if part in line]
        withheld = sorted({name for part in values for name, value in part.items() if self._is_secret(value)})
        for part in ("before", "after", "shown"):
            if part in line:
                line[part] = {name: value for name, value in line[part].items() if name not in withheld}
        return as_json({**orjson.loads(self._clean(as_json(line).decode())), "withheld": withheld})

    def _is_secret(self, value: Any) -> bool:
        text = as_json(value).decode()
        return self._clean(text) != text


@dataclass(frozen=True)
class Other:
    """A request of a run that cannot be taken back."""

    stream: str
    external_id: str | None
    request: str
    body: Mapping[str, Any]


class JournalFile:
    """The journal of an earlier run, read from its end. Memory holds where each line lies and which products it made.

    Raises InvalidInput where the file is none. A last line that a kill cut off was never sent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ends = array("q")
        self.made: set[str] = set()
        self.writes = 0
        with path.open("rb") as file:
            head = _parsed(file.readline())
            if head.get("journal") != FORMAT:
                raise InvalidInput(f"--undo {path}: is no journal that this version reads")
            self.ledger: str = str(head.get("ledger"))
            self.undoes: str | None = head.get("undoes")
            self._ends.append(file.tell())
            for line in file:
                if line.endswith(b"\n"):
                    self._ends.append(self._ends[-1] + len(line))
                    self._count(_parsed(line))

    @staticmethod
    def has_begun(path: Path) -> bool:
        """Whether its first line is whole; a run that was killed before that has sent nothing."""
        with path.open("rb") as file:
            return file.readline().endswith(b"\n")

    @staticmethod
    def is_of_a_source(path: Path) -> bool:
        """Whether this is the journal of a run that took back nothing."""
        with path.open("rb") as file:
            return not _parsed(file.readline()).get("undoes")

    def _count(self, line: Mapping[str, Any]) -> None:
        self.writes += line.get("kind") == "write"
        if line.get("created"):
            self.made.add(str(line.get("external_id")))

    def newest_first(self) -> Iterator[Noted | Other]:
        """What the run wrote, the last write first: each stands on those before it."""
        shown: dict[str, Values] = {}
        with self._path.open("rb") as file:
            for place in range(len(self._ends) - 1, 0, -1):
                start = self._ends[place - 1]
                file.seek(start)
                line = _parsed(file.read(self._ends[place] - start))
                key, kind = str(line.get("external_id")), line.get("kind")
                if kind == "shown":
                    shown[key] = {**line["shown"], **shown.get(key, {})}
                elif kind == "write":
                    yield replace(_noted(line), shown=shown.pop(key, {}))
                elif kind == "other":
                    yield Other(line["stream"], line["external_id"], line["request"], line["body"] or {})


def _parsed(data: bytes) -> dict[str, Any]:
    """A line; an empty object for what is none."""
    try:
        line = orjson.loads(data)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _noted(line: Mapping[str, Any]) -> Noted:
    return Noted(
        str(line["external_id"]),
        line["sku"],
        line["remote_id"],
        bool(line["created"]),
        line["before"],
        line["after"],
        withheld=tuple(line.get("withheld", ())),
    )
