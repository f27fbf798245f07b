"""Brands and suppliers: MicroPIM has no route for them, only ids on write (docs/api/micropim.md#brand-ids).

A name is looked up in the map of the settings, then among what a person has decided, then among the names that
MicroPIM's own products show. Two ids for one name, or none: the field is left out and the name is listed. No id is ever
invented.
"""

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from target_micropim.catalog.near_names import NearNames
from target_micropim.ledger import MAX_KEY
from target_micropim.mapping.characters import decoded, folded
from target_micropim.plan.values import as_id
from target_micropim.report.unmapped import Unmapped
from target_micropim.services import Services

KINDS = ("brand", "supplier")
HARVESTED = "names_harvested"


class Names:
    """Resolves names to ids and counts those it cannot."""

    def __init__(self, services: Services) -> None:
        ledger, settings = services.ledger, services.settings
        maps = {"brand": settings.brand_map, "supplier": settings.supplier_map}
        self._ledger = ledger
        self._configured = {
            kind: {folded(decoded(name)): number for name, number in maps[kind].items()} for kind in KINDS
        }
        self._shown: dict[str, dict[str, int | None]] = {kind: ledger.names(kind) for kind in KINDS}
        self._fresh: dict[str, dict[str, int | None]] = {kind: {} for kind in KINDS}
        decided = ledger.decided_names()
        self._decided: dict[str, dict[str, int | None]] = {kind: decided.get(kind, {}) for kind in KINDS}
        self._lock = threading.Lock()
        self._near: dict[str, Callable[[str], tuple[str, int] | None]] = {}  # as known when first asked for
        self.unmapped = Unmapped()

    def id_of(self, kind: str, name: str | None) -> int | None:
        """The id of a name, or None."""
        if name is None:
            return None
        key = folded(name)
        with self._lock:
            return self._configured[kind].get(key) or self._decided[kind].get(key) or self._shown[kind].get(key)

    def decide(self, kind: str, name: str, number: int | None) -> None:
        """A person says the id of a name, or that products go without."""
        key = folded(name)
        with self._lock:
            self._decided[kind][key[:MAX_KEY]] = number
            self._ledger.decide_name(kind, key, number)

    def is_settled(self, kind: str, name: str) -> bool:
        """Whether a name has an id, or a person has said that products go without it."""
        return folded(name) in self._decided[kind] or self.id_of(kind, name) is not None

    def near(self, kind: str, name: str) -> tuple[str, int] | None:
        """A name that products of MicroPIM show, and that may be meant, with its id."""
        with self._lock:
            if kind not in self._near:
                shown = {key: number for key, number in self._shown[kind].items() if number is not None}
                self._near[kind] = cache(NearNames(shown).find)
        return self._near[kind](folded(name))

    def is_worth_a_look(self, kind: str, name: str | None) -> bool:
        """Whether reading the whole product list could still tell this name: once in a ledger's life."""
        if name is None or self.id_of(kind, name) is not None:
            return False
        return folded(name) not in self._shown[kind] and not self._ledger.fact(HARVESTED)

    def is_learnt(self, kind: str, name: str | None) -> bool:
        """Whether the id of a name comes from what MicroPIM's products show, not from the settings."""
        with self._lock:
            key = folded(name or "")
            learnt = self._shown[kind].get(key) or self._decided[kind].get(key)
            return key not in self._configured[kind] and learnt is not None

    def forget(self, kind: str, name: str | None) -> bool:
        """MicroPIM refuses an id that was learnt: it is learnt anew from what products show. Whether it was learnt."""
        if name is None:
            return False
        key = folded(name)
        with self._lock:
            if key not in self._configured[kind] and self._decided[kind].pop(key, None) is not None:
                self._ledger.forget_decided_name(kind, key)  # it is asked for again
                return True
            if key in self._configured[kind] or self._shown[kind].pop(key, None) is None:
                return False
            self._fresh[kind].pop(key, None)
            self._ledger.forget_name(kind, key)
            self._ledger.note(HARVESTED, "")
            return True

    def notice(self, product: Mapping[str, Any]) -> None:
        """Learn from a product that MicroPIM shows."""
        with self._lock:
            for kind in KINDS:
                shown = product.get(kind)
                if not isinstance(shown, dict):
                    continue
                if (number := as_id(shown.get("id"))) is not None and shown.get("name"):
                    self._learn(kind, folded(str(shown["name"])), number)

    def _learn(self, kind: str, key: str, number: int) -> None:
        shown = self._shown[kind].get(key, number)
        value = number if shown == number else None
        if key not in self._shown[kind] or self._shown[kind][key] != value:
            self._shown[kind][key] = self._fresh[kind][key] = value

    def save(self, *, harvested: bool = False) -> None:
        """Write what was learnt to the ledger."""
        with self._lock:
            for kind in KINDS:
                self._ledger.remember_names(kind, self._fresh[kind])
                self._fresh[kind] = {}
        if harvested:
            self._ledger.note(HARVESTED, "yes")
