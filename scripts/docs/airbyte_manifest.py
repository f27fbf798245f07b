"""Keep airbyte/source-medipim/manifest.yaml equal to the tables of the tap: ``--write`` it, or check (the default).

The manifest is the low-code form of the source, for Airbyte Cloud, which runs no image of others. It reads the same
streams of the same markets with the same schemas. What it loses: docs/integrations/sources/medipim.md#the-low-code-form
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pim_wire.schema_files import read_schema
from tap_medipim.resources import MARKETS, RESOURCES, Resource
from tap_medipim.tap import TapMedipim

FILE = Path(__file__).resolve().parents[2] / "airbyte" / "source-medipim" / "manifest.yaml"
HEAD = """\
# Made by scripts/docs/airbyte_manifest.py --write of the tables of tap-medipim: change those instead.
# The low-code form of source-medipim, for Airbyte Cloud. An answer that ends early loses rows here, in silence.
# Where images run, use source-medipim: docs/integrations/sources/medipim.md says what differs.
"""
CDK_VERSION = "7.39.1"  # the one it was tried with (trials/airbyte)
FIELDS = (
    "api_key_id", "api_key_secret", "market", "environment", "api_url", "start_date", "lookback_seconds",
    "requests_per_minute",
)  # fmt: skip
SECONDS, TIME = "%s", "%Y-%m-%dT%H:%M:%SZ"
FIRST_SECOND = "1970-01-01T00:00:01Z"  # Airbyte drops a body's value of 0
KEYWORDS = ("title", "description", "enum", "default", "minimum")
Component = dict[str, Any]


def manifest() -> Component:
    """All of it."""
    return {
        "version": CDK_VERSION,
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["brands"]},
        "definitions": {
            "requester": _requester(),
            "rows_of_stream": _selector("result"),
            "rows_of_list": _selector("results"),
        },
        "streams": [*map(_stream, (one for one in RESOURCES if not one.market_only)), *_streams_of_markets()],
        "spec": {"type": "Spec", "connection_specification": _form()},
        "api_budget": _budget(),
        "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 2},
    }


def _requester() -> Component:
    """See docs/api/medipim.md#authentication and #errors. A refusal is waited for, as its header says."""
    return {
        "type": "HttpRequester",
        "url_base": _url(),
        "http_method": "POST",
        "authenticator": {
            "type": "BasicHttpAuthenticator",
            "username": "{{ config['api_key_id'] }}",
            "password": "{{ config['api_key_secret'] }}",
        },
        "error_handler": {
            "type": "DefaultErrorHandler",
            "max_retries": 10,
            "backoff_strategies": [
                {"type": "WaitTimeFromHeader", "header": "Retry-After"},
                {"type": "ExponentialBackoffStrategy", "factor": 2},
            ],
        },
    }


def _url() -> str:
    """The host of the market; ``api_url`` overrides it."""
    hosts = {
        environment: {market.code: market.url(environment) for market in MARKETS.values()}
        for environment in ("production", "sandbox")
    }
    own = "config.get('api_url')"
    table = f"{hosts}[config.get('environment', 'production')][config.get('market', 'be')]"
    return f"{{{{ {own} or {table} }}}}"


def _selector(field: str) -> Component:
    """Where the rows are: in each line of a stream, or in the one answer of a list. They stay as they are."""
    return {
        "type": "RecordSelector",
        "extractor": {"type": "DpathExtractor", "field_path": [field]},
        "schema_normalization": "None",
    }


def _stream(resource: Resource) -> Component:
    """One stream, with the schema that the tap announces."""
    found: Component = {
        "type": "DeclarativeStream",
        "name": resource.name,
        "primary_key": ["id"],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": read_schema("medipim", resource.name)},
    }
    return found | (_incremental(resource) if resource.incremental else _list(resource))


