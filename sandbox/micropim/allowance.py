"""How much an address of MicroPIM answers a caller: one limit for all organizations behind it."""

from sandbox.exchange import Call
from sandbox.limiter import RollingLimiter
from sandbox.micropim.options import MicroPimOptions

KEY_HEADER = "x-api-key"


class Allowance:
    """Reads, writes and pictures in any 60 seconds, counted by the caller's address, by key, or by each of both.

    See docs/api/micropim.md#rate-limits.
    """

    def __init__(self, options: MicroPimOptions) -> None:
        """Numbers, clock and what is counted by are those of these options."""
        self._by = options.limit_by
        self._limiters = {
            "read": RollingLimiter(options.reads_per_minute, options.clock),
            "write": RollingLimiter(options.writes_per_minute, options.clock),
            "picture": RollingLimiter(options.pictures_per_minute, options.clock),
        }

    def becomes(self, kind: str, per_minute: int | None) -> None:
        """Another number from now on, of ``read``, ``write`` or ``picture``; None: no limit."""
        self._limiters[kind].limit = per_minute

    def refuse_for(self, call: Call, kind: str) -> int | None:
        """Admit a call of a class and return None, or return the whole seconds to wait."""
        by_address = [f"address {call.client}"] * (self._by != "key")
        by_key = [f"key {call.headers.get(KEY_HEADER)}"] * (self._by != "address")
        kinds = ["picture"] * call.path.endswith("/media") + [kind]
        waits = (self._limiters[each].refuse_for(*by_address, *by_key) for each in kinds)
        return next((wait for wait in waits if wait is not None), None)
