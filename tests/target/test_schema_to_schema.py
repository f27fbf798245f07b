"""Any record that schemas/medipim allows becomes a payload that schemas/micropim allows, or is rejected with a reason.

Records are drawn from the schema files, settings from the target's own list of settings: a new field, a new setting or
a new choice is tried without a change here.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from target_micropim.api.payloads import check_payload
from target_micropim.errors import RecordRejected
from target_micropim.plan.product import plan_create
from target_micropim.plan.write import body_of, without_extras
from target_micropim.settings.schema import SETTINGS
from target_micropim.settings.shaping import profile_of
from target_micropim.settings.values import TargetSettings
from tests.support.examples import examples

SCHEMAS = Path(__file__).parents[2] / "schemas"
WORDS = [
    "1", "0042", "active", "inactive", "replaced", "supplier", "public", "webshop", "full_description", "en", "nl",
    "huge",
    "4006381333931", "4006381333932", "https://m.example.test/1.jpg", "http://127.0.0.1/x.png", "<p>Text</p>",
    "<script>x</script>", "", " ", "\x00", "x" * 256, "é" * 300, "12.5", "-1", "1e400", "=1+1",
]  # fmt: skip
TEXT = st.sampled_from(WORDS) | st.text(max_size=12)
NUMBER = st.sampled_from([0, 1, 995, 10**9, 1e22, 0.005, -3]) | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e12)
KINDS: dict[str, Any] = {
    "string": TEXT,
    "integer": st.sampled_from([0, 1, 2, 995]) | st.integers(-(2**40), 2**40),
    "number": NUMBER,
    "boolean": st.booleans(),
    "null": st.none(),
}
KEYS = st.sampled_from(["huge", "hugeJpg", "en", "nl", "other"])


def schema(path: str) -> Any:
    """A schema file."""
    return json.loads((SCHEMAS / f"{path}.json").read_text(encoding="utf-8"))


def values_of(part: Any) -> st.SearchStrategy[Any]:
    """Values that a part of a schema allows (types, enums, properties, items: all that ours use)."""
    if "enum" in part:
        return st.sampled_from(part["enum"])
    told = part.get("type", ["string", "null"])
    return st.one_of([_of_kind(kind, part) for kind in ([told] if isinstance(told, str) else told)])


def _of_kind(kind: str, part: Any) -> st.SearchStrategy[Any]:
    if kind == "array":
        return st.lists(values_of(part.get("items", {})), max_size=3)
    if kind != "object":
        return KINDS[kind]
    known = {name: values_of(inner) for name, inner in part.get("properties", {}).items()}
    required = part.get("required", [])
    fixed = st.fixed_dictionaries(
        {name: known[name] for name in required}, optional={n: s for n, s in known.items() if n not in required}
    )
    more = part.get("additionalProperties")
    return fixed if not isinstance(more, dict) else st.dictionaries(KEYS, values_of(more), max_size=3)


def worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Every choice, switch and number of the settings; maps and lists by hand, since no schema says what they hold."""
    drawn: dict[str, Any] = {}
    for name, part in SETTINGS.to_dict()["properties"].items():
        types = part["type"] if isinstance(part["type"], list) else [part["type"]]
        if "enum" in part:
            drawn[name] = st.sampled_from([choice for choice in part["enum"] if choice is not None])
        elif "boolean" in types:
            drawn[name] = st.booleans()
        elif "integer" in types:
            drawn[name] = st.integers(part.get("minimum", 1), min(part.get("maximum", 70_000), 70_000))
        else:
            drawn[name] = st.just(part.get("default"))
    by_hand = {
        "api_key": st.just("key"),
        "locale": st.sampled_from(["en", "nl"]),
        "fallback_locales": st.sampled_from([None, [], ["fr", "de"]]),
        "sku_template": st.sampled_from(["{id}", "MDP-{id}", "{cnk}"]),
        "field_map": st.sampled_from([
            None, {"short_description": "descriptions.indication", "price": None}, {"stock": "packageQuantity"},
            {"sale_price": "publicPrice", "name": "seoName", "brand": "organizations.supplier"}, {"ean": "cnk"},
        ]),
        "field_policies": st.sampled_from([None, dict.fromkeys(["cost_price", "sale_price", "stock"], "always")]),
        "publishing_channels": st.sampled_from([None, ["web", "email"]]),
        "media_target_groups": st.sampled_from([[], ["public"]]),
    }  # fmt: skip
    return st.fixed_dictionaries(drawn | by_hand)


