"""One story under each setting of the target that shapes what is sent: tonight, hands in MicroPIM, tomorrow."""

import json
from collections.abc import Iterator
from dataclasses import replace

import requests

from sandbox import MicroPimOptions
from trials.compare.nights import SHOP, Night, edit_by_hand
from trials.compare.source import Source, lines, too_deep
from trials.compare.stage import Json, Stage

PLAIN = "setting: none"
TEMPLATE = {"name": "{name}", "code": "x_{code}", "type": "{type}", "filterable": True}
BRANDS: Json = {"brand_map": {"A brand of tomorrow": 99}, "supplier_map": {}}
SETTINGS: dict[str, Json] = {
    "categories off": {"categories_mode": "off"},
    "categories managed": {"categories_mode": "managed"},
    "categories replaced": {"categories_mode": "replace"},
    "categories renamed": {"update_categories": True},
    "category root": {"category_root": "Shop > Medipim"},
    "category depth": {"max_category_depth": 2},
    "attribute definitions": {"attributes_mode": "definitions"},
    "attribute template": {"attributes_mode": "definitions", "attribute_template": TEMPLATE, "update_attributes": True},
    "attribute values, not shown": {"attributes_mode": "values"},
    "attributes as a table": {"attributes_to_description": ["all"]},
    "clear missing": {"clear_missing": True},
    "match on EAN": {"match_on": ["sku", "ean"]},
    "lookup search": {"lookup": "search"},
    "lookup index": {"lookup": "index"},
    "update only": {"write_mode": "update_only"},
    "create only": {"write_mode": "create_only"},
    "create active": {"create_status": "active"},
    "inactive ignored": {"on_inactive": "ignore"},
    "archived updated": {"on_archived": "update"},
    "archived revived": {"on_archived": "revive"},
    "deleted archived": {"delete_mode": "archive"},
    "brands unmapped": BRANDS,
    "brands dropped": {**BRANDS, "drop_unmapped": True},
    "field policies": {"field_policies": {"name": "always", "description": "never", "price": "create_only"}},
    "field map": {"field_map": {"short_description": "descriptions.indication", "cost_price": None}},
    "extra fields": {"extra_fields": {"vat_rate_id": {"value": 1}, "hs_code": "hsCode"}},
    "EAN refused": {"invalid_ean": "error"},
    "EAN sent": {"invalid_ean": "send"},
    "cut": {"on_too_long": "cut", "max_name_length": 24, "max_description_length": 80},
    "no pictures": {"media_mode": "off"},
    "changed pictures appended": {"media_changes": "append"},
    "picture formats": {"media_formats": ["medium"], "max_images": 1, "media_target_groups": []},
    "channels": {"publishing_channels": ["web", "email"]},
    "sku template": {"sku_template": "MP-{id}"},
    "French": {"locale": "fr", "fallback_locales": ["de"], "currency": "USD"},
    "no fallback": {"locale": "en", "fallback_locales": []},
    "unknown stream refused": {"on_unknown_stream": "reject"},
    "user agent": {"user_agent": "somebody/1"},
    "stream maps": {"stream_maps": {"products": {"publicPrice": "1234"}}, "stream_map_config": {}},
}  # fmt: skip
SHOPS: dict[str, tuple[Json, Json]] = {
    "attributes shown": ({"attributes": "map"}, {"attributes_mode": "values", "clear_missing": True}),
    "unknown fields kept": ({"unknown_fields": "kept"}, SETTINGS["extra fields"]),
    "pictures late": ({"media": "async"}, {}),
    "pictures never": ({"media": "never"}, {}),
    "null ignored": ({"patch_null": "ignored", "patch_empty": "400"}, {"clear_missing": True}),
    "categories merged": ({"patch_categories": "merge"}, {"categories_mode": "managed"}),
    "categories ignored": ({"patch_categories": "ignored", "assign": "replace"}, {"categories_mode": "managed"}),
    "other shapes": (
        {"wrap_product": True, "tree_shape": "list", "children_key": "subcategories", "attributes_shape": "list"},
        {"attributes_mode": "definitions"},
    ),
    "archive shown": ({"archived": "shown"}, {"lookup": "search"}),
    "text trimmed": ({"normalise_text": True}, {}),
}


