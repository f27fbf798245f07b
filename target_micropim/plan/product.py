"""Pure: from what should be there, what was sent last time and what is there now, to one action.

Policies (docs/gaps.md#what-field-policies-are-by-default); S is the source's value, B the one we acknowledged last, V
the server's, W what the server showed after our last write:

    create_only        sent when the product is made, never afterwards
    if_empty           sent while V is empty
    if_source_changed  sent when S differs from B and V still is W; when both changed: a conflict, and V stands
    always             sent when S differs from V
    never              not sent

Law: people's edits stand. Without a B (a product we did not make, or a lost ledger) nobody can tell an edit from an
old value, so a filled field that differs is a conflict too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from target_micropim.plan.fields import FIELDS
from target_micropim.plan.values import EMPTY, fingerprint

POLICIES = ("create_only", "if_empty", "if_source_changed", "always", "never")
DEFAULT_POLICIES: Mapping[str, str] = {field.name: field.policy for field in FIELDS}
NATIVE_POLICIES: Mapping[str, str] = {field.name: field.native_policy for field in FIELDS}
CLEARABLE = frozenset(field.name for field in FIELDS if field.clearable)


@dataclass(frozen=True)
class KnownProduct:
    """What is known of a product in MicroPIM. ``acknowledged`` (B) and ``written`` (W) are None when it is adopted."""

    remote_id: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...] = ()
    acknowledged: Mapping[str, str] | None = None
    written: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Conflict:
    """Source and MicroPIM both changed a field; MicroPIM's value stands."""

    field: str
    reason: str


@dataclass(frozen=True)
class Create:
    """Make the product with these fields."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Update:
    """Send these fields of the product; none means that nothing differs. Conflicts go to the report."""

    remote_id: int
    fields: dict[str, Any] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def plan_create(fields: Mapping[str, Any], policies: Mapping[str, str]) -> Create:
    """A new product gets every field whose policy is not ``never``."""
    return Create({name: value for name, value in fields.items() if policy_of(name, policies, "always") != "never"})


def policy_of(name: str, policies: Mapping[str, str], otherwise: str = "never") -> str:
    """The policy of a field; attributes (``attributes.<code>``) share one, and so do extra fields."""
    return policies.get(name.partition(".")[0], otherwise)


def plan_update(fields: Mapping[str, Any], policies: Mapping[str, str], product: KnownProduct) -> Update:
    """What to send to a product that is there."""
    send: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for name, value in fields.items():
        decision = _decide(name, value, policy_of(name, policies), product)
        if decision is True:
            send[name] = value
        elif isinstance(decision, Conflict):
            conflicts.append(decision)
    return Update(product.remote_id, send, tuple(conflicts))


def _decide(name: str, value: Any, policy: str, product: KnownProduct) -> bool | Conflict:
    source, server = fingerprint(name, value), product.server.get(name, EMPTY)
    if source in (EMPTY, server):
        return False
    if policy == "always":
        return True
    if policy == "if_empty":
        return server == EMPTY
    return _if_source_changed(name, source, server, product) if policy == "if_source_changed" else False


def _if_source_changed(name: str, source: str, server: str, product: KnownProduct) -> bool | Conflict:
    if product.acknowledged is None or product.written is None:
        return True if server == EMPTY else Conflict(name, "MicroPIM holds another value that we did not send")
    if source == product.acknowledged.get(name):
        return False
    if server == product.written.get(name, EMPTY):
        return True
    return Conflict(name, "changed in the source and by hand in MicroPIM")


def plan_clears(
    fields: Mapping[str, Any], policies: Mapping[str, str], product: KnownProduct, *, unsure: frozenset[str]
) -> dict[str, None]:
    """The fields to empty because the source has no value any more; only by clear_missing.

    See docs/api/micropim.md#null-in-patch.

    Only what we put there, and nobody changed since; ``unsure`` are fields whose value could not be told this time.
    """
    if product.acknowledged is None or product.written is None:
        return {}
    gone = CLEARABLE - fields.keys() - unsure
    return {
        name: None
        for name in sorted(gone)
        if policy_of(name, policies) in {"if_source_changed", "always"}
        and product.acknowledged.get(name, EMPTY) != EMPTY
        and product.server.get(name, EMPTY) != EMPTY
        and product.server.get(name) == product.written.get(name)
    }


def written_after(
    before: Mapping[str, str], fields: Mapping[str, Any], sent: set[str], server: Mapping[str, str]
) -> dict[str, str]:
    """W after a write: what MicroPIM showed, field by field.

    A field that was not sent keeps its old value, so that a person's edit goes on showing as one; where there is no
    old value, the source's stands for it.
    """
    after = dict(before)
    for name, value in fields.items():
        source, shown = fingerprint(name, value), server.get(name, EMPTY)
        if name in sent or shown == source:
            after[name] = shown
        else:
            after.setdefault(name, source)
    return after


def plan_categories(
    desired: Mapping[str, int], acknowledged: frozenset[str] | None, present: tuple[int, ...]
) -> list[int] | None:
    """The ids to send so that new categories of the source are added, or None when nothing is to add.

    ``desired`` maps external ids to MicroPIM's; what was acknowledged before and is gone now was taken out by a person.
    """
    fresh = [number for key, number in desired.items() if acknowledged is None or key not in acknowledged]
    missing = [number for number in dict.fromkeys(fresh) if number not in present]
    return [*present, *missing] if missing else None


@dataclass(frozen=True)
class ManagedCategories:
    """The ids to send, or None when nothing differs, and those that are thereby taken away."""

    ids: list[int] | None
    removed: tuple[int, ...] = ()


def plan_managed(
    desired: Mapping[str, int], managed: frozenset[int], present: tuple[int, ...], *, complete: bool
) -> ManagedCategories:
    """In ``managed`` mode MicroPIM follows the source both ways, among the managed categories only.

    See docs/api/micropim.md#categories-in-patch and docs/api/micropim.md#unassign-products.

    ``complete`` says that every category of the source has its id: otherwise nothing is taken away yet.
    """
    ids = list(dict.fromkeys(desired.values()))
    removed = tuple(number for number in present if number in managed and number not in ids) if complete else ()
    missing = [number for number in ids if number not in present]
    if not missing and not removed:
        return ManagedCategories(None)
    return ManagedCategories([*(number for number in present if number not in removed), *missing], removed)


def plan_pictures(desired_keys: list[str], handled: frozenset[str]) -> list[str]:
    """The pictures not sent yet, in their order."""
    return [key for key in desired_keys if key not in handled]


@dataclass(frozen=True)
class ProductState:
    """A product in the source and in MicroPIM. ``half_done``: a run was killed in the middle of writing it."""

    inactive: bool
    present: bool
    archived: bool
    half_done: bool


@dataclass(frozen=True)
class Leave:
    """Leave the product as it is. ``reason`` is for a person; ``refused`` makes it a reject."""

    action: str
    reason: str | None = None
    refused: bool = False


def plan_leave(state: ProductState, *, write_mode: str, on_inactive: str, on_archived: str) -> Leave | None:
    """The reason for not writing a product, or None."""
    if not state.present:
        return Leave("skipped") if state.inactive or write_mode == "update_only" else None
    if state.inactive and (state.archived or on_inactive == "ignore"):
        return Leave("unchanged" if state.archived else "skipped")
    if write_mode == "create_only" and not state.half_done:
        return Leave("skipped")
    if state.archived and on_archived in {"skip", "error"}:  # whoever archived it may have had a reason
        return Leave("skipped", "is archived in MicroPIM while the source has it", refused=on_archived == "error")
    return None
