"""An Airbyte low-code source: the manifest as the Connector Builder writes it, read by airbyte-cdk."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from airbyte_cdk.cli.source_declarative_manifest import run

port, endpoint = sys.argv[1:3]
SCHEMA = Path(__file__).parents[2] / "schemas" / "medipim" / "products.json"


def manifest() -> dict[str, Any]:
    """One stream, by pages or as JSON lines."""
    paged = endpoint == "query"
    requester = {
        "type": "HttpRequester",
        "url_base": f"http://127.0.0.1:{port}",
        "path": f"/v4/products/{endpoint}",
        "http_method": "POST",
        "request_body_json": {"sorting": {"touchedAt": "ASC"}},
    }
    if paged:
        requester["request_body_json"]["page"] = {"no": "{{ next_page_token['next_page_token'] or 0 }}", "size": "250"}
    retriever: dict[str, Any] = {
        "type": "SimpleRetriever",
        "requester": requester,
        "decoder": {"type": "JsonDecoder" if paged else "JsonlDecoder"},
        "record_selector": {
            "type": "RecordSelector",
            "extractor": {"type": "DpathExtractor", "field_path": ["results"] if paged else ["result"]},
        },
    }
    if paged:
        strategy = {"type": "PageIncrement", "page_size": 250, "start_from_page": 0}
        retriever["paginator"] = {"type": "DefaultPaginator", "pagination_strategy": strategy}
    schema = {"type": "InlineSchemaLoader", "schema": json.loads(SCHEMA.read_text(encoding="utf-8"))}
    stream = {
        "type": "DeclarativeStream",
        "name": "products",
        "primary_key": ["id"],
        "retriever": retriever,
        "schema_loader": schema,
    }
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["products"]},
        "streams": [stream],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


with tempfile.TemporaryDirectory() as folder:
    config, catalog = Path(folder) / "config.json", Path(folder) / "catalog.json"
    config.write_text(json.dumps({"__injected_declarative_manifest": manifest()}), encoding="utf-8")
    wanted = {"name": "products", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    configured = {"stream": wanted, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    catalog.write_text(json.dumps({"streams": [configured]}), encoding="utf-8")
    sys.argv = ["source", "read", "--config", str(config), "--catalog", str(catalog)]
    run()
