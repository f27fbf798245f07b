"""The streams as Airbyte's catalogs have them: what is offered, and what a configured catalog chooses. Pure."""

from collections.abc import Iterable
from typing import Any

from airbyte_protocol_dataclasses.models import (
    AirbyteCatalog,
    AirbyteStream,
    ConfiguredAirbyteStream,
    SyncMode,
)

from tap_medipim.resources import Resource, resources_of, schema_of

CURSOR = "updated_at"
KEY = "id"
_TIME = {"airbyte_type": "timestamp_with_timezone"}


def offered(market: str, version: str) -> AirbyteCatalog:
    """Every stream of a market in a version of the API."""
    return AirbyteCatalog([_stream(resource, version) for resource in resources_of(market, version)])


def _stream(resource: Resource, version: str) -> AirbyteStream:
    modes = [SyncMode.full_refresh, *([SyncMode.incremental] if resource.incremental else [])]
    stream = AirbyteStream(resource.name, json_schema(schema_of(resource, version)), modes)
    stream.source_defined_primary_key = [[KEY]]
    stream.source_defined_cursor = resource.incremental
    stream.default_cursor_field = [CURSOR] if resource.incremental else None
    stream.is_resumable = resource.incremental
    return stream


def json_schema(schema: Any) -> Any:
    """The schema in Airbyte's words: a time with its zone is a type of its own there."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: json_schema(value) for name, value in schema.items()}
    return made | _TIME if schema.get("format") == "date-time" else made


def chosen(streams: Iterable[ConfiguredAirbyteStream]) -> dict[str, bool]:
    """The streams that are configured, each with whether it is read from its state on."""
    return {each.stream.name: each.sync_mode is SyncMode.incremental for each in streams}


def singer_catalog(resources: Iterable[Resource], streams: dict[str, bool]) -> dict[str, Any]:
    """The same choice as a Singer catalog, which says nothing of fields: all of them are read."""
    return {"streams": [_entry(resource, streams) for resource in resources]}


def _entry(resource: Resource, streams: dict[str, bool]) -> dict[str, Any]:
    is_incremental = resource.incremental and streams.get(resource.name, True)
    return {
        "tap_stream_id": resource.name,
        "stream": resource.name,
        "replication_method": "INCREMENTAL" if is_incremental else "FULL_TABLE",
        "schema": {"type": "object", "properties": {}},
        "metadata": [{"breadcrumb": [], "metadata": {"selected": resource.name in streams}}],
    }
