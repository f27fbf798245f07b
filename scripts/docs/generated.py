"""Keep the lists of settings in meltano.yml and the docs equal to the code: ``--write`` them, or check (the default).

Whatever stands between a marker line and its end is made from ``config_jsonschema`` of the two plugins.
"""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from pim_wire.schema_files import read_schema
from tap_medipim.resources import MARKETS, RESOURCES, resources_of
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim
from trials.airbyte.losses import loss_lines

ROOT = Path(__file__).resolve().parents[2]
BUILT_IN = frozenset({"stream_maps", "stream_map_config", "faker_config"})
PROTECTIVE = frozenset({"dry_run"})  # Meltano takes a word that it does not know for no: the plugin refuses it
FIRST_OF_TAP = ("api_key_id", "api_key_secret", "market")
FIRST_OF_TARGET = ("api_key", "market", "locale", "currency", "create_status", "categories_mode", "dry_run")


def settings(plugin: Any) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Name, schema and whether it is required, in the order of the code, without what every SDK plugin has."""
    schema = plugin.config_jsonschema
    for name, declaration in schema["properties"].items():
        if name not in BUILT_IN and not name.startswith("flattening_"):
            yield name, declaration, name in schema.get("required", [])


def kind_of(schema: dict[str, Any]) -> str:
    """Meltano's kind of a setting (hub/schema/common/base_setting.schema.json).

    One that may be a text is passed on as it is written: Meltano would refuse a path or ``web,mobile`` for an object
    or a list, and drop names with a dot, such as those of brands, from an object in a variable.
    """
    types = [kind for kind in schema.get("type", []) if kind != "null"]
    if schema.get("enum") and "string" in types:
        return "options"  # of numbers, Meltano would make texts
    if schema.get("format") == "date-time":
        return "date_iso8601"
    for declaration, kind in (("string", "string"), ("object", "object"), ("array", "array")):
        if declaration in types:
            return kind
    return {"integer": "integer", "number": "decimal", "boolean": "boolean"}[types[0]]


def meltano_lines(plugin: Any) -> Iterator[str]:
    """The ``settings:`` list of a plugin in meltano.yml."""
    for name, schema, _required in settings(plugin):
        kind = "string" if name in PROTECTIVE else kind_of(schema)
        yield f"        - name: {name}"
        yield f"          label: {json.dumps(schema['title'])}"
        yield f"          kind: {kind}"
        if schema.get("secret"):
            yield "          sensitive: true"
        if kind == "options":
            yield "          options:"
            for value in schema["enum"]:
                yield f"            - {{label: {json.dumps(str(value))}, value: {json.dumps(value)}}}"
        yield f"          description: {json.dumps(schema['description'], ensure_ascii=False)}"


def table_lines(plugin: Any, only: Collection[str] = ()) -> Iterator[str]:
    """The table of settings of a plugin; with ``only``, of those settings alone, which must all exist."""
    yield "| setting | default | meaning |"
    yield "| --- | --- | --- |"
    missing = set(only)
    for name, schema, required in settings(plugin):
        if only and name not in only:
            continue
        missing.discard(name)
        default = "**required**" if required else _shown(schema.get("default"))
        options = f" One of {', '.join(f'`{value}`' for value in schema['enum'])}." if schema.get("enum") else ""
        yield f"| `{name}` | {default} | {schema['description']}{options} |"
    if missing:
        raise SystemExit(f"{plugin.name} has no setting {', '.join(sorted(missing))}")


def _shown(value: Any) -> str:
    return "" if value in (None, [], "") else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def stream_lines() -> Iterator[str]:
    """Market x stream x replication x key x endpoint."""
    yield "| stream | markets | replication | key | v4 | v3 |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for resource in RESOURCES:
        markets = [code for code in MARKETS if resource in resources_of(code, "v4")]
        replication = "incremental, `updated_at`" if resource.incremental else "full table"
        reads = [f"`POST {resource.v4}/{end}`" for end in (("stream", "query") if resource.incremental else ("query",))]
        legacy = [f"`{'POST' if resource.incremental else 'GET'} {path}`" for path in resource.v3]
        where = "all" if len(markets) == len(MARKETS) else ", ".join(markets)
        yield f"| `{resource.name}` | {where} | {replication} | `id` | {' or '.join(reads)} | {' or '.join(legacy)} |"


def airbyte_stream_lines() -> Iterator[str]:
    """Stream x markets x sync modes x key x cursor, as the page of Airbyte's registry has them."""
    yield "| stream | markets | sync modes | primary key | cursor |"
    yield "| --- | --- | --- | --- | --- |"
    for resource in RESOURCES:
        markets = [code for code in MARKETS if resource in resources_of(code, "v4")]
        where = "all" if len(markets) == len(MARKETS) else ", ".join(markets)
        modes = "full refresh, incremental" if resource.incremental else "full refresh"
        yield f"| `{resource.name}` | {where} | {modes} | `id` | {'`updated_at`' if resource.incremental else ''} |"


