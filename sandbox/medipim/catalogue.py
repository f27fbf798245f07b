"""The catalogue: generated on demand, changed copy-on-write, so that a running stream keeps its snapshot."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import orjson
from typing_extensions import override

from sandbox.exchange import Json, JsonValue
from sandbox.medipim.head import NEWEST, Head, heads
from sandbox.medipim.markets import MARKETS
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.product import build_media, build_product, drop_codes
from sandbox.medipim.reference import reference_data

EMBED_MARK = "@@embed@@"


class Entry:
    """One version of one product: its head, and its raw record from the first use on."""

    __slots__ = ("_catalogue", "_parts", "_raw", "head")

    def __init__(self, catalogue: "Catalogue", head: Head, raw: Json | None = None) -> None:
        """A raw record marks the entry as changed; without one it is generated."""
        self._catalogue = catalogue
        self.head = head
        self._raw = raw
        self._parts: tuple[bytes, bytes] | None = None

    @property
    def live(self) -> Json:
        """The raw record, kept, so that callers may look at it again (or change it in place)."""
        if self._raw is None:
            self._raw = self._catalogue.build(self.head)
        self._parts = None
        return self._raw

    @property
    def raw(self) -> Json:
        """The raw record for reading only; generated ones are not kept."""
        return self._catalogue.build(self.head) if self._raw is None else self._raw

    @property
    def media(self) -> Json:
        """Photos, frontals and links, for reading only; of a generated record nothing else is made."""
        return self._catalogue.build_media(self.head) if self._raw is None else self._raw

    def parts(self) -> tuple[bytes, bytes]:
        """The serialised record before and after the volatile part of ``embedUrl``."""
        if self._parts is not None:
            return self._parts
        parts = self._catalogue.serialise(self.raw)
        # Records that were handed out may be changed in place, so only untouched ones are kept.
        if self._raw is None and self._catalogue.may_cache():
            self._parts = parts
        return parts


class Entries(dict[str, Entry]):
    """Product id -> its present version; ``revision`` counts what was put in and taken out."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.revision = 0

    @override
    def __setitem__(self, key: str, entry: Entry) -> None:
        self.revision += 1
        super().__setitem__(key, entry)

    @override
    def __delitem__(self, key: str) -> None:
        self.revision += 1
        super().__delitem__(key)

    @override
    def clear(self) -> None:
        self.revision += 1
        super().clear()

    @override
    def update(self, entries: Mapping[str, Entry]) -> None:  # type: ignore[override]
        self.revision += 1
        super().update(entries)


class Products(Mapping[str, Json]):
    """Product id -> raw record, in the order of creation."""

    def __init__(self, entries: Entries) -> None:
        """Look into the entries of the catalogue."""
        self._entries = entries

    def __getitem__(self, key: str) -> Json:
        """The record itself, not a copy."""
        return self._entries[key].live

    def __iter__(self) -> Iterator[str]:
        """Ids."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many products there are."""
        return len(self._entries)


