"""dlt: ``rest_api`` for pages, a resource of lines for the stream; extraction only, which is all a tap does."""

import sys
import tempfile
from typing import Any

import dlt
import orjson
from dlt.sources.helpers import requests
from dlt.sources.rest_api import rest_api_source

port, endpoint = sys.argv[1:3]
base = f"http://127.0.0.1:{port}"


@dlt.resource(name="products", max_table_nesting=0)
def lines() -> Any:
    """Pages of 250 lines, as dlt's own guide to performance advises."""
    answer = requests.post(f"{base}/v4/products/stream", json={}, stream=True)
    held = []
    for line in answer.iter_lines(65_536):
        held.append(orjson.loads(line)["result"])
        if len(held) == 250:
            yield held
            held = []
    yield held


def pages() -> Any:
    """The declared source."""
    paginator = {"type": "page_number", "base_page": 0, "page_body_path": "page.no", "total_path": None}
    endpoint_ = {
        "path": "/v4/products/query",
        "method": "POST",
        "json": {"page": {"no": 0, "size": 250}, "sorting": {"touchedAt": "ASC"}},
        "data_selector": "results",
        "paginator": paginator,
    }
    resource = {"name": "products", "endpoint": endpoint_, "max_table_nesting": 0}
    return rest_api_source({"client": {"base_url": base}, "resources": [resource]})


with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination="filesystem", dataset_name="bench")
    found = pipeline.extract(lines() if endpoint == "stream" else pages())
    tables = [step["table_metrics"] for steps in found.metrics.values() for step in steps]
    print(f"{max(table.items_count for each in tables for table in each.values())} records")
