"""Several organizations behind one address: the key says whose a call is."""

from collections.abc import Sequence
from typing import NoReturn

from starlette.responses import Response

from sandbox import html
from sandbox.exchange import Answer, Asgi
from sandbox.micropim.allowance import KEY_HEADER, Allowance
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from sandbox.state import PAGES_AT

SHARED = ("reads_per_minute", "writes_per_minute", "pictures_per_minute", "limit_by", "clock")
EACH = f"{PAGES_AT}organizations/"


class Organizations:
    """An ASGI application that hands each call to the organization of its key; all share one allowance.

    A call whose key nobody has goes to the first, which answers 401 as one that is alone does.
    """

    def __init__(self, options: Sequence[MicroPimOptions]) -> None:
        """Build them, each with an empty catalogue. Raises ValueError where keys repeat, or limits differ."""
        first = options[0]
        for name in SHARED:
            if any(getattr(each, name) != getattr(first, name) for each in options):
                _refuse(f"organizations behind one address share {name}")
        if len({each.api_key for each in options}) < len(options):
            _refuse("each organization needs a key of its own")
        allowance = Allowance(first)
        self.services = [MicroPimService(each, allowance) for each in options]
        for number, service in enumerate(self.services, start=1):
            service.state.pages_at, service.state.above = f"{EACH}{number}/", PAGES_AT

    async def __call__(self, scope: Asgi, receive: Asgi, send: Asgi) -> None:
        """Find out whose call it is."""
        if scope["path"] == PAGES_AT:
            answer = self._overview()
            await Response(answer.body, answer.status, answer.headers)(scope, receive, send)
            return
        service, within = self._chosen_on_pages(scope["path"])
        if service is not None:
            await service({**scope, "path": within, "raw_path": within.encode()}, receive, send)
            return
        await self._owner(dict(scope["headers"]).get(KEY_HEADER.encode(), b"").decode("latin-1"))(scope, receive, send)

    def _owner(self, key: str) -> MicroPimService:
        """The organization that has a key now: it may be given another one."""
        return next((each for each in self.services if each.options.api_key == key), self.services[0])

    def _chosen_on_pages(self, path: str) -> tuple[MicroPimService | None, str]:
        """Whose page this is, and its path within that one's own; None: no organization's page."""
        number, _, rest = path.removeprefix(EACH).partition("/")
        known = path.startswith(EACH) and number.isdecimal() and 0 < int(number) <= len(self.services)
        return (self.services[int(number) - 1] if known else None), PAGES_AT + rest

    def _overview(self) -> Answer:
        """GET ``/_sandbox/``: all organizations, to choose one."""
        name, url = self.services[0].neighbour
        rows = [
            {"number": number, "key": service.options.api_key, **service.counts()}
            for number, service in enumerate(self.services, start=1)
        ]
        return html.page(
            "organizations",
            service="MicroPIM", root=PAGES_AT, above="", other=name, other_url=url, refresh=True, rows=rows, each=EACH,
        )  # fmt: skip


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
