"""What a person has to decide. Pure data."""

from dataclasses import dataclass

HELD_BACK = "held_back"
PICTURE = "picture"  # something to do with pictures, which only a person can do
TASKS = "pictures"  # the stream of such tasks: beside all else that is open of the product
KEPT = "kept"  # a person has decided: MicroPIM's side stands until the source's is another one
MEMBERSHIP = "category "  # begins the fact that a product is in a category, before the category's id in MicroPIM
IN, OUT = "in", "out"


@dataclass(frozen=True)
class Question:
    """A fact on which source and MicroPIM differ and MicroPIM's side is not ours: a person decides.

    ``kind``: ``conflicts`` where somebody typed a value, ``unsure`` where the program cannot know, ``held_back`` where
    a policy of the settings holds the source's value back (``reason`` is then the setting that would let it through).
    ``source`` and ``micropim`` are both values as a person reads them, ``source_print`` and ``micropim_print`` tell
    whether they are still the same. Of a membership ``source_print`` is ``in`` or ``out``. What is held back is kept
    whole: ``wanted`` is the source's value as JSON, ``held_by`` the policy, ``mapped_by`` the digest of the settings
    that made the value. ``name`` is that of the product or category. Rows of an older program have nothing of
    ``wanted``, ``held_by``, ``mapped_by``, ``name`` and ``micropim_print``.
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
    name: str | None = None
    micropim_print: str | None = None

    @property
    def category(self) -> int | None:
        """The category of a membership, else None."""
        return int(self.fact.removeprefix(MEMBERSHIP)) if self.fact.startswith(MEMBERSHIP) else None
