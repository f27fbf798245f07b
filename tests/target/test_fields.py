"""The table of fields: what is derived of it, its schemas, and what a new row brings about without any other change."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pim_wire.schema_files import read_schema
from target_micropim.mapping.field_rows import MADE_FIELDS, READERS, SOURCES
from target_micropim.mapping.native import HTML_FIELDS, WRITABLE
from target_micropim.mapping.overrides import MAPPABLE, NOT_WRITABLE
from target_micropim.plan.fields import FIELDS
from target_micropim.plan.product import CLEARABLE, DEFAULT_POLICIES, NATIVE_POLICIES, POLICIES
from target_micropim.plan.values import MONEY_FIELDS, PLAIN_FIELDS, REFERENCES

ROOT = Path(__file__).resolve().parents[2]


def test_each_field_has_one_row_and_makes_sense() -> None:
    """A name once, policies that exist; only a reference is shown under another name, only what is read has a path."""
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    assert {policy for field in FIELDS for policy in (field.policy, field.native_policy)} <= set(POLICIES)
    assert all((field.kind == "reference") == bool(field.shown_as) for field in FIELDS)
    assert all(field.path is None or (field.kind in READERS and field.name not in SOURCES) for field in FIELDS)
    assert set(SOURCES) <= set(PLAIN_FIELDS)


def test_what_is_derived_of_the_table() -> None:
    """In the order of requests, of messages and of the page."""
    assert {"price", "sale_price", "cost_price"} == MONEY_FIELDS
    assert REFERENCES == {"brand_id": "brand", "supplier_id": "supplier"}
    assert {
        "description", "short_description", "price", "sale_price", "cost_price", "ean", "brand_id", "supplier_id",
    } == CLEARABLE  # fmt: skip
    assert WRITABLE == (
        "name", "description", "short_description", "price", "sale_price", "cost_price", "currency", "status", "stock",
        "ean", "brand_id", "supplier_id", "publishing_channels", "product_type",
    )  # fmt: skip
    assert tuple(DEFAULT_POLICIES) == tuple(NATIVE_POLICIES) == (*WRITABLE, "attributes", "extra_fields")
    assert {name for name, policy in NATIVE_POLICIES.items() if policy != "if_source_changed"} == {
        "status", "publishing_channels", "product_type",
    }  # fmt: skip
    assert tuple(name for name in WRITABLE if name not in REFERENCES) == PLAIN_FIELDS
    assert MADE_FIELDS == (
        "name", "description", "short_description", "price", "cost_price", "sale_price", "currency", "status", "stock",
        "ean", "publishing_channels", "product_type",
    )  # fmt: skip
    assert MAPPABLE == (
        "name", "description", "short_description", "price", "cost_price", "sale_price", "stock", "ean", "brand",
        "supplier",
    )  # fmt: skip
    assert HTML_FIELDS == ("description", "short_description")
    assert {
        "id", "slug", "in_stock", "vat_rate", "brand", "supplier", "categories", "images", "available_translations",
    } == NOT_WRITABLE  # fmt: skip


@pytest.mark.parametrize("schema", ["product", "product_patch"])
def test_each_field_has_its_type_in_the_schemas_of_payloads(schema: str) -> None:
    """And the schemas have no field besides, but the key and the categories, which have rules of their own."""
    documented = {field.name for field in FIELDS} - {"extra_fields"}
    assert set(read_schema("micropim", schema)["properties"]) == documented | {"sku", "category_ids"}


@pytest.fixture(scope="module")
def more() -> Any:
    """What became of two more rows, in a process that had them from the start."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.target.two_more_fields"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_field_is_mapped(more: Any) -> None:
    """From its path, or from another one by field_map; money is cents. A field without a place stays away."""
    assert more["by_path"]["warranty"] == "2 years"
    assert "deposit" not in more["by_path"]
    assert (more["by_field_map"]["warranty"], more["by_field_map"]["deposit"]) == ("3 years", "1.50")
    assert more["page"]["warranty"] == ["warrantyText", "as it stands there"]
    assert more["page"]["deposit"] == ["nothing", "only by field_map"]


def test_a_new_field_is_taken_from_native_records(more: Any) -> None:
    """Money as text, like any price; what has no row stays away."""
    assert more["native"] == {"name": "N", "warranty": "2 years", "deposit": "1.5"}


def test_a_new_field_has_its_policies(more: Any) -> None:
    """One for each profile, and the setting may choose another."""
    names = ("warranty", "deposit")
    assert [more["default"][name] for name in names] == ["if_source_changed", "never"]
    assert [more["native_default"][name] for name in names] == ["if_source_changed", "always"]
    assert [more["by_setting"][name] for name in names] == ["never", "always"]


def test_a_new_field_is_compared(more: Any) -> None:
    """By its meaning, not as an extra field; sent when it differs, emptied when it may be, and watched."""
    assert more["read"] == ["deposit", "warranty"]
    assert more["unchanged"] == []
    assert more["changed"] == ["warranty", "deposit"]
    assert more["cleared"] == ["warranty"]
    assert more["ignored"] == ["warranty", "deposit"]
    assert more["body"] == {"warranty": "3 years", "deposit": "1.60"}


def test_a_new_field_is_reported(more: Any) -> None:
    """With both values, in report.json and on the page."""
    assert more["reported"] == {"deposit": {"before": "1.50", "after": "1.60"}}
    assert more["on_page"]
