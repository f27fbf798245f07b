"""The fault script: what goes wrong, on which route, at which call."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

from sandbox.exchange import Call

FaultKind = Literal[
    "status", "drop_before", "drop_after", "commit_then_status", "slow", "hang", "truncate_json", "status_zero",
    "redirect", "html", "empty", "short_length", "drip",
    "cut_mid_line", "cut_at_line_end", "clean_end", "close_end", "half_gzip", "error_line", "broken_line", "stall",
    "extra_line", "skip_line", "repeat_line", "wrong_total",
]  # fmt: skip

NOT_COMMITTED: frozenset[str] = frozenset({"status", "drop_before", "redirect", "status_zero", "html", "empty"})
STREAM_KINDS: frozenset[str] = frozenset({
    "cut_mid_line", "cut_at_line_end", "clean_end", "close_end", "half_gzip", "error_line", "broken_line", "stall",
    "extra_line", "skip_line", "repeat_line", "wrong_total",
})  # fmt: skip
# Whole answers, whatever stands in them: how they travel is no part of the fault.
WHOLE: frozenset[str] = frozenset({"status", "commit_then_status", "status_zero", "redirect", "html", "empty"})
WITHOUT_A_BODY = frozenset({204, 304})  # a body that such a status has all the same breaks the connection


@dataclass(frozen=True)
class Fault:
    """One planned failure.

    ``route`` is ``"METHOD /path/template"``, matched as a prefix of the template and of the concrete path; end it
    with ``$`` for an exact match, begin it with ``/`` for any method.  ``containing``: only calls whose body holds this
    text.  ``nth`` counts matching requests from the moment of adding, ``times`` says how
    many calls in a row fail (None: for ever).  ``commit`` lets the kinds that answer instead of the service
    (``status``, ``status_zero``, ``redirect``, ``html``, ``empty``, ``hang``) apply the write first.
    """

    kind: FaultKind
    route: str | None = None
    nth: int = 1
    times: int | None = 1
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    delay: float = 0.1
    commit: bool = False
    url: str = "http://127.0.0.1:9/elsewhere"
    after_lines: int = 1
    line: bytes | None = None
    containing: str | None = None

    def matches(self, call: Call) -> bool:
        """Compare method, path and body with what this fault is for."""
        return is_on_route(call, self.route) and (self.containing is None or self.containing in written_out(call))

    @property
    def skips_the_service(self) -> bool:
        """True when the service must not see the call at all."""
        return not self.commit and (self.kind in NOT_COMMITTED or self.kind == "hang")

    @property
    def is_an_answer(self) -> bool:
        """Whether it is an answer like any other, that is neither late nor cut."""
        return self.kind in WHOLE and self.status not in WITHOUT_A_BODY


def is_on_route(call: Call, route: str | None) -> bool:
    """Whether a call goes where a fault or a hook waits for it; None is everywhere."""
    if route is None:
        return True
    names = (f"{call.method} {call.template}", f"{call.method} {call.path}")
    if route.startswith("/"):
        names = (call.template, call.path)
    if route.endswith("$"):
        return route[:-1] in names
    return any(name.startswith(route) for name in names)


def written_out(call: Call) -> str:
    """The body as compact JSON, whatever spaces and escapes the client wrote."""
    return (call.raw if call.body is None else orjson.dumps(call.body)).decode(errors="replace")


@dataclass
class _Planned:
    fault: Fault
    seen: int = 0

    def due(self, call: Call) -> bool:
        if not self.fault.matches(call):
            return False
        self.seen += 1
        past = self.seen - self.fault.nth
        return past >= 0 and (self.fault.times is None or past < self.fault.times)


class FaultPlan:
    """The faults of one service; the first one that is due wins."""

    def __init__(self) -> None:
        """Start without faults."""
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    @property
    def are_answers(self) -> bool:
        """Whether all that were planned, carried out or not, are answers like any other."""
        return all(planned.fault.is_an_answer for planned in self._planned)

    def add(self, *faults: Fault) -> None:
        """Plan faults; their counting starts now."""
        with self._lock:
            self._planned.extend(_Planned(fault) for fault in faults)

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._planned.clear()

    def take(self, call: Call) -> Fault | None:
        """Count the call for every fault and return the one that is due."""
        with self._lock:
            due = [planned.fault for planned in self._planned if planned.due(call)]
        return due[0] if due else None