def field_lines() -> Iterator[str]:
    """The fields of each stream's schema, one level deep."""
    for resource in RESOURCES:
        schema = read_schema("medipim", resource.name)
        yield from ("", f"## {resource.name}", "", "| field | type | meaning |", "| --- | --- | --- |")
        for name, declaration in schema["properties"].items():
            kinds = declaration.get("type", "any")
            kinds = " or ".join(kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")
            meaning = str(declaration.get("description", "")).replace("|", "\\|").replace("<", "&lt;")
            yield f"| `{name}` | {kinds} | {meaning} |"
    yield ""


def decision_lines() -> Iterator[str]:
    """The decisions by their titles."""
    yield ""
    for path in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        yield f"- [{title}]({path.name})"
    yield ""


BLOCKS: dict[str, dict[str, tuple[str, Callable[[], Iterator[str]]]]] = {
    "meltano.yml": {
        "tap-medipim settings": ("        #", lambda: meltano_lines(TapMedipim)),
        "target-micropim settings": ("        #", lambda: meltano_lines(TargetMicroPim)),
    },
    "docs/settings.md": {
        "tap-medipim settings": ("<!--", lambda: table_lines(TapMedipim)),
        "target-micropim settings": ("<!--", lambda: table_lines(TargetMicroPim)),
    },
    "docs/decisions/index.md": {"decisions": ("<!--", decision_lines)},
    "docs/fields.md": {"fields": ("<!--", field_lines)},
    "docs/integrations/sources/medipim.md": {
        "airbyte streams": ("<!--", airbyte_stream_lines),
        "low-code losses": ("<!--", loss_lines),
    },
    "docs/streams.md": {"streams": ("<!--", stream_lines)},
    "README.md": {
        "tap-medipim first settings": ("<!--", lambda: table_lines(TapMedipim, FIRST_OF_TAP)),
        "target-micropim first settings": ("<!--", lambda: table_lines(TargetMicroPim, FIRST_OF_TARGET)),
    },
}


def filled(text: str, name: str, lead: str, lines: Iterator[str]) -> str:
    """The text with the block between the marker's begin and end lines made anew."""
    tail = " -->" if lead == "<!--" else ""
    begin, end = f"{lead} generated: {name}{tail}\n", f"{lead} end of generated: {name}{tail}\n"
    if begin not in text or end not in text:
        raise SystemExit(f"marker missing: {begin.strip()}")
    head, _, rest = text.partition(begin)
    _, _, foot = rest.partition(end)
    return head + begin + "".join(f"{line}\n" for line in lines) + end + foot


def main() -> int:
    """Write the files, or say which are out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the files instead of checking them")
    write = flags.parse_args().write
    stale = []
    for file, blocks in BLOCKS.items():
        path = ROOT / file
        before = after = path.read_text(encoding="utf-8")
        for name, (lead, lines) in blocks.items():
            after = filled(after, name, lead, lines())
        if after != before:
            stale.append(file)
            if write:
                path.write_text(after, encoding="utf-8")
    if stale and not write:
        print(f"out of step with the code: {', '.join(stale)}; run: make generate")
    return int(bool(stale) and not write)


if __name__ == "__main__":
    sys.exit(main())
