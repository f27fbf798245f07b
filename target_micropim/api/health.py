"""Whether a call that fails again and again is the fault of its record or of the service.

MicroPIM may answer 500 for the content of one product, for ever. Waiting for that would end every night. Other records
tell the two apart: while they go in, the service is well. After all the waiting that is allowed, looks that succeed
between the attempts say as much. When one record after the other fails and none goes in between them, it is the
service, whatever each of them looks like.
"""

import threading
from collections import Counter
from collections.abc import Callable

ENOUGH_FAILURES = 6  # answers of one call, after half a minute of waits
MOST_IN_A_ROW = 10  # records that are given up without a success between them


class Health:
    """Told of every answer to a call about one product; a thread works for one record at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._successes: Counter[str] = Counter()
        self._failing: dict[tuple[int, str], Counter[str]] = {}  # thread and kind: successes before its first failure
        self._given_up = 0

    def succeeded(self, kind: str) -> None:
        """A call was carried out. ``kind`` is ``read`` or ``write``."""
        with self._lock:
            self._successes[kind] += 1
            self._failing.pop((threading.get_ident(), kind), None)
            if kind == "write":
                self._given_up = 0

    def answered(self) -> None:
        """The service has refused, and so it works."""
        with self._lock:
            for kind in ("read", "write"):
                self._failing.pop((threading.get_ident(), kind), None)

    def judge(self, kind: str) -> Callable[[int, bool], bool]:
        """For one call: whether to give it up, by its failures and whether no other one may be waited for."""

        def gives_up(failures: int, is_last: bool) -> bool:  # noqa: FBT001 - called by the wire, by position
            with self._lock:
                failing = (threading.get_ident(), kind)
                before = self._failing.setdefault(failing, self._successes.copy())
                is_to_blame = self._is_to_blame(kind, failures, before, is_last=is_last)
                if is_to_blame:
                    self._given_up += 1
                    del self._failing[failing]
                return is_to_blame

        return gives_up

    def _is_to_blame(self, kind: str, failures: int, before: Counter[str], *, is_last: bool) -> bool:
        if self._given_up >= MOST_IN_A_ROW or not (is_last or failures >= ENOUGH_FAILURES):
            return False
        if self._successes[kind] > before[kind] or (is_last and self._successes.total() > before.total()):
            return True
        fails_alone = len(self._failing) == 1 and self._successes[kind] > 0
        return fails_alone and (is_last or self._given_up > 0)
