"""What each route answers (medipim.md 3)."""

from typing import TYPE_CHECKING

from sandbox.exchange import Answer, Call, Json, json_answer
from sandbox.medipim import paging
from sandbox.medipim.errors import error_answer
from sandbox.medipim.fields import field_list
from sandbox.medipim.filters import FilterGrammar
from sandbox.medipim.resources import ID, Resource
from sandbox.medipim.rows import Row, record
from sandbox.medipim.sortings import parse_sorting
from sandbox.medipim.v3 import V3_SORTINGS, v3_grammar, v3_named, v3_product
from sandbox.medipim.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.medipim.service import MedipimService

STREAM_TYPE = "application/x-json-stream"
JSON_HEADERS = {"content-type": "application/json"}


def query(service: "MedipimService", call: Call, kind: str) -> Answer:
    """POST products/query and media/query: filter, sorting and page are all required."""
    body = _object(call)
    if "page" not in body:
        raise Violation("page", "is required")
    rows = _matching(service, body, kind)
    return Answer(200, paging.capped_page(rows, body["page"], service.options, service.parts), dict(JSON_HEADERS))


def stream(service: "MedipimService", call: Call, kind: str) -> Answer:
    """POST products/stream and media/stream: NDJSON, or 204 when nothing matches (medipim.md 7)."""
    rows = _matching(service, _object(call), kind)
    if not rows:
        return Answer(204)
    headers = {"content-type": STREAM_TYPE}
    if service.options.gzip and "gzip" in call.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    return Answer(200, b"", headers, lines=paging.stream_lines(rows, service.parts))


def list_resource(service: "MedipimService", call: Call, resource: Resource) -> Answer:
    """POST <resource>/query with optional filter, sorting and page."""
    body = _object(call)
    rows: Sequence[Row] = [record(raw) for raw in service.catalogue_rows(resource.table)]
    if body.get("filter"):
        keep = FilterGrammar({"id": ID, **resource.filters}, service.options.several_keys).compile(body["filter"])
        rows = [row for row in rows if keep(row)]
    if body.get("sorting"):
        rows = parse_sorting(body["sorting"], resource.sortings, service.market.locales).apply(rows)
    return Answer(200, paging.optional_page(rows, body.get("page"), paging.plain_parts), dict(JSON_HEADERS))


def find_product(service: "MedipimService", call: Call) -> Answer:
    """GET products/find by id or by a unique code of the market (medipim.md 3.3)."""
    for name, value in call.query.items():
        if name == "id" and value in service.catalogue.entries:
            return _found(service, "product", service.catalogue.entries[value])
        if name in service.market.codes:
            for entry in service.catalogue.entries.values():
                if entry.raw.get(name) == value:
                    return _found(service, "product", entry)
    return error_answer(404, "not_found", "The product was not found.")


def find_media(service: "MedipimService", call: Call) -> Answer:
    """GET media/find."""
    for row in service.media_rows():
        if str(row.head.id) == call.query.get("id"):
            return _found(service, "mediaItem", row)
    return error_answer(404, "not_found", "The media item was not found.")


def find_resource(service: "MedipimService", call: Call, resource: Resource) -> Answer:
    """GET <resource>/find, with the wrapper of section 3.3."""
    for raw in service.catalogue_rows(resource.table):
        if str(raw["id"]) == call.query.get("id"):
            return json_answer(200, {resource.find: raw})
    return error_answer(404, "not_found", "The item was not found.")


def get_fields(service: "MedipimService", call: Call, kind: str) -> Answer:
    """GET products/get-fields and media/get-fields."""
    del call
    rows: Iterable[Row] = service.catalogue.entries.values() if kind == "products" else service.media_rows()
    raw: Json = next((row.raw for row in rows), {})
    return json_answer(200, {"fields": field_list(raw, service.market.locales, grouped=kind == "products")})


def correction_types(service: "MedipimService", call: Call) -> Answer:
    """GET corrections/types."""
    del service, call
    return json_answer(200, {"types": ["name", "price", "photo", "description", "other"]})


def v3_search(service: "MedipimService", call: Call) -> Answer:
    """POST /v3/products/search: sorting and page are optional (medipim.md 9)."""
    body = _object(call)
    if "filter" not in body:
        raise Violation("filter", "is required")
    keep = v3_grammar(service.grammar).compile(body["filter"])
    sorting = parse_sorting(body.get("sorting", {"id": "ASC"}), V3_SORTINGS, service.market.locales)
    rows = sorting.apply(row for row in service.catalogue.entries.values() if keep(row))

    def parts(row: Row) -> tuple[bytes, bytes]:
        return service.catalogue.serialise(v3_product(row.raw, service.market))

    return Answer(200, paging.capped_page(rows, body.get("page", {}), service.options, parts), dict(JSON_HEADERS))


def v3_all(service: "MedipimService", call: Call, table: str) -> Answer:
    """GET /v3/<resource>/all: everything at once, names localized; the envelope is A."""
    del call
    rows = [v3_named(raw, service.market) for raw in service.catalogue_rows(table)]
    return json_answer(200, {"meta": {"total": len(rows)}, "results": rows})


def forbidden(service: "MedipimService", call: Call) -> Answer:
    """Write endpoints need a right that this key does not have (medipim.md 3.2)."""
    del service, call
    return error_answer(403, "forbidden", "Your subscription does not allow this.")


def _object(call: Call) -> Json:
    """The body as an object; empty bodies and ``[]`` mean nothing was asked (medipim.md 2.1)."""
    body = call.body
    if body is None or body == []:
        body = {}
    if not isinstance(body, dict):
        raise Violation("", "must be an object")
    return body


def _matching(service: "MedipimService", body: Json, kind: str) -> list[Row]:
    for name in ("filter", "sorting"):
        if not body.get(name):
            raise Violation(name, "is required")
    grammar = service.grammar if kind == "products" else service.media_grammar()
    keep = grammar.compile(body["filter"])
    sorting = parse_sorting(body["sorting"], service.sortings(kind), service.market.locales)
    rows: Iterable[Row] = service.catalogue.entries.values() if kind == "products" else service.media_rows()
    return sorting.apply([row for row in rows if keep(row)])


def _found(service: "MedipimService", wrapper: str, row: Row) -> Answer:
    body = paging.joined(service.parts(row), paging.volatile())
    return Answer(200, b'{"' + wrapper.encode() + b'":' + body + b"}", dict(JSON_HEADERS))
