"""Probe 18: where a 429 begins and when it ends (docs/api/micropim.md#rate-limits)."""

from pim_wire.wire import Call
from target_micropim.commands.probe.context import Facts, ProbeContext

READS = 70
WRITES = 40
TIMEOUT = 60.0


def pace(context: ProbeContext) -> Facts:
    """Reads, then writes, as fast as they go. A limit above what was sent stays unknown, and is told as such."""
    number = context.product("a product to write to many times").id or 0
    reads = context.client.burst("how many reads a minute", Call("GET", "/api/channels", TIMEOUT), READS)
    call = Call("PATCH", f"/api/products/{number}", TIMEOUT, json={"short_description": "pace"})
    writes = context.client.burst("how many writes a minute", call, WRITES)
    facts: Facts = {}
    for name, burst in (("reads", reads), ("writes", writes)):
        if burst.per_minute is None:
            facts[f"{name}_in_a_burst"] = burst.sent
        else:
            facts |= {f"{name}_per_minute": burst.per_minute, f"{name}_refusal_headers": list(burst.headers)}
    return facts
