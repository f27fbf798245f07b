"""The two services together, as a context manager."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.service import MedipimService
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.organizations import Organizations
from sandbox.micropim.service import MicroPimService
from sandbox.server import ServerThread


class Sandbox:
    """Serves Medipim and MicroPIM on 127.0.0.1 while the ``with`` block runs; either may be left out with None."""

    def __init__(
        self,
        medipim: MedipimOptions | None = MedipimOptions(),  # noqa: B008 - frozen, so one default may be shared
        micropim: MicroPimOptions | Sequence[MicroPimOptions] | None = MicroPimOptions(),  # noqa: B008
        *,
        medipim_port: int = 0,
        micropim_port: int = 0,
    ) -> None:
        """Build the services; nothing listens before ``start``. Several options of MicroPIM: an organization each."""
        self._medipim = None if medipim is None else MedipimService(medipim)
        self._micropim: MicroPimService | Organizations | None = None
        if isinstance(micropim, MicroPimOptions):
            self._micropim = MicroPimService(micropim)
        elif micropim is not None:
            self._micropim = Organizations(micropim)
        self._ports = {"medipim": medipim_port, "micropim": micropim_port}
        self._servers: dict[str, ServerThread] = {}

    @property
    def medipim(self) -> MedipimService:
        """The in-process state of Medipim."""
        if self._medipim is None:
            msg = "this sandbox has no Medipim"
            raise LookupError(msg)
        return self._medipim

    @property
    def micropim(self) -> MicroPimService:
        """The in-process state of MicroPIM; of the first organization, where there are several."""
        return self.organizations[0]

    @property
    def organizations(self) -> Sequence[MicroPimService]:
        """The in-process state of each organization of MicroPIM."""
        if self._micropim is None:
            msg = "this sandbox has no MicroPIM"
            raise LookupError(msg)
        return self._micropim.services if isinstance(self._micropim, Organizations) else [self._micropim]

    @property
    def medipim_url(self) -> str:
        """Base URL of Medipim, without ``/v4``."""
        return self._servers["medipim"].url

    @property
    def micropim_url(self) -> str:
        """Base URL of MicroPIM, without ``/api``."""
        return self._servers["micropim"].url

    @property
    def is_serving(self) -> bool:
        """Whether all services listen."""
        return bool(self._servers) and all(server.is_serving for server in self._servers.values())

    def start(self) -> Self:
        """Listen on both ports."""
        for name, service in (("medipim", self._medipim), ("micropim", self._micropim)):
            if service is not None:
                self._servers[name] = ServerThread(service, self._ports[name], date_header=name == "micropim")
                self._servers[name].start()
        self._introduce()
        return self

    def page(self, name: str) -> str:
        """The address of the pages for people of ``medipim`` or ``micropim``."""
        return f"{self._servers[name].url}/_sandbox/"

    def _introduce(self) -> None:
        """Each service's pages link to the other's."""
        if self._medipim is not None and self._micropim is not None:
            self._medipim.neighbour = ("MicroPIM", self.page("micropim"))
            for organization in self.organizations:
                organization.neighbour = ("Medipim", self.page("medipim"))

    def stop(self) -> None:
        """Stop both; hanging answers are cut."""
        for server in self._servers.values():
            server.ask_to_stop()
        for server in self._servers.values():
            server.join()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
