"""Several machines on one: a network namespace each, with an address of its own, behind one bridge.

On the bridge's address listen the lean server (https: plain http is spoken to loopback only) and the store of the pace.
The clock of every other machine is an hour ahead.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import ENVIRONMENT, server
from trials import postgres

NETWORK = "198.18.7"  # of the range that is reserved for benchmarks
HOST = f"{NETWORK}.1"
HOUR_AHEAD = {"FAKETIME": "+3600", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
STORES = ("PostgreSQL", "Redis")
IP = shutil.which("ip") or "ip"
REDIS = shutil.which("redis-server") or "redis-server"
OPENSSL = shutil.which("openssl") or "openssl"


@dataclass(frozen=True)
class Testbed:
    """Where targets run: the server's address, the store they share, and what is put before each command."""

    url: str
    throttle_url: str | None = None
    authority: str | None = None  # who signed the server's certificate
    names: Sequence[str] = ()  # of the machines

    def before(self, number: int) -> list[str]:
        """On which machine a process runs."""
        return [IP, "netns", "exec", self.names[number]] if self.names else []

    def environment(self, number: int) -> dict[str, str]:
        """The clock, and whom to trust."""
        if self.authority is None:
            return ENVIRONMENT
        clock = {"LD_PRELOAD": str(_faketime()), **HOUR_AHEAD} if number % 2 else {}
        return {**ENVIRONMENT, "REQUESTS_CA_BUNDLE": self.authority, **clock}


def missing() -> str | None:
    """Why machines cannot be made here."""
    if os.geteuid():
        return "only root may make networks"
    tools = {IP: "iproute2", REDIS: "redis-server", OPENSSL: "openssl"}
    absent = [package for tool, package in tools.items() if not shutil.which(tool)]
    absent += [] if postgres.is_here() else ["postgresql"]
    absent += [] if _faketime() else ["faketime"]
    return f"apt-get install {' '.join(absent)}" if absent else None


def _faketime() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@contextmanager
def apart(catalogue: Path, place: Path, count: int, store: str) -> Iterator[Testbed]:
    """So many machines, one server, one store."""
    with ExitStack() as stack:
        names = stack.enter_context(_machines(count))
        kept = stack.enter_context(_postgres() if store == "PostgreSQL" else _redis(place))
        pair, authority = _certificate(place)
        words = ("--host", HOST, "--certificate", str(pair))
        port = stack.enter_context(server(catalogue, 0, *words))
        yield Testbed(f"https://{HOST}:{port}", kept, str(authority), names)


@contextmanager
def _machines(count: int) -> Iterator[list[str]]:
    """Names of namespaces, each with an address beside the bridge's."""
    names = [f"writing{number}" for number in range(count)]
    try:
        _ip("link", "add", "writing", "type", "bridge")
        _ip("addr", "add", f"{HOST}/24", "dev", "writing")
        _ip("link", "set", "writing", "up")
        for number, name in enumerate(names):
            _ip("netns", "add", name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", name, "master", "writing", "up")
            _ip("-n", name, "addr", "add", f"{NETWORK}.{number + 2}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
        yield names
    finally:
        for name in names:
            subprocess.run([IP, "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        subprocess.run([IP, "link", "del", "writing"], check=False, stderr=subprocess.DEVNULL)


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True)


@contextmanager
def _postgres() -> Iterator[str]:
    with postgres.cluster(listen=HOST, network=f"{NETWORK}.0/24"):
        yield f"postgresql://tester@{HOST}/postgres"


@contextmanager
def _redis(place: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    words = ["--port", str(port), "--bind", HOST, "--protected-mode", "no", "--save", "", "--dir", str(place)]
    with subprocess.Popen([REDIS, *words], stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - piped above
        try:
            if not any(b"Ready to accept" in line for line in process.stdout):
                raise SystemExit("redis-server did not start")
            yield f"redis://{HOST}:{port}/0"
        finally:
            process.terminate()


def _certificate(place: Path) -> tuple[Path, Path]:
    """A key with its certificate, and the certificate alone, which signs itself."""
    key, certificate, pair = place / "key.pem", place / "certificate.pem", place / "pair.pem"
    words = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lean server"]
    name = ["-addext", f"subjectAltName=IP:{HOST}"]
    command = [OPENSSL, "req", "-x509", *words, *name, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    pair.write_bytes(key.read_bytes() + certificate.read_bytes())
    return pair, certificate
