"""Pure: from what should be there, what is ours and what is there now, to the fields that travel.

Policies (docs/gaps.md#what-field-policies-are-by-default); S is the source's value, V MicroPIM's:

    create_only        sent when the product is made, never afterwards
    if_empty           sent while V is empty, unless a person emptied what we had filled
    if_source_changed  sent when S is new and V is ours; a person's V stands and is an open question
    always             sent when S differs from V, unless V is what --undo put back in place of S
    never              not sent

Whose V is: plan/ownership.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from target_micropim.plan.fields import FIELDS
from target_micropim.plan.ownership import ARCHIVED, LIVE, UNDONE, Ours, Verdict, is_put_back, judge
from target_micropim.plan.values import EMPTY, fingerprints

POLICIES = ("create_only", "if_empty", "if_source_changed", "always", "never")
DEFAULT_POLICIES: Mapping[str, str] = {field.name: field.policy for field in FIELDS}
NATIVE_POLICIES: Mapping[str, str] = {field.name: field.native_policy for field in FIELDS}
# Where settings make them, nothing that a shop waits for; but a price in the wrong currency is a wrong price.
OF_SETTINGS = frozenset(field.name for field in FIELDS if field.kind == "choice" and field.name != "currency")
CLEARABLE = frozenset(field.name for field in FIELDS if field.clearable)


@dataclass(frozen=True)
class KnownProduct:
    """A product in MicroPIM: what it shows, and what the ledger knows of it, all as fingerprints by field.

    ``handled`` is the source's value as it was last dealt with; ``pending`` are fields of a write without a known end,
    ``asked`` those of which a person was told that their value stands against the source's, and has not answered.
    """

    remote_id: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...] = ()
    ours: Mapping[str, Ours] = field(default_factory=dict)
    handled: Mapping[str, str] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Conflict:
    """Source and MicroPIM differ on a field whose value in MicroPIM is not ours, and stands.

    ``kind`` is ``conflicts`` where somebody typed it, ``unsure`` where nobody can tell.
    """

    field: str
    reason: str
    kind: str = "conflicts"


@dataclass(frozen=True)
class HeldBack:
    """A new value of the source that a policy holds back, ``by`` which, and the policy under which it would be sent.

    ``source_print`` is the fingerprint of the value.
    """

    field: str
    policy: str
    source_print: str
    by: str = "never"

    @property
    def setting(self) -> str:
        """The setting that would let it through, as a person writes it."""
        return f"field_policies.{self.field.partition('.')[0]}: {self.policy}"


@dataclass(frozen=True)
class Create:
    """Make the product with these fields. ``held`` are those that a policy keeps from it."""

    fields: dict[str, Any]
    held: tuple[HeldBack, ...] = ()


@dataclass(frozen=True)
class Update:
    """Send these fields of the product; none means that nothing differs. Conflicts and ``held`` go to the report."""

    remote_id: int
    fields: dict[str, Any] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    held: tuple[HeldBack, ...] = ()


def plan_create(fields: Mapping[str, Any], policies: Mapping[str, str]) -> Create:
    """A new product gets every field whose policy is not ``never``."""
    kept = [name for name in fields if policy_of(name, policies, "always") == "never"]
    nothing, prints = KnownProduct(0, {}), fingerprints({name: fields[name] for name in kept})
    ways = {name: _let_through_by(name, prints[name], "never", nothing) for name in kept if prints[name] != EMPTY}
    held = tuple(HeldBack(name, way, prints[name]) for name, way in ways.items() if way)
    return Create({name: value for name, value in fields.items() if name not in kept}, held)


def policy_of(name: str, policies: Mapping[str, str], otherwise: str = "never") -> str:
    """The policy of a field; attributes (``attributes.<code>``) share one, and so do extra fields."""
    return policies.get(name.partition(".")[0], otherwise)


def plan_update(
    fields: Mapping[str, Any],
    policies: Mapping[str, str],
    product: KnownProduct,
    of_settings: Collection[str] = OF_SETTINGS,
) -> Update:
    """What to send to a product that is there."""
    send: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    held: list[HeldBack] = []
    for name, source in fingerprints(fields).items():
        if source in (EMPTY, product.server.get(name, EMPTY)):
            continue
        policy = policies.get(name) or policy_of(name, policies)
        decision = _decide(name, source, policy, product)
        if decision is True:
            send[name] = fields[name]
        elif isinstance(decision, Conflict):
            conflicts.append(decision)
        elif policy in _HOLDING and (let_through := _let_through_by(name, source, policy, product, of_settings)):
            held.append(HeldBack(name, let_through, source, policy))
    return Update(product.remote_id, send, tuple(conflicts), tuple(held))


_HOLDING = frozenset({"create_only", "if_empty", "never"})


def _let_through_by(
    name: str, source: str, policy: str, product: KnownProduct, of_settings: Collection[str] = OF_SETTINGS
) -> str | None:
    """The policy that would send a value that ``policy`` does not; None where none would, or nobody expects it to.

    What a field is never sent by default is nothing that a person's settings hold back. ``of_settings`` are fields that
    settings make, whatever the source says.
    """
    if name in of_settings or (policy == "never" == policy_of(name, DEFAULT_POLICIES)):
        return None
    decision = _decide(name, source, "if_source_changed", product)
    if isinstance(decision, Conflict):
        is_nobodys = name in OF_SETTINGS and decision.kind == "unsure"  # a product that the shop had: its own affair
        return None if is_nobodys else "always"
    return "if_source_changed" if decision else None


_REASONS = {
    Verdict.THEIRS: ("conflicts", "changed in the source and by hand in MicroPIM"),
    Verdict.UNSURE: ("unsure", "MicroPIM holds another value that we did not send"),
}
_COMPARED = frozenset({"if_empty", "if_source_changed", "always"})
_EMPTIED = "emptied by hand in MicroPIM"


def _decide(name: str, source: str, policy: str, product: KnownProduct) -> bool | Conflict:
    """What becomes of a field whose value in the source, ``source``, is another than that of MicroPIM."""
    server = product.server.get(name, EMPTY)
    if policy not in _COMPARED:
        return False
    # a write on its way may still replace what was dealt with before it
    handled = None if name in product.pending else product.handled.get(name)
    if policy == "always":
        return source != handled or not is_put_back(server, product.ours.get(name))
    if policy == "if_empty" and server != EMPTY:
        return False
    verdict = judge(source, server, product.ours.get(name), handled)
    if verdict is Verdict.KEEP and name in product.asked:
        verdict = Verdict.THEIRS  # the source has gone back to what it had before the question, which is no answer
    if verdict in _REASONS:
        kind, reason = _REASONS[Verdict.UNSURE if name in product.pending else verdict]
        return Conflict(name, _EMPTIED if server == EMPTY else reason, kind)
    return verdict is Verdict.SEND


def plan_clears(
    fields: Mapping[str, Any], policies: Mapping[str, str], product: KnownProduct, *, unsure: frozenset[str]
) -> dict[str, None]:
    """The fields to empty because the source has no value any more; only by clear_missing.

    See docs/api/micropim.md#null-in-patch.

    Only what is ours; ``unsure`` are fields whose value could not be told this time.
    """
    return dict.fromkeys(plan_emptied(CLEARABLE - fields.keys() - unsure, policies, product))


def plan_emptied(gone: Collection[str], policies: Mapping[str, str], product: KnownProduct) -> list[str]:
    """Those of the fields that show a value of ours which the source has no more."""
    return [
        name
        for name in sorted(gone)
        if policy_of(name, policies) in {"if_source_changed", "always"}
        and product.handled.get(name, EMPTY) != EMPTY
        and product.server.get(name, EMPTY) != EMPTY
        and product.server.get(name) in product.ours.get(name, ())
    ]


def plan_categories(desired: Mapping[str, int], ours: frozenset[str], present: tuple[int, ...]) -> list[int] | None:
    """The ids to send so that new categories of the source are added, or None when nothing is to add.

    ``desired`` maps external ids to MicroPIM's. What is ours and gone now was taken out by a person.
    """
    if not desired:
        return None
    fresh = [number for key, number in desired.items() if key not in ours]
    missing = [number for number in dict.fromkeys(fresh) if number not in present]
    return [*present, *missing] if missing else None


@dataclass(frozen=True)
class Membership:
    """A category that a person took the product out of (``is_in_source``), or put it into."""

    number: int
    is_in_source: bool


def memberships_of_people(
    desired: Mapping[str, int], ours: Mapping[str, int], present: tuple[int, ...], managed: frozenset[int]
) -> tuple[Membership, ...]:
    """What stands against the source, to be told: taken out of what is ours, put into what follows the source alone.

    ``ours`` are the categories that the product was in by us, ``managed`` those that only the source should fill.
    """
    if not desired and not present:
        return ()
    taken_out = [number for key, number in desired.items() if key in ours and number not in present]
    put_in = [n for n in present if n in managed and n not in desired.values() and n not in ours.values()]
    out = (Membership(number, is_in_source=True) for number in dict.fromkeys(taken_out))
    return (*out, *(Membership(number, is_in_source=False) for number in put_in))


@dataclass(frozen=True)
class ManagedCategories:
    """The ids to send, or None when nothing differs, and those that are thereby taken away."""

    ids: list[int] | None
    removed: tuple[int, ...] = ()


def plan_managed(
    desired: Mapping[str, int],
    removable: frozenset[int],
    present: tuple[int, ...],
    *,
    ours: frozenset[str] = frozenset(),
    complete: bool,
) -> ManagedCategories:
    """In ``managed`` mode MicroPIM follows the source both ways, among what is ours alone.

    See docs/api/micropim.md#categories-in-patch and docs/api/micropim.md#unassign-products.

    ``removable`` are those that may be taken away; what is ours and gone was taken out by a person and stays out.
    ``complete`` says that every category of the source has its id: otherwise nothing is taken away yet.
    """
    ids = list(dict.fromkeys(desired.values()))
    fresh = list(dict.fromkeys(number for key, number in desired.items() if key not in ours))
    removed = tuple(number for number in present if number in removable and number not in ids) if complete else ()
    missing = [number for number in fresh if number not in present]
    if not missing and not removed:
        return ManagedCategories(None)
    return ManagedCategories([*(number for number in present if number not in removed), *missing], removed)


def categories_after(
    before: tuple[str, ...], desired: Mapping[str, int], known: Mapping[str, int], present: tuple[int, ...]
) -> tuple[str, ...]:
    """The categories of a product that are ours from now on: wanted and shown, or ours before and not given up.

    One that the source has dropped and that does not show any more is settled: should the source want it again, it is
    new. ``known`` are the ids of ``before``.
    """
    if not before and not desired:
        return ()
    kept = [key for key in before if key in desired or known.get(key) in present]
    shown = [key for key, number in desired.items() if number in present]
    return tuple(dict.fromkeys([*kept, *shown]))


@dataclass(frozen=True)
class ProductState:
    """A product in the source and in MicroPIM.

    ``half_done``: a run was killed in the middle of writing it. ``ours`` and ``handled`` are those of its existence.
    ``has_news``: the source has something that was not dealt with; it counts only where ``--undo`` archived a product.
    """

    inactive: bool
    present: bool
    archived: bool
    half_done: bool
    ours: Ours | None = None
    handled: str | None = None
    has_news: bool = True


NEVER_MADE = "the source has given it up, and MicroPIM does not have it: it is not made"


@dataclass(frozen=True)
class Leave:
    """Leave the product as it is. ``reason`` is for a person; ``refused`` makes it a reject.

    ``why`` says it in the list of all products, where nobody has to do anything.
    """

    action: str
    reason: str | None = None
    refused: bool = False
    why: str = field(default="", compare=False)


def plan_leave(state: ProductState, *, write_mode: str, on_inactive: str, on_archived: str) -> Leave | None:
    """The reason for not writing a product, or None."""
    if not state.present:
        return _leave_absent(state, write_mode)
    if state.inactive:
        return _leave_inactive(state, on_inactive)
    if write_mode == "create_only" and not state.half_done:
        return Leave("skipped", why="it is in MicroPIM already, and write_mode is create_only")
    return _leave_archived(state, on_archived) if state.archived else None


def _leave_archived(state: ProductState, on_archived: str) -> Leave | None:
    if is_undone(state) and not state.has_news:
        return Leave("skipped", why="it was undone, and the source has not changed since")
    if not is_revived(state) and on_archived in {"skip", "error"}:
        return Leave("skipped", "is archived in MicroPIM while the source has it", refused=on_archived == "error")
    return None


def _leave_absent(state: ProductState, write_mode: str) -> Leave | None:
    if state.inactive:
        return Leave("skipped", why=NEVER_MADE)
    if write_mode == "update_only":
        return Leave("skipped", why="it is not in MicroPIM, and write_mode is update_only")
    return None


def _leave_inactive(state: ProductState, on_inactive: str) -> Leave | None:
    if state.archived:
        return Leave("unchanged", why="it is archived in MicroPIM already")
    if on_inactive == "ignore":
        return Leave("skipped", why="the source has given it up, and on_inactive or delete_mode is ignore")
    if judge(ARCHIVED, LIVE, state.ours, state.handled) in {Verdict.KEEP, Verdict.THEIRS}:
        return Leave("skipped", "was taken out of the archive by hand while the source has it inactive")
    return None


def is_revived(state: ProductState) -> bool:
    """Whether a product that the source has again goes out of the archive: we put it there, nobody else."""
    return state.archived and ARCHIVED in (state.ours or ())


def is_undone(state: ProductState) -> bool:
    """Whether ``--undo`` has put the product into the archive, where it still is."""
    return state.archived and state.handled == UNDONE
