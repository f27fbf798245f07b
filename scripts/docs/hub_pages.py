"""The definitions for Meltano Hub in hub/: ``--write`` them, or check (the default) that they are those of the code.

Facts come from ``--about --format=json`` of the installed plugins (name, capabilities, Python versions, settings) and
from meltano.yml (kinds and labels as Meltano reads them, select, groups). Only the prose of the page stands here.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
VARIANT = "medipim-micropim"
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
PROSE: dict[str, dict[str, Any]] = {
    "tap-medipim": {
        "kind": "extractors",
        "label": "Medipim",
        "domain_url": "https://www.medipim.com/",
        "definition": "is a Singer tap that reads pharmacy product content from Medipim: names, texts, codes, prices, "
        "pictures and categories.",
        "prereq": "A Medipim API key (ID and secret) of your market.",
        "next_steps": "Run `meltano invoke tap-medipim --test`: it asks every stream for one record.",
        "usage": "Streams differ by market; those a key may not read are left out with a warning. Products and "
        "media are incremental on `updated_at`, the rest is read whole. `--probe FILE` writes down, by reading only, "
        "what the documentation leaves open.",
    },
    "target-micropim": {
        "kind": "loaders",
        "label": "MicroPIM",
        "domain_url": "https://micropim.net/",
        "definition": "is a Singer target that writes categories, products and pictures into MicroPIM: only what "
        "changed, never over what people edited, never twice.",
        "prereq": "A MicroPIM API key (`X-API-KEY`). A place for the ledger: a file, or a PostgreSQL database.",
        "next_steps": "Run `meltano invoke target-micropim --check`, then a first run with `dry_run: true`: "
        "`plan.jsonl` in the report's folder says field by field what would be written.",
        "usage": "Each run leaves `report.html`, `report.json` and `rejects.jsonl` in `report_dir`; "
        "`--replay rejects.jsonl` tries refused records again. With `profile: native` any tap will do.",
    },
}


def main(run: Run = subprocess.run) -> int:
    """Write the files, or say which are out of step. ``run`` starts the plugins."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the files instead of checking them")
    write = flags.parse_args().write
    stale = []
    for name, prose in PROSE.items():
        path, text = ROOT / "hub" / f"{name}.yml", definition(name, prose, run)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if write:
                path.write_text(text, encoding="utf-8")
    if stale and not write:
        print(f"hub/ is out of step with the code: {', '.join(stale)}; run: make generate")
    return int(bool(stale) and not write)


def definition(name: str, prose: dict[str, Any], run: Run) -> str:
    """One definition, its keys sorted as the Hub sorts them."""
    about = about_of(name, run)
    (declared,) = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"][prose["kind"]]
    service = name.partition("-")[2]
    page = {
        "name": name,
        "namespace": declared["namespace"],
        "variant": VARIANT,
        "pip_url": VARIANT,
        "executable": declared["executable"],
        "description": about["description"],
        "capabilities": sorted(about["capabilities"]),
        "supported_python_versions": about["supported_python_versions"],
        "settings": [setting(row, about["settings"]["properties"]) for row in declared["settings"]],
        "settings_group_validation": declared["settings_group_validation"],
        "logo_url": f"/assets/logos/{prose['kind']}/{service}.svg",
        "keywords": ["api", "meltano_sdk"],
        "maintenance_status": "beta",
        "quality": "unknown",
        "log_parser": "singer-sdk",
        **{key: text for key, text in prose.items() if key != "kind"},
    }
    if "select" in declared:
        page["select"] = declared["select"]
    return yaml.safe_dump(page, sort_keys=True, allow_unicode=True, width=100)


def about_of(name: str, run: Run) -> dict[str, Any]:
    """What ``--about`` says."""
    command = [str(Path(sys.executable).with_name(name)), "--about", "--format=json"]
    about: dict[str, Any] = json.loads(run(command, capture_output=True, check=True).stdout)
    return about


def setting(declared: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """A setting as meltano.yml declares it, with the default that the code has."""
    default = properties[declared["name"]].get("default")
    return declared if default in (None, "", []) else {**declared, "value": default}


if __name__ == "__main__":
    sys.exit(main())
