"""Probes 3, 5, 6, 11, 14, 15 and 17: what a product takes and shows (docs/api/micropim.md#first-contact)."""

import secrets

from target_micropim.commands.probe.client import Answer
from target_micropim.commands.probe.context import Facts, ProbeContext

DOCUMENTED = (
    "id", "sku", "slug", "name", "description", "short_description", "product_type", "price", "sale_price",
    "cost_price", "currency", "status", "stock", "in_stock", "ean", "vat_rate", "brand", "supplier", "categories",
    "images", "publishing_channels", "available_translations", "product_condition", "attributes",
)  # fmt: skip
NO_SUCH_ID = 999_999_999


def unique_sku(context: ProbeContext) -> Facts:
    """POST the same SKU twice (docs/api/micropim.md#sku-taken)."""
    sku = context.sku()
    context.product("a product", sku=sku)
    again = context.product("the same SKU once more", sku=sku)
    return {"sku_unique": not again.good, "sku_taken_says": again.said}


def shape(context: ProbeContext) -> Facts:
    """How one product comes: wrapped, with nulls, with empty maps.

    See docs/api/micropim.md#product-fields and docs/api/micropim.md#unshown-shapes.
    """
    made = context.product("a product with nothing but name and SKU")
    answer = context.ask("how a single product looks", "GET", f"/api/products/{made.id}")
    product = answer.record
    facts: Facts = {
        "wrap_product": isinstance(answer.data, dict) and "product" in answer.data,
        "null_fields": sorted(name for name in DOCUMENTED if name in product and product[name] is None),
        "absent_fields": sorted(name for name in DOCUMENTED if name not in product),
        "languages": product.get("available_translations"),
    }
    if product.get("attributes") in ([], {}):
        facts["empty_map"] = "[]" if isinstance(product["attributes"], list) else "{}"
    return facts


def emptying(context: ProbeContext) -> Facts:
    """What null and an empty text do in a PATCH (docs/api/micropim.md#null-in-patch)."""
    made = context.product("a product with a short description", short_description="text")
    return {
        "patch_null": _emptied(context, made, None),
        "patch_empty": _emptied(context, made, ""),
    }


def _emptied(context: ProbeContext, made: Answer, blank: str | None) -> str:
    number = made.id or 0
    context.patch("fill the short description", number, short_description="text")
    answer = context.patch(
        f"empty it with {'null' if blank is None else 'an empty text'}", number, short_description=blank
    )
    if not answer.good:
        return "400"
    return "ignored" if context.shown(number).get("short_description") else "clears"


def undocumented(context: ProbeContext) -> Facts:
    """Fields that no page says can be written, and one that cannot exist.

    See docs/api/micropim.md#vat-rate, docs/api/micropim.md#translations and docs/api/micropim.md#unknown-fields.
    """
    number = context.product("a product to try undocumented fields on").id or 0
    before = context.shown(number)
    language = next(
        code for code in ("nl", "fr", "de", "en") if code not in (before.get("available_translations") or [])
    )
    tries: dict[str, tuple[Facts, str]] = {
        "translations": ({"translations": {language: {"name": "Probe"}}}, "available_translations"),
        "vat_rate_id": ({"vat_rate_id": 1}, "vat_rate"),
        "product_condition": ({"product_condition": "used"}, "product_condition"),
        "slug": ({"slug": f"probe-{context.token}-slug"}, "slug"),
        "unknown_fields": ({f"x_{context.token}": "1"}, "id"),
    }
    facts: Facts = {}
    for name, (body, where) in tries.items():
        answer = context.patch(f"is {name} taken, ignored or refused", number, **body)
        shown = context.shown(number) if answer.good else before
        facts[name] = "400" if not answer.good else "ignored" if shown.get(where) == before.get(where) else "accepted"
    return facts


def unknown_brand(context: ProbeContext) -> Facts:
    """A brand id that cannot exist (docs/api/micropim.md#brand-ids)."""
    answer = context.product("a brand that cannot exist", brand_id=NO_SUCH_ID)
    return {"unknown_brand": "ignored" if answer.good else "400", "unknown_brand_says": answer.said}


def barcodes(context: ProbeContext) -> Facts:
    """Barcodes: unknown, shared, archived, and with a wrong check digit.

    See docs/api/micropim.md#find-by-ean and docs/api/micropim.md#ean-format.
    """
    known, archived, never = (_ean13() for _ in range(3))
    first = context.product("a product with an EAN of the range for internal use", ean=known)
    second = context.product("a second one with the same EAN", ean=known)
    match = context.ask("which of the two the barcode gives", "GET", f"/api/products/barcode/{known}")
    missed = context.ask("a barcode that nobody has", "GET", f"/api/products/barcode/{never}")
    gone = context.product("one to archive", ean=archived)
    context.ask("archive it", "DELETE", f"/api/products/{gone.id}")
    after = context.ask("is it still found by its barcode", "GET", f"/api/products/barcode/{archived}")
    wrong = context.patch("a wrong check digit", first.id or 0, ean=f"{known[:-1]}{(int(known[-1]) + 1) % 10}")
    shared = {first.id: "first", second.id: "last"}.get(match.id, "none") if second.good else "refused"
    return {
        "barcode_miss": "null" if missed.good else str(missed.status),
        "barcode_shared": shared,
        "barcode_archived": after.good and after.id == gone.id,
        "ean_strict": not wrong.good,
    }


def _ean13() -> str:
    digits = f"2{secrets.randbelow(10**11):011d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def archive(context: ProbeContext) -> Facts:
    """DELETE, and what it leaves: lists, searches, the SKU, the way back.

    See docs/api/micropim.md#archive-hidden, docs/api/micropim.md#sku-taken and docs/api/micropim.md#product-delete.
    """
    sku = context.sku()
    number = context.product("a product to archive", sku=sku).id or 0
    context.ask("archive it", "DELETE", f"/api/products/{number}")
    facts: Facts = {"delete_archives": context.shown(number, "what state is it in now").get("status") == "archived"}
    path = "/api/products"
    listed = context.ask("is it in the list without a status", "GET", path, params={"limit": 100})
    hits = context.ask("does a search without a status find it", "GET", path, params={"search": sku})
    asked = context.ask("and with its status", "GET", path, params={"search": sku, "status": "archived"})
    facts |= {
        "archived_listed": "shown" if _holds(listed, number) else "hidden",
        "archived": "shown" if _holds(hits, number) else "hidden",
        "archived_on_request": _holds(asked, number),
    }
    again = context.product("is its SKU free again", sku=sku)
    revived = context.patch("can it be taken back", number, status="draft")
    back = revived.good and context.shown(number).get("status") == "draft"
    return {**facts, "sku_unique_archived": not again.good, "revivable": back}


def _holds(answer: Answer, number: int) -> bool:
    return any(row.get("id") == number for row in answer.rows("products"))
