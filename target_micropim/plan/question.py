"""What a person has to decide. Pure data."""

from dataclasses import dataclass

HELD_BACK = "held_back"


@dataclass(frozen=True)
class Question:
    """A fact on which source and MicroPIM differ and MicroPIM's side is not ours: a person decides.

    ``kind``: ``conflicts`` where somebody typed a value, ``unsure`` where the program cannot know, ``held_back`` where
    a policy of the settings holds the source's value back (``reason`` is then the setting that would let it through).
    ``source`` and ``micropim`` are both values as a person reads them.
    """

    stream: str
    external_id: str
    fact: str
    kind: str
    sku: str | None
    reason: str
    source_print: str
    source: str | None
    micropim: str | None
