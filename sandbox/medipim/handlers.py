"""What each route answers (docs/api/medipim.md#endpoints)."""

from collections.abc import Iterable, Sequence

from sandbox.exchange import Answer, Call, Json, json_answer
from sandbox.medipim import paging
from sandbox.medipim.errors import error_answer
from sandbox.medipim.fields import field_list
from sandbox.medipim.filters import FilterGrammar, Predicate, limit_codes
from sandbox.medipim.product_filters import code_names
from sandbox.medipim.resources import ID, Resource
from sandbox.medipim.rows import Row, record
from sandbox.medipim.sortings import Sorting, parse_sorting
from sandbox.medipim.state import MedipimState
from sandbox.medipim.v3 import V3_SORTINGS, v3_grammar, v3_named, v3_product
from sandbox.medipim.violations import Violation

STREAM_TYPE = "application/x-json-stream"
JSON_HEADERS = {"content-type": "application/json"}


def query(state: MedipimState, call: Call, kind: str) -> Answer:
    """POST products/query and media/query: filter, sorting and page are all required."""
    body = _object(call)
    if "page" not in body:
        raise Violation("page", "is required")
    rows = _matching(state, body, kind)
    return Answer(200, paging.capped_page(rows, body["page"], state.options, state.parts), dict(JSON_HEADERS))


def stream(state: MedipimState, call: Call, kind: str) -> Answer:
    """POST products/stream and media/stream: NDJSON, or 204 when nothing matches (docs/api/medipim.md#streams)."""
    rows = _matching(state, _object(call), kind)
    if not rows:
        return Answer(204)
    headers = {"content-type": STREAM_TYPE}
    if state.options.gzip and "gzip" in call.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    return Answer(200, b"", headers, lines=paging.stream_lines(rows, state.parts))


def no_post(state: MedipimState, call: Call) -> Answer:
    """POST where the list only answers to GET."""
    del call
    return error_answer(state.options.post_queries)


def list_resource(state: MedipimState, call: Call, resource: Resource) -> Answer:
    """POST <resource>/query with optional filter, sorting and page."""
    body = _object(call)
    rows: Sequence[Row] = [record(raw) for raw in state.catalogue_rows(resource.table)]
    if body.get("filter"):
        keep = FilterGrammar({"id": ID, **resource.filters}, state.options.several_keys).compile(body["filter"])
        rows = [row for row in rows if keep(row)]
    if body.get("sorting"):
        rows = parse_sorting(body["sorting"], resource.sortings, state.market.locales).apply(rows)
    return Answer(200, paging.optional_page(rows, body.get("page"), paging.plain_parts), dict(JSON_HEADERS))


def find_product(state: MedipimState, call: Call) -> Answer:
    """GET products/find by id or by a unique code of the market (docs/api/medipim.md#find-wrappers)."""
    for name, value in call.query.items():
        if name == "id" and value in state.catalogue.entries:
            return _found(state, "product", state.catalogue.entries[value])
        if name in state.market.codes:
            for entry in state.catalogue.entries.values():
                if entry.raw.get(name) == value:
                    return _found(state, "product", entry)
    return error_answer(404, "not_found", "The product was not found.")


def find_media(state: MedipimState, call: Call) -> Answer:
    """GET media/find."""
    for row in state.media_rows():
        if str(row.head.id) == call.query.get("id"):
            return _found(state, "mediaItem", row)
    return error_answer(404, "not_found", "The media item was not found.")


def find_resource(state: MedipimState, call: Call, resource: Resource) -> Answer:
    """GET <resource>/find, with its wrapper (docs/api/medipim.md#find-wrappers)."""
    for raw in state.catalogue_rows(resource.table):
        if str(raw["id"]) == call.query.get("id"):
            return json_answer(200, {resource.find: raw})
    return error_answer(404, "not_found", "The item was not found.")


def get_fields(state: MedipimState, call: Call, kind: str) -> Answer:
    """GET products/get-fields and media/get-fields."""
    del call
    rows: Iterable[Row] = state.catalogue.entries.values() if kind == "products" else state.media_rows()
    raw: Json = next((row.raw for row in rows), {})
    return json_answer(200, {"fields": field_list(raw, state.market.locales, grouped=kind == "products")})


def correction_types(state: MedipimState, call: Call) -> Answer:
    """GET corrections/types."""
    del state, call
    return json_answer(200, {"types": ["name", "price", "photo", "description", "other"]})


def v3_search(state: MedipimState, call: Call) -> Answer:
    """POST /v3/products/search: sorting and page are optional (docs/api/medipim.md#v3)."""
    body = _object(call)
    if "filter" not in body:
        raise Violation("filter", "is required")
    limit_codes(body["filter"], code_names(state.market))
    keep = v3_grammar(state.grammar).compile(body["filter"])
    order = body.get("sorting", {"id": "ASC"})
    sorting = parse_sorting(order, V3_SORTINGS, state.market.locales)
    rows = state.matches.rows("v3", body["filter"], order, lambda: _found_rows(state, keep, sorting))

    def parts(row: Row) -> tuple[bytes, bytes]:
        return state.catalogue.serialise(v3_product(row.raw, state.market, integer_ids=state.options.integer_ids))

    return Answer(200, paging.capped_page(rows, body.get("page", {}), state.options, parts), dict(JSON_HEADERS))


def v3_all(state: MedipimState, call: Call, table: str) -> Answer:
    """GET /v3/<resource>/all: everything at once, names localized; the envelope is A."""
    del call
    rows = [v3_named(raw, state.market) for raw in state.catalogue_rows(table)]
    return json_answer(200, {"meta": {"total": len(rows)}, "results": rows})


def forbidden(state: MedipimState, call: Call) -> Answer:
    """Write endpoints need a right that this key does not have (docs/api/medipim.md#write-endpoints)."""
    del state, call
    return error_answer(403, "forbidden", "Your subscription does not allow this.")


def _object(call: Call) -> Json:
    """The body as an object; empty bodies and ``[]`` mean nothing was asked (docs/api/medipim.md#authentication)."""
    body = call.body
    if body is None or body == []:
        body = {}
    if not isinstance(body, dict):
        raise Violation("", "must be an object")
    return body


def _matching(state: MedipimState, body: Json, kind: str) -> list[Row]:
    for name in ("filter", "sorting"):
        if not body.get(name):
            raise Violation(name, "is required")
    grammar = state.grammar if kind == "products" else state.media_grammar()
    limit_codes(body["filter"], code_names(state.market))
    keep = grammar.compile(body["filter"])
    sorting = parse_sorting(body["sorting"], state.sortings(kind), state.market.locales)
    if kind == "media":
        return sorting.apply([row for row in state.media_rows() if keep(row)])
    return state.matches.rows("v4", body["filter"], body["sorting"], lambda: _found_rows(state, keep, sorting))


def _found_rows(state: MedipimState, keep: Predicate, sorting: Sorting) -> list[Row]:
    return sorting.apply([row for row in state.catalogue.entries.values() if keep(row)])


def _found(state: MedipimState, wrapper: str, row: Row) -> Answer:
    body = paging.joined(state.parts(row), paging.volatile())
    return Answer(200, b'{"' + wrapper.encode() + b'":' + body + b"}", dict(JSON_HEADERS))