def settings_nights() -> Iterator[Night]:
    """All of them, the plain one first."""
    yield Night(PLAIN, _story)
    for name, settings in SETTINGS.items():
        yield Night(f"setting: {name}", _story, target=settings)
    for name, (options, settings) in SHOPS.items():
        shop: MicroPimOptions = replace(SHOP, **options)
        yield Night(f"a MicroPIM with {name}", _story, micropim=shop, target=settings)
    yield Night("native profile", _native, target={"profile": "native"})
    yield Night("native profile, its HTML", _native, target={"profile": "native", "native_html": "keep"})


def _story(stage: Stage) -> None:
    source = Source()
    _before(stage, source)
    first = stage.target("1 tonight", lines(categories=source.categories, products=source.tonight))
    stage.expect(first.code == 0 and first.report["complete"], "the first night failed")
    _by_hand(stage, source)
    given = lines(categories=source.tree_of_tomorrow(), products=[*source.tomorrow(), "no object"], orders=[{"id": 1}])
    second = stage.target("2 tomorrow", [*given, too_deep("products")])
    stage.expect(second.report["totals"]["rejected"] >= 2, "hardly anything was refused")
    stage.expect(second.report["totals"].get("manual_actions") or second.report["warnings"], "nothing for a person")
    stage.texts["3 what there is/snapshot"] = json.dumps(stage.box.micropim.snapshot(), indent=1, ensure_ascii=False)


def _before(stage: Stage, source: Source) -> None:
    """Products that people made: by SKU, by EAN, one archived; and a picture that no ledger knows."""
    pim = stage.box.micropim
    pim.add(source.products[3]["id"], name="Typed in by hand")
    pim.add("BY-EAN", name="Known by its EAN", ean=source.products[4]["eanGtin13"])
    pim.add(source.products[5]["id"], name="Archived by hand", status="archived")
    pim.add(f"MP-{source.products[9]['id']}", name="Of another template")
    for product in list(pim.products.values())[:2]:
        _attach(stage, product["id"])
    stage.forget_requests()


def _attach(stage: Stage, product: int) -> None:
    body = {"file_url": "https://media.example.test/by-hand.jpg", "alt_text": "", "position": 0}
    url = f"{stage.box.micropim_url}/api/products/{product}/media"
    key = {"X-API-KEY": stage.box.micropim.options.api_key}
    requests.post(url, json=body, headers=key, timeout=10).raise_for_status()


def _by_hand(stage: Stage, source: Source) -> None:
    there = {product["sku"] for product in stage.box.micropim.products.values()}
    for place, fields in ((0, {"name": "By hand"}), (1, {"description": "By hand"}), (6, {"status": "archived"})):
        for sku in (source.products[place]["id"], f"MP-{source.products[place]['id']}"):
            if sku in there:
                edit_by_hand(stage, sku, **fields)


def _native(stage: Stage) -> None:
    """Records in MicroPIM's own shape, from any tap."""
    tree = [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "parent_id": "a"}]
    rows = [
        {"sku": f"N{n}", "name": f"Native {n}", "price": n + 0.5, "stock": n, "description": f"<p onclick=x>{n}</p>",
         "ean": "5400000000003", "images": [f"https://media.example.test/{n}.jpg"], "status": "active"}
        for n in range(8)
    ]  # fmt: skip
    stage.target("1 tonight", lines(categories=tree, products=rows))
    edit_by_hand(stage, "N2", name="By hand")
    rows[1]["price"], rows[2]["name"], rows[3]["status"], rows[4]["sku"] = 99, "Another", "archived", ""
    ends = stage.target("2 tomorrow", lines(products=rows)).report
    stage.expect(
        ends["conflicts"] and ends["streams"]["products"].get("archived"), f"not as planned: {ends['streams']}"
    )
