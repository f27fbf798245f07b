"""What somebody else does between two requests: a person, or a second client of the same service."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.exchange import Call
from sandbox.faults import is_on_route


@dataclass
class _Planned:
    route: str | None
    nth: int
    deed: Callable[[], object]
    seen: int = 0

    def is_due(self, call: Call) -> bool:
        if not is_on_route(call, self.route):
            return False
        self.seen += 1
        return self.seen == self.nth


class Meanwhile:
    """Deeds that wait for a call. The call waits until its deed is done; the service answers others in that time.

    So a deed may be a whole run of a second client.
    """

    def __init__(self) -> None:
        """Nothing is planned."""
        self._before: list[_Planned] = []
        self._after: list[_Planned] = []

    def __bool__(self) -> bool:
        """Whether anything was planned, done or not."""
        return bool(self._before or self._after)

    def do(self, deed: Callable[[], object], *, before: str | None, nth: int = 1) -> None:
        """Once, before the n-th call of a route (as in ``Fault``) from now is handled."""
        self._before.append(_Planned(before, nth, deed))

    def do_after(self, deed: Callable[[], object], *, write: str | None, nth: int = 1) -> None:
        """Once, after the n-th write of a route from now is carried out and before its answer is sent."""
        self._after.append(_Planned(write, nth, deed))

    async def before(self, call: Call) -> None:
        """Do what waits for this call."""
        await _do(self._before, call)

    async def after(self, call: Call) -> None:
        """Do what waits for this write."""
        await _do(self._after, call)


async def _do(planned: list[_Planned], call: Call) -> None:
    for one in [one for one in planned if one.is_due(call)]:
        await asyncio.to_thread(one.deed)
