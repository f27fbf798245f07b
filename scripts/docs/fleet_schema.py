"""Keep the settings of both plugins in schemas/fleet.schema.json equal to the code: ``--write``, or check.

micropim-fleet knows no plugin: it checks ``settings`` of markets and shops by this schema, and so does an editor.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tap_medipim.settings import SETTINGS as TAP
from target_micropim.settings.schema import SETTINGS as TARGET

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schemas" / "fleet.schema.json"
PLUGINS = {"tap_settings": TAP, "target_settings": TARGET}  # without what the SDK adds to a plugin that has started
# What the fleet file says in places of its own.
ELSEWHERE = {
    "tap_settings": {"api_key_id", "api_key_secret", "market"},
    "target_settings": {
        "api_key", "market", "locale", "ledger_schema", "throttle_scope", "throttle_url", "report_dir",
        "decisions_file", "max_rejects", "max_archive", "max_create", "reads_per_minute", "writes_per_minute",
        "pictures_per_minute", "dry_run", "profile",
    },
}  # fmt: skip
KEPT = ("type", "enum", "minimum", "maximum", "items", "default", "title", "description", "secret")


def settings(kind: str) -> dict[str, Any]:
    """The settings of a plugin that a fleet file may set, as an object schema."""
    properties = {
        name: {key: declared[key] for key in KEPT if key in declared}
        for name, declared in PLUGINS[kind].to_dict()["properties"].items()
        if name not in ELSEWHERE[kind]
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def renewed(text: str) -> str:
    """The schema file with both lists of settings as the code has them."""
    content = json.loads(text)
    for kind in PLUGINS:
        content["$defs"][kind] = settings(kind)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write, or say that it is out of step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    text = SCHEMA.read_text(encoding="utf-8")
    new = renewed(text)
    if parser.parse_args().write:
        SCHEMA.write_text(new, encoding="utf-8")
    elif new != text:
        print(f"{SCHEMA.relative_to(ROOT)} is out of step with the settings in the code: make generate")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