def _list(resource: Resource) -> Component:
    """A reference list, in one answer (docs/api/medipim.md#query-grammar)."""
    return {"retriever": {
        "type": "SimpleRetriever",
        "requester": {"$ref": "#/definitions/requester", "path": f"{resource.v4}/query"},
        "decoder": {"type": "JsonDecoder"},
        "record_selector": {"$ref": "#/definitions/rows_of_list"},
    }}  # fmt: skip


def _incremental(resource: Resource) -> Component:
    """All rows since the cursor, as one stream in the order of their update, without what differs in every answer."""
    body = {
        "filter": {"updatedSince": "{{ stream_interval['start_time'] }}"},
        "sorting": {"touchedAt": "ASC"},
    }
    changed = "{{ format_datetime(record['meta']['updatedAt'], '" + TIME + "', '" + SECONDS + "') }}"
    return {
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "$ref": "#/definitions/requester",
                "path": f"{resource.v4}/stream",
                "request_body_json": body,
            },
            "decoder": {"type": "JsonlDecoder"},
            "record_selector": {"$ref": "#/definitions/rows_of_stream"},
        },
        "transformations": [
            {
                "type": "AddFields",
                "fields": [{"type": "AddedFieldDefinition", "path": ["updated_at"], "value": changed}],
            },
            {"type": "RemoveFields", "field_pointers": [["meta", "embedUrl"]]},
        ],
        "incremental_sync": {
            "type": "DatetimeBasedCursor",
            "cursor_field": "updated_at",
            "datetime_format": SECONDS,
            "cursor_datetime_formats": [TIME, SECONDS],
            "lookback_window": "{{ 'PT' ~ config.get('lookback_seconds', 600) ~ 'S' }}",
            "start_datetime": {
                "type": "MinMaxDatetime",
                "datetime": f"{{{{ config.get('start_date') or '{FIRST_SECOND}' }}}}",
                "datetime_format": TIME,
            },
        },
    }


def _streams_of_markets() -> Iterator[Component]:
    """Those that only some markets have."""
    for resource in RESOURCES:
        if resource.market_only:
            markets = [code for code, market in MARKETS.items() if resource.name in market.only_streams]
            condition = f"{{{{ config.get('market', 'be') in {markets} }}}}"
            yield {"type": "ConditionalStreams", "condition": condition, "streams": [_stream(resource)]}


def _budget() -> Component:
    """See docs/api/medipim.md#rate-limits."""
    rate = {"type": "Rate", "limit": "{{ config.get('requests_per_minute', 100) }}", "interval": "PT1M"}
    policy = {"type": "MovingWindowCallRatePolicy", "rates": [rate], "matchers": []}
    return {"type": "HTTPAPIBudget", "policies": [policy]}


def _form() -> Component:
    """The settings of the tap that it has, as a form."""
    declared = TapMedipim.config_jsonschema
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": [name for name in FIELDS if name in declared["required"]],
        "properties": {name: _field(declared["properties"][name], order) for order, name in enumerate(FIELDS)},
        "additionalProperties": True,
    }


def _field(declared: Component, order: int) -> Component:
    """One field, of one type."""
    kinds = [declared["type"]] if isinstance(declared["type"], str) else declared["type"]
    (kind,) = (kind for kind in kinds if kind != "null")
    field = {"type": kind, "order": order} | {word: declared[word] for word in KEYWORDS if word in declared}
    if declared.get("secret"):
        field["airbyte_secret"] = True
    if declared.get("format") == "date-time":
        field |= {"format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "examples": [FIRST_SECOND]}
    return field


def text() -> str:
    """The file."""
    return HEAD + yaml.safe_dump(manifest(), sort_keys=False, allow_unicode=True, width=120)


def main() -> int:
    """Write the file, or say that it is out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the file instead of checking it")
    write = flags.parse_args().write
    stale = not FILE.exists() or FILE.read_text(encoding="utf-8") != text()
    if stale and write:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(text(), encoding="utf-8")
    if stale and not write:
        print(f"out of step with the code: {FILE.name}; run: python scripts/docs/airbyte_manifest.py --write")
    return int(stale and not write)


if __name__ == "__main__":
    sys.exit(main())
