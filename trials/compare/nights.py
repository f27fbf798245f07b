"""The nights of the pair: one shop from its first load to its archive, every market, the older API, many hands."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox import Fault, MedipimOptions, MicroPimOptions
from trials.compare.stage import Json, Stage

PRODUCTS = 40
MARKETS = {"be": "nl", "fr": "fr", "de": "de", "es": "es", "au": "en", "us": "en"}
CURRENCIES = {"au": "AUD", "us": "USD"}
TOO_LONG = "long " * 60
SOURCE = MedipimOptions(products=PRODUCTS, seed=7, requests_per_minute=None)
SHOP = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)


@dataclass(frozen=True)
class Night:
    """A script and the services it plays with. Not ``in_order``: several hands, so lines are compared sorted.

    A night always has the same lane, and with it the same ports.
    """

    name: str
    play: Callable[[Stage], None]
    medipim: MedipimOptions = SOURCE
    micropim: MicroPimOptions = SHOP
    tap: Json = field(default_factory=dict)
    target: Json = field(default_factory=dict)
    in_order: bool = True
    lane: int = 0


def pair_nights() -> Iterator[Night]:
    """All of them."""
    yield Night("a shop, night by night", _shop, target={"attributes_mode": "definitions"})
    yield Night("a shop that shows attributes", _shop, micropim=replace(SHOP, attributes="map"), target={
        "attributes_mode": "values", "categories_mode": "managed", "clear_missing": True, "create_status": "active",
    })  # fmt: skip
    for code, locale in MARKETS.items():
        market: Json = {"market": code}
        target = {"locale": locale, "currency": CURRENCIES.get(code, "EUR"), "attributes_mode": "definitions"}
        yield Night(f"market {code}", _market, replace(SOURCE, **market), tap=market, target=target)
    yield Night("v3", _market, tap={"api_version": "v3"})
    yield Night("four hands", _hands, target={"max_in_flight": 4}, in_order=False)
    yield Night("four hands by search", _hands, target={"max_in_flight": 4, "lookup": "search"}, in_order=False)


def _shop(stage: Stage) -> None:
    stage.tap("00 the tap alone")
    products = _first_nights(stage)
    _edited(stage, products)
    _refused(stage, products)
    _archived(stage, products)
    _planned(stage, products)
    _asked(stage)
    (stage.folder / "ledger.db").unlink()
    stage.state = None
    stage.pair("13 ledger lost")
    writes = {line.split('"path": "')[1].split('"')[0] for line in stage.wrote("13 ledger lost")}
    stage.expect(not any(path.endswith("/media") for path in writes), "a lost ledger doubled pictures")


def _first_nights(stage: Stage) -> list[str]:
    """First load, unchanged, unchanged without a state, changes; the ids of products that are in MicroPIM."""
    first = stage.pair("01 first load").report
    made = first["streams"]["products"]["created"]
    stage.expect(made and first["streams"]["categories"]["created"] and first["pictures"]["sent"], "little was made")
    stage.expect(first["attributes_made"], "no attribute was defined")
    stage.pair("02 unchanged")
    stage.expect(not stage.wrote("02 unchanged"), "something was written though nothing had changed")
    stage.state = None
    again = stage.pair("03 unchanged, no state").report["streams"]["products"]
    stage.expect(again["unchanged"] >= made, "not everything was read again")
    there = {product["sku"] for product in stage.box.micropim.products.values()}
    products = [key for key in stage.box.medipim.catalogue.products if key in there]
    for key in products[:5]:
        stage.box.medipim.change(key, _rename)
    stage.box.medipim.change(products[5], _lose_texts)
    stage.box.medipim.add(2)
    ends = stage.pair("04 changes").report["streams"]["products"]
    stage.expect(ends["updated"] >= 5 and ends["created"] == 2, f"not the changes that were made: {ends}")
    return products


def _edited(stage: Stage, products: list[str]) -> None:
    for key in products[6:9]:
        edit_by_hand(stage, key, name=f"By hand {key}")
        stage.box.medipim.change(key, _rename)
    report = stage.pair("05 hand edits, conflicts").report
    stage.expect(report["conflicts"], "no conflict")


def _refused(stage: Stage, products: list[str]) -> None:
    stage.box.medipim.change(products[9], lambda raw: raw.update(name=dict.fromkeys(raw["name"], TOO_LONG)))
    for key in products[10:13]:
        stage.box.medipim.change(key, _rename)
    stage.box.micropim.faults.add(Fault("status", "PATCH /api/products", nth=2, times=1, status=400))
    refused = stage.pair("06 rejects")
    stage.expect(refused.report["totals"]["rejected"] == 2, "not two rejects")
    stage.box.micropim.faults.clear()
    file = str((refused.folder or stage.folder).relative_to(stage.folder) / "rejects.jsonl")
    ends = stage.target("07 replay", None, "--replay", file).report["streams"]["products"]
    stage.expect(ends.get("updated") == 1 and ends.get("rejected") == 1, f"the replay settled {ends}")


def _archived(stage: Stage, products: list[str]) -> None:
    for key in products[13:15]:
        stage.box.medipim.deactivate(key)
    stage.box.medipim.replace(products[15], by=products[16])
    ends = stage.pair("08 archive").report["streams"]["products"]
    stage.expect(ends.get("archived") == 3, f"not three archived: {ends}")


def _planned(stage: Stage, products: list[str]) -> None:
    for key in products[16:19]:
        stage.box.medipim.change(key, _rename)
    stage.box.medipim.add(1)
    stage.box.medipim.deactivate(products[19])
    before = stage.state
    planned = stage.pair("09 dry run", dry_run=True)
    stage.expect(planned.report["dry_run"] and stage.texts["09 dry run/plan.jsonl"], "no plan")
    stage.expect(not stage.wrote("09 dry run") and stage.state == before, "a plan wrote something")
    stage.pair("10 what was planned")
    stage.expect(stage.wrote("10 what was planned"), "what was planned was not done")


def _asked(stage: Stage) -> None:
    """Errands that write nothing."""
    stage.target("11 check", None, "--check")
    look_at_ledger(stage, "12")


def look_at_ledger(stage: Stage, number: str) -> None:
    """As people see it, and every product of it."""
    stage.target(f"{number} ledger show", None, "--ledger=show")
    stage.expect(stage.target(f"{number} ledger export", None, "--ledger=export").out, "the ledger is empty")


def edit_by_hand(stage: Stage, sku: str, **fields: Any) -> None:
    """A person changes a product in MicroPIM."""
    found = next(key for key, product in stage.box.micropim.products.items() if product["sku"] == sku)
    stage.box.micropim.edit(found, **fields)


def _market(stage: Stage) -> None:
    alone = stage.tap("1 the tap alone")
    streams = {message["stream"] for message in alone.messages if message["type"] == "RECORD"}
    stage.expect({"products", "categories"} <= streams, "no products or categories")
    report = stage.pair("2 first load").report
    stage.expect(report["streams"]["products"]["created"], "nothing was made")
    there = {product["sku"] for product in stage.box.micropim.products.values()}
    for key in [key for key in stage.box.medipim.catalogue.products if key in there][:3]:
        stage.box.medipim.change(key, _rename)
    ends = stage.pair("3 changes").report["streams"]["products"]
    stage.expect(ends.get("updated") == 3, f"not three changes: {ends}")
    stage.tap("4 the tap alone, incremental")


def _hands(stage: Stage) -> None:
    """Products are there already: what has an id does not hang on who is faster, nor does an unknown brand."""
    names = stage.box.medipim.catalogue.reference
    maps = {
        "brand_map": dict.fromkeys((row["name"] for row in names.brands), 1),
        "supplier_map": dict.fromkeys((row["name"] for row in names.organizations), 2),
    }
    stage.target_settings |= maps
    for key, entry in stage.box.medipim.catalogue.entries.items():
        if entry.head.status in {"active", "no_selection"}:
            stage.box.micropim.add(key, name="Typed in by hand")
    ends = stage.pair("1 adopted").report["streams"]["products"]
    stage.expect(ends.get("updated", 0) > PRODUCTS // 2, f"hardly anything was taken over: {ends}")
    active = [key for key, entry in stage.box.medipim.catalogue.entries.items() if entry.head.status == "active"]
    for key in active[:12]:
        stage.box.medipim.change(key, _lose_texts if key in active[:3] else _rename)
    stage.pair("2 changes")
    stage.expect(len(stage.wrote("2 changes")) >= 3, "no changes")  # names were typed in by hand, and stay


def _rename(raw: Json) -> None:
    raw["name"] = {locale: f"{text} (new)" if text else text for locale, text in raw["name"].items()}
    for description in raw["descriptions"][:1]:
        description["content"] = dict.fromkeys(description["content"], "<p>A new <b>text</b>.</p>")
    raw["photos"] = json.loads(json.dumps(raw["photos"]).replace(".jpeg", ".v2.jpeg"))[:2]


def _lose_texts(raw: Json) -> None:
    raw.update(descriptions=[], publicPrice=None, photos=[], publicCategories=raw["publicCategories"][:1])
