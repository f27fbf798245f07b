"""A tap as the Meltano SDK's template makes it: typed schema, stock REST stream, stock writer."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import PageNumberPaginator
from singer_sdk.streams.rest import HTTPRequest, PageContext

SCHEMA = Path(__file__).parents[2] / "schemas" / "medipim" / "products.json"


class Products(RESTStream[int]):
    """Products, page by page or as one stream."""

    name = "products"
    primary_keys = ("id",)
    http_method = "POST"
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    records_jsonpath = "$.results[*]"

    @property
    def url_base(self) -> str:
        """From the settings."""
        return str(self.config["api_url"])

    @property
    def path(self) -> str:  # type: ignore[override]
        """By endpoint."""
        return f"/v4/products/{self.config['endpoint']}"

    def get_new_paginator(self) -> PageNumberPaginator | None:  # type: ignore[override]
        """Pages are numbered from 0; an empty one is the last."""
        return PageNumberPaginator(0) if self.config["endpoint"] == "query" else None

    def get_http_request(self, *, page: PageContext[Any]) -> HTTPRequest:
        """The question."""
        request = super().get_http_request(page=page)
        request.data = {"sorting": {"touchedAt": "ASC"}}
        if page.next_page_token is not None:
            request.data["page"] = {"no": page.next_page_token, "size": 250}
        return request

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Lines of the stream; pages as the template reads them."""
        if self.config["endpoint"] == "query":
            yield from super().parse_response(response)
            return
        for line in response.iter_lines(65_536):
            yield json.loads(line, parse_float=Decimal)["result"]


class TemplateTap(Tap):
    """The template's tap."""

    name = "tap-template"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True), th.Property("endpoint", th.StringType, required=True)
    ).to_dict()

    def discover_streams(self) -> list[Products]:
        """One stream."""
        return [Products(tap=self)]


if __name__ == "__main__":
    TemplateTap.cli()