class Catalogue:
    """Products and reference data of one market."""

    def __init__(self, options: MedipimOptions) -> None:
        """Create the heads only; 100,000 take about a second."""
        self.options = options
        self.market = MARKETS[options.market]
        self.reference = reference_data(self.market, options.seed)
        self.entries = Entries()
        self.products = Products(self.entries)
        self._cached = 0
        self.version = 0
        self._latest = NEWEST
        self.add(options.products, fresh=False)

    def __getattr__(self, name: str) -> JsonValue:
        """Offer the reference tables under their own names: ``brands``, ``public_categories`` and so on."""
        if name == "reference":
            raise AttributeError(name)
        return getattr(self.reference, name)

    def add(self, count: int, *, fresh: bool = True) -> list[str]:
        """Create more products; fresh ones are newer than everything else."""
        now = self.next_second() if fresh else 0
        ids = []
        for head in heads(self.options.seed, len(self.entries), count):
            one = (
                replace(head, status="active", replacement=None, created_at=now, updated_at=now, status_touched_at=now)
                if fresh
                else head
            )
            self.entries[one.id] = Entry(self, one)
            ids.append(one.id)
        self._repair_replacements(ids)
        return ids

    def put(self, raw: Json) -> None:
        """A product as given, new or instead of the one with this id; what it leaves out is left out."""
        times, self.version = raw["meta"], self.version + 1
        updated = int(times["updatedAt"])
        head = Head(
            len(self.entries),
            raw["id"],
            raw["status"],
            raw.get("replacement"),
            times.get("createdAt"),
            updated,
            updated,
        )
        self.entries[raw["id"]] = Entry(self, head, raw)

    def change(self, product_id: str, function: Callable[[Json], object]) -> Json:
        """Apply a change to a copy, and move ``meta.updatedAt`` on to a new later second."""
        return self._changed(product_id, function, self.next_second())

    def touch(self, ids: Iterable[str], **changes: JsonValue) -> int:
        """Set fields of many products in one and the same new second; without fields it is a pure touch event."""
        now = self.next_second()
        for product_id in list(ids):
            self._changed(product_id, lambda raw: raw.update(copy.deepcopy(changes)), now)
        return now

    def deactivate(self, product_id: str) -> Json:
        """The product is not sold any more (docs/api/medipim.md#statuses-and-deletions)."""
        return self.change(product_id, lambda raw: raw.update(status="inactive", officialDeletionAt=NOW_DELETED))

    def replace(self, product_id: str, by: str) -> Json:
        """Another product takes over, and this one loses its codes (docs/api/medipim.md#statuses-and-deletions)."""

        def apply(raw: Json) -> None:
            raw.update(status="replaced", replacement=by)
            drop_codes(raw, self.market)

        return self.change(product_id, apply)

    def remove(self, product_id: str) -> None:
        """The product simply disappears: there is no tombstone (docs/api/medipim.md#statuses-and-deletions)."""
        del self.entries[product_id]

    def next_second(self) -> int:
        """A second after every change so far."""
        self._latest += 1
        return self._latest

    def build(self, head: Head) -> Json:
        """Generate the raw record."""
        return build_product(self.market, self.options.seed, head, self.reference, evil=self.options.html_in_texts)

    def build_media(self, head: Head) -> Json:
        """Generate the media of a record."""
        return build_media(self.market, self.options.seed, head)

    def may_cache(self) -> bool:
        """Count serialised records up to the limit of the options."""
        self._cached += 1
        return self._cached <= self.options.cached_products

    def warm(self) -> None:
        """Serialise everything now, for benchmarks."""
        for entry in self.entries.values():
            entry.parts()

    def serialise(self, raw: Json) -> tuple[bytes, bytes]:
        """Apply the switches about absent values, and leave a gap for the volatile part of ``embedUrl``."""
        key = self.options.api_key_id
        url = f"https://api.example.test/v4/products/embed?id={raw['id']}&key={key}&t={EMBED_MARK}"
        shown = {**raw, "meta": {**raw["meta"], "embedUrl": url}}
        if self.options.integer_codes:
            shown["ean"] = [int(code) for code in raw["ean"]]
        if not self.options.null_scalars:
            shown = {name: value for name, value in shown.items() if value is not None}
        if not self.options.null_locales:
            shown = without_null_locales(shown, set(self.market.locales))
        head, _, tail = orjson.dumps(shown).partition(EMBED_MARK.encode())
        return head, tail

    def _changed(self, product_id: str, function: Callable[[Json], object], now: int) -> Json:
        self.version += 1
        entry = self.entries[product_id]
        raw: Json = orjson.loads(orjson.dumps(entry.raw))  # a copy, in a thirtieth of the time of deepcopy
        status = raw["status"]
        function(raw)
        raw["meta"]["updatedAt"] = now
        touched = now if raw["status"] != status else entry.head.status_touched_at
        head = replace(
            entry.head, status=raw["status"], replacement=raw.get("replacement"), updated_at=now,
            created_at=raw["meta"].get("createdAt"), status_touched_at=touched, touched_at=None,
        )  # fmt: skip
        self.entries[product_id] = Entry(self, head, raw)
        return raw

    def _repair_replacements(self, ids: list[str]) -> None:
        """A successor has to exist; the last product cannot point past the end."""
        for product_id in ids:
            head = self.entries[product_id].head
            if head.replacement is not None and head.replacement not in self.entries:
                other = next(iter(self.entries))
                self.entries[product_id] = Entry(self, replace(head, replacement=other))


NOW_DELETED = 1_793_000_000


def without_null_locales(value: JsonValue, locales: set[str]) -> JsonValue:
    """Leave out missing translations anywhere in a record."""
    if isinstance(value, list):
        return [without_null_locales(item, locales) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: without_null_locales(v, locales) for k, v in value.items() if v is not None or k not in locales}
