"""What a person has to decide. Pure data."""

from dataclasses import dataclass

HELD_BACK = "held_back"
MEMBERSHIP = "category "  # begins the fact that a product is in a category, before the category's id in MicroPIM
IN, OUT = "in", "out"


@dataclass(frozen=True)
class Question:
    """A fact on which source and MicroPIM differ and MicroPIM's side is not ours: a person decides.

    ``kind``: ``conflicts`` where somebody typed a value, ``unsure`` where the program cannot know, ``held_back`` where
    a policy of the settings holds the source's value back (``reason`` is then the setting that would let it through).
    ``source`` and ``micropim`` are both values as a person reads them. Of a membership ``source_print`` is ``in`` or
    ``out``. What is held back is kept whole: ``wanted`` is the source's value as JSON, ``held_by`` the policy,
    ``mapped_by`` the digest of the settings that made the value. Rows of an older program have none of the three.
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
    wanted: str | None = None
    held_by: str | None = None
    mapped_by: str | None = None

    @property
    def category(self) -> int | None:
        """The category of a membership, else None."""
        return int(self.fact.removeprefix(MEMBERSHIP)) if self.fact.startswith(MEMBERSHIP) else None
