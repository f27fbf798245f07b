"""One pass over the clients that are asked for."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from trials import postgres
from trials.singer_clients import environments, extractors, loaders, streams_between
from trials.singer_clients.environments import Client, NotInstalled
from trials.singer_clients.extractor_table import EXTRACTORS
from trials.singer_clients.loader_table import LOADERS
from trials.singer_clients.messages import SOURCES, Source, read
from trials.singer_clients.page import write
from trials.singer_clients.results import Result, Verdict
from trials.singer_clients.stores import HOST
from trials.singer_clients.suites import SUITES, try_suites

SHORT_CLIENTS = ("target-jsonl", "meltanolabs-target-csv", "tap-jsonl")
SHORT_SOURCES = ("be", "v3")


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    short: bool = False
    only: str = ""

    def wants(self, name: str) -> bool:
        """Whether a client is to be tried."""
        return self.only in name and (not self.short or name in SHORT_CLIENTS)

    @property
    def sources(self) -> Sequence[str]:
        """The markets."""
        return SHORT_SOURCES if self.short else SOURCES


def try_all(options: Options, folder: Path) -> int:
    """Print a line for each client; write the page but in the short form; 1 when any failed, or none could be had."""
    results: list[Result] = []
    with ExitStack() as stack:
        for result in Pass(options, folder, stack).results():
            results.append(result)
            print(f"{result.client} {result.version}: {result.verdict}: {result.ran}", flush=True)
            for note in result.notes:
                print(f"    {note}", flush=True)
    if not options.short:
        write(results)
    verdicts = {result.verdict for result in results}
    return int(Verdict.FAILED in verdicts or verdicts <= {Verdict.LEFT_OUT})


@dataclass
class Pass:
    """What the clients of one pass share: our environment, what our tap wrote, a database; each made when it is due."""

    options: Options
    folder: Path
    stack: ExitStack
    _read: dict[str, Sequence[Source]] = field(default_factory=dict)

    def results(self) -> Iterator[Result]:
        """Each client that is wanted, in the order of the page."""
        wants = self.options.wants
        if wants(SUITES):
            yield from try_suites(self.ours, self.options.sources, self.folder)
        if wants(streams_between.CHECKER.distribution):
            yield self._try(streams_between.CHECKER, streams_between.CHECKING, self._check)
        yield from (self._try_loader(one) for one in LOADERS if wants(one.client.distribution))
        if wants(streams_between.MAPPER.distribution):
            yield self._try(streams_between.MAPPER, streams_between.MAPPING, self._map)
        yield from (self._try_extractor(one) for one in EXTRACTORS if wants(one.client.distribution))

    @cached_property
    def ours(self) -> Path:
        """The environment of the wheel."""
        return environments.ours()

    @cached_property
    def port(self) -> int:
        """Where a PostgreSQL of this pass listens."""
        if not postgres.is_here():
            raise NotInstalled("no PostgreSQL on this machine")
        with socket.create_server((HOST, 0)) as free:
            port: int = free.getsockname()[1]
        self.stack.enter_context(postgres.cluster(HOST, f"{HOST}/32", port))
        return port

    def sources(self, settings: Mapping[str, Any]) -> Sequence[Source]:
        """What our tap writes for each source, read once for each way to set it up."""
        key = json.dumps(settings)
        if key not in self._read:
            tap = self.ours / "tap-medipim"
            self._read[key] = [read(tap, name, self.folder, **settings) for name in self.options.sources]
        return self._read[key]

    def _check(self, binaries: Path) -> Result:
        return streams_between.check(binaries, self.sources({}))

    def _map(self, binaries: Path) -> Result:
        return streams_between.map_between(binaries, self.ours, self.sources({}), self.folder)

    def _try_loader(self, loader: loaders.Loader) -> Result:
        def load(binaries: Path) -> Result:
            port = self.port if loader.needs_database else 0
            return loader.try_sources(binaries, self.sources(loader.settings), self.folder, port)

        return self._try(loader.client, loaders.ROLE, load)

    def _try_extractor(self, tap: extractors.Extractor) -> Result:
        def extract(binaries: Path) -> Result:
            port = self.port if tap.needs_database else 0
            return tap.try_nights(binaries, self.ours, self.folder, port)

        return self._try(tap.client, extractors.ROLE, extract)

    def _try(self, client: Client, role: str, carry_out: Callable[[Path], Result]) -> Result:
        """Install it and try it, or say why it cannot be had here."""
        try:
            return carry_out(client.install())
        except NotInstalled as reason:
            return Result(client.distribution, client.version, role, "", Verdict.LEFT_OUT, (str(reason),))
