"""The tap beside its peers and the floor: all products, as one stream and by pages."""

from typing import Any

from benchmarks.asked import Asked
from benchmarks.commands import taps
from benchmarks.environments import PLACE
from benchmarks.measuring import in_turn, server


def measured(asked: Asked, endpoint: str) -> dict[str, Any]:
    """Each contender's figures."""
    with server(asked.catalogue()) as port:
        found = in_turn(taps(port, endpoint), PLACE, asked.rounds)
    return {"products": asked.products, "contenders": {name: one.figures() for name, one in found.items()}}
