"""The routes of one market (medipim.md 3.1, 3.2 and 9)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox import html
from sandbox.exchange import Answer, Call
from sandbox.medipim import control, handlers, pages
from sandbox.medipim.resources import RESOURCES
from sandbox.medipim.v3 import V3_LISTS

if TYPE_CHECKING:
    from sandbox.medipim.service import MedipimService

Endpoint = Callable[[Call], Answer]
WRITES = (
    "products/create", "products/update", "products/add-media", "products/remove-media", "product/descriptions/create",
    "product/descriptions/update", "product/descriptions/delete", "media/upload", "media/create-link", "media/update",
    "media/publish", "media/unpublish", "organizations/create", "organizations/check/subscription", "brands/create",
    "brands/update", "users/create", "api-keys/create", "api-keys/revoke", "corrections/create",
)  # fmt: skip


def routes_for(service: "MedipimService") -> list[Route]:
    """Everything this market offers; all else is 404."""
    return [*_big_routes(service), *_resource_routes(service), *_v3_routes(service), *_other_routes(service)]


def _big_routes(service: "MedipimService") -> list[Route]:
    routes = []
    for kind in ("products", "media"):
        routes += [
            *_queries(service, kind, partial(handlers.query, service, kind=kind)),
            _route(service, kind, "POST", f"/v4/{kind}/stream", partial(handlers.stream, service, kind=kind)),
            _route(service, kind, "GET", f"/v4/{kind}/get-fields", partial(handlers.get_fields, service, kind=kind)),
        ]
    find = {"products": handlers.find_product, "media": handlers.find_media}
    return routes + [_route(service, k, "GET", f"/v4/{k}/find", partial(f, service)) for k, f in find.items()]


def _resource_routes(service: "MedipimService") -> list[Route]:
    routes = []
    for resource in RESOURCES:
        if not resource.everywhere and resource.path not in service.market.category_resources:
            continue
        routes += _queries(service, resource.path, partial(handlers.list_resource, service, resource=resource))
        if resource.find:
            endpoint = partial(handlers.find_resource, service, resource=resource)
            routes.append(_route(service, resource.path, "GET", f"/v4/{resource.path}/find", endpoint))
    routes.append(
        _route(service, "corrections", "GET", "/v4/corrections/types", partial(handlers.correction_types, service))
    )
    return routes


def _v3_routes(service: "MedipimService") -> list[Route]:
    """Belgium only, as far as seen."""
    if service.market.code != "be":
        return []
    lists = [
        _route(service, name, "GET", f"/v3/{name}/all", partial(handlers.v3_all, service, table=table))
        for name, table in V3_LISTS.items()
    ]
    return [_route(service, "products", "POST", "/v3/products/search", partial(handlers.v3_search, service)), *lists]


def _other_routes(service: "MedipimService") -> list[Route]:
    writes = [_route(service, path, "POST", f"/v4/{path}", partial(handlers.forbidden, service)) for path in WRITES]
    return [
        *writes,
        Route("/_sandbox/change", partial(control.change, service), methods=["POST"]),
        *_pages(service),
        Route("/_sandbox/summary", partial(control.summary, service), methods=["GET"]),
    ]


def _pages(service: "MedipimService") -> list[Route]:
    one = "/_sandbox/products/{id}"
    return [
        Route("/_sandbox/", partial(pages.products, service), methods=["GET"]),
        Route("/_sandbox/style.css", html.style, methods=["GET"]),
        Route(one, partial(pages.product, service), methods=["GET"]),
        Route(one, partial(pages.change, service), methods=["POST"]),
    ]


def _queries(service: "MedipimService", path: str, endpoint: Endpoint) -> list[Route]:
    methods = ("POST", "GET") if service.options.get_queries else ("POST",)
    return [_route(service, path, method, f"/v4/{path}/query", endpoint) for method in methods]


def _route(service: "MedipimService", resource: str, method: str, path: str, endpoint: Endpoint) -> Route:
    route = Route(path, service.guarded(resource, endpoint), methods=[method])
    route.methods = {method}
    return route
