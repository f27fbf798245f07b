"""What the program makes of two rows more in its table of fields; ``test_fields.py`` runs this in a process of its own.

The rows are added before any other module of the target is imported, as if they stood in the file.
"""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from target_micropim.plan import fields as table

WARRANTY = table.Field("warranty", "if_source_changed", "text", clearable=True, path="warrantyText")
DEPOSIT = table.Field("deposit", "never", "money", native_policy="always")


def main() -> None:
    """Print what became of the rows, as JSON."""
    table.FIELDS = (*table.FIELDS, WARRANTY, DEPOSIT)
    json.dump({**mapped(), **native(), **policies(), **compared(), **reported()}, sys.stdout)


def module(name: str) -> Any:
    """A module of the target, imported with the longer table."""
    return import_module(f"target_micropim.{name}")


def mapped() -> dict[str, Any]:
    """A Medipim record, by the path in the row, then by field_map; and the rows of the page about the mapping."""
    medipim, overrides, field_rows = (
        module("mapping.medipim"),
        module("mapping.overrides"),
        module("mapping.field_rows"),
    )
    record = {"id": "1", "name": {"en": "N"}, "warrantyText": {"en": "2 years"}, "lease": 150, "note": "3 years"}

    def fields(**paths: str) -> Any:
        rules = medipim.MappingRules(
            locales=("en",), currency="EUR", sku_template="{id}", create_status="draft", publishing_channels=(),
            media_formats=(), media_target_groups=frozenset(), allow_private_media_hosts=False,
            clean_html=str, field_map=overrides.checked_field_map(paths, list(record)),
        )  # fmt: skip
        return medipim.map_product(record, rules).fields

    return {
        "by_path": fields(),
        "by_field_map": fields(warranty="note", deposit="lease"),
        "page": {name: field_rows.source_of(name) for name in field_rows.MADE_FIELDS},
    }


def native() -> dict[str, Any]:
    """A record in MicroPIM's own shape."""
    record = {"sku": "1", "name": "N", "warranty": "2 years", "deposit": 1.5, "other": 1}
    product = module("mapping.native").native_product(record, allow_private_media_hosts=False)
    return {"native": product.fields}


def policies() -> dict[str, Any]:
    """Default, native, and by setting."""
    return {
        "default": module("settings.readers").policies_of({}, "medipim"),
        "native_default": module("settings.readers").policies_of({}, "native"),
        "by_setting": module("settings.readers").policies_of({"warranty": "never", "deposit": "always"}, "medipim"),
    }


def compared() -> dict[str, Any]:
    """What is read of a product, what a change and a lost value send, and whether it took."""
    plan, values, write = module("plan.product"), module("plan.values"), module("plan.write")
    shown = values.fingerprints(values.server_fields({"sku": "1", "warranty": "2 years", "deposit": "1.50"}))
    known = plan.KnownProduct(1, shown, (), shown, shown)
    always = {"warranty": "if_source_changed", "deposit": "always"}

    def sent(**fields: Any) -> list[str]:
        return list(plan.plan_update(fields, always, known).fields)

    new = {"warranty": "3 years", "deposit": "1.60"}
    return {
        "read": sorted(name for name, print_of in shown.items() if print_of != values.EMPTY),
        "unchanged": sent(warranty=" 2 years", deposit="1.5"),
        "changed": sent(**new),
        "cleared": list(plan.plan_clears({}, always, known, unsure=frozenset())),
        "ignored": list(write.verify(new, shown, shown).ignored),
        "body": write.body_of(new),
    }


def reported() -> dict[str, Any]:
    """A change in the report and on its page."""
    run_report, values = module("report.run_report"), module("plan.values")
    before, after = ({"sku": "1", "deposit": amount} for amount in ("1.50", "1.60"))
    with tempfile.TemporaryDirectory() as folder:
        report = run_report.Report(Path(folder), "run")
        report.open()
        change = run_report.Change(
            "deposit", values.server_fields(before)["deposit"], values.server_fields(after)["deposit"]
        )
        report.changed(run_report.Subject("products", "1", "1", 1), [change])
        content = report.write({}, module("report.unmapped").Unmapped())
        page = (report.folder / "report.html").read_text(encoding="utf-8")
    return {"reported": content["changes"][0]["fields"], "on_page": "<bdi>deposit</bdi>" in page}


if __name__ == "__main__":
    main()
