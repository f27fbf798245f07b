"""Runs in the CDK's environment: ``low_code.py MANIFEST read --config FILE ...``, as the platform runs a manifest."""

import json
import sys
import tempfile
from pathlib import Path

import yaml
from airbyte_cdk.cli.source_declarative_manifest import run

manifest, *arguments = sys.argv[1:]
place = arguments.index("--config") + 1
config = json.loads(Path(arguments[place]).read_text(encoding="utf-8"))
config["__injected_declarative_manifest"] = yaml.safe_load(Path(manifest).read_text(encoding="utf-8"))
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(config, file)
    file.flush()
    arguments[place] = file.name
    sys.argv = ["source", *arguments]
    run()