VALID = {name: Draft202012Validator(schema(f"micropim/{name}")) for name in ("product", "category", "media")}
MEDIPIM_PRODUCT, MEDIPIM_CATEGORY = schema("medipim/products"), schema("medipim/categories")
NATIVE_PRODUCT = schema("micropim/product")
PRODUCTS = {
    "medipim": values_of(MEDIPIM_PRODUCT),
    "native": values_of(NATIVE_PRODUCT),
}
SETTING = examples(150, few=60, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def judged(config: dict[str, Any], record: Any, seen: Counter[str]) -> None:
    """Map one product; what comes out is valid, or was rejected with reasons before anything was sent."""
    found = TargetSettings.read(config, ())
    profile = profile_of(found)
    before = json.dumps(record)
    wanted, why = attempted(profile.product, record)
    assert json.dumps(record) == before
    if why is not None:
        seen["rejected"] += 1
        assert why.reasons
        assert all(reason.path and reason.message for reason in why.reasons)
        return
    fields = {"sku": wanted.sku, **plan_create(wanted.fields, found.policies).fields}
    problems = [error.message for error in VALID["product"].iter_errors(body_of(without_extras(fields)))]
    _, refused = attempted(lambda body: check_payload("product", body), body_of(without_extras(fields)))
    assert bool(problems) == (refused is not None and bool(refused.reasons))  # the last gate before the wire
    seen["payload" if not problems else "refused by the check"] += 1
    for picture in wanted.pictures:
        media = {"file_url": picture.url, "alt_text": picture.alt, "position": 0}
        assert picture.key
        assert VALID["media"].is_valid(media)


def attempted(do: Any, given: Any) -> tuple[Any, RecordRejected | None]:
    """What comes of it: a result, or the rejection."""
    try:
        return do(given), None
    except RecordRejected as why:
        return None, why


FIT = {
    "medipim": {"id": "7", "name": {"en": "Name", "nl": "Naam"}, "cnk": "0042", "status": "active"},
    "native": {"sku": "S-7", "name": "Name"},
}


@pytest.mark.hypothesis
def test_a_valid_product_becomes_a_valid_payload_or_a_reason() -> None:
    """Both profiles, every world of the settings; every other record has what no product can go without."""
    seen: Counter[str] = Counter()

    @SETTING
    @given(data=st.data(), config=worlds(), fit=st.booleans())
    def holds(data: Any, config: dict[str, Any], *, fit: bool) -> None:
        profile = config["profile"]
        record = data.draw(PRODUCTS[profile]) | (FIT[profile] if fit else {})
        assert profile == "native" or Draft202012Validator(MEDIPIM_PRODUCT).is_valid(record)
        judged(config, record, seen)

    holds()
    assert min(seen["payload"], seen["rejected"]) > 10, seen  # otherwise this would prove little


@SETTING
@given(config=worlds(), record=values_of(MEDIPIM_CATEGORY))
def test_a_valid_category_becomes_a_valid_payload_or_a_reason(config: dict[str, Any], record: Any) -> None:
    """A name in one language, or a reason."""
    config["profile"] = "medipim"
    wanted, why = attempted(profile_of(TargetSettings.read(config, ())).category, record)
    if why is not None:
        assert why.reasons
        return
    payload = {"name": wanted.name, "parent_id": None}
    assert VALID["category"].is_valid(payload) or len(wanted.name) > 255 or not wanted.name.strip()
