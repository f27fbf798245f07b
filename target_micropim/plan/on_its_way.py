"""Pure: a write whose end was never remembered, since the run was killed; what MicroPIM shows tells if it arrived.

Without this our own value would look like a person's edit as soon as the source, or the language, changes before the
next run: a conflict for ever (docs/decisions/0016).
"""

from collections.abc import Mapping

from target_micropim.plan.values import EMPTY

Prints = Mapping[str, str]


def has_arrived(on_its_way: Prints, written: Prints, server: Prints) -> bool:
    """Whether a field shows what was on its way and was not there before; a write arrives whole or not at all."""
    return any(
        server.get(name, EMPTY) == sent and written.get(name, EMPTY) != sent for name, sent in on_its_way.items()
    )


def after_arrival(on_its_way: Prints, server: Prints) -> dict[str, str]:
    """What counts as acknowledged and as written: what was sent, so that an edit made since goes on showing as one.

    Attributes and extra fields, which MicroPIM may have ignored, count only where they show.
    """
    return {name: sent for name, sent in on_its_way.items() if "." not in name or server.get(name, EMPTY) == sent}
