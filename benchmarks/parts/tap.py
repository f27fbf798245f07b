"""The tap beside its peers and the floor: all products, as one stream and by pages."""

from typing import Any

from benchmarks.commands import taps
from benchmarks.environments import PLACE
from benchmarks.measurement import in_turn, server
from benchmarks.options import Options


def measured(options: Options, endpoint: str) -> dict[str, Any]:
    """Each contender's figures."""
    with server(options.catalogue()) as port:
        measurements = in_turn(taps(port, endpoint), PLACE, options.rounds)
    return {"products": options.products, "contenders": {name: one.figures() for name, one in measurements.items()}}
