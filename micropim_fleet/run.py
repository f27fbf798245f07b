"""Carry out one pipeline of a fleet: a market into the store, or the store into a shop.

Meltano does the work, as a process of its own. What belongs to other shops is not in its environment.
"""

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from micropim_fleet.attempts import Attempt, note
from micropim_fleet.fleet import Fleet, Market, Shop
from micropim_fleet.meltano_file import ENVIRONMENT, extraction, feeding
from micropim_fleet.mistakes import CannotGoOn, nearest
from micropim_fleet.render import project_of, sql_of
from micropim_fleet.store import libpq
from micropim_fleet.variables import filled, variables_in

MELTANO = "meltano"
KEPT_LINES = 200
STOPPED = 130
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_KILLED = 128
_FAILURE = re.compile(r"\berrors?\b|\bcritical\b", re.IGNORECASE)
_OF_MELTANO = re.compile(r"\] meltano\b")
_SAYS_NOTHING = re.compile(r"Block run completed|Task exception was never retrieved|Run completed")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MOST_SAID = 500


class Keeps(Protocol):
    """What a run wants of the store."""

    def prepare(self) -> None:
        """Make what every shop uses."""

    def apply(self, sql: str) -> None:
        """Carry out SQL."""

    def begin_reading(self, market: str, wall: Callable[[], float]) -> None:
        """Hold back what is newer."""

    def end_reading(self, market: str) -> None:
        """Show it."""


@dataclass
class Runner:
    """Runs pipelines of a fleet, one after the other. ``wall`` is the clock, in unix seconds."""

    fleet: Fleet
    environment: Mapping[str, str]
    store: Keeps
    wall: Callable[[], float]
    full: bool = False
    dry_run: bool = False
    _stopped: list[int] = field(default_factory=list)

    def run(self, owner: Market | Shop) -> int:
        """The exit code of one market or shop. How it ended is noted, whatever that was."""
        started = self.wall()
        said, code = "", 1
        try:
            self._check_variables(owner)
            code, said = self._market(owner) if isinstance(owner, Market) else self._shop(owner)
        except CannotGoOn as reason:
            said = str(reason)
        ended = Attempt(_moment(started), _moment(self.wall()), code, self.dry_run, said if code else "")
        with contextlib.suppress(OSError):
            note(notes_of(self.fleet, owner), ended)
        if code:
            sys.stderr.write(f"micropim-fleet: {owner.name} failed (exit code {code}): {said or 'no line says why'}\n")
        return code

    def owner(self, name: str) -> Market | Shop:
        """The market or shop of a name. Raises CannotGoOn."""
        known: dict[str, Market | Shop] = {**self.fleet.markets, **self.fleet.shops}
        if name not in known:
            raise CannotGoOn(f"{self.fleet.file} has no market or shop {name}{nearest(name, known)}")
        return known[name]

    def _check_variables(self, owner: Market | Shop) -> None:
        """Only those of this run: a key that is missing elsewhere stops nobody here."""
        fleet = self.fleet
        needed: list[Any] = [vars(fleet.store), fleet.throttle_url]
        if isinstance(owner, Shop):
            needed += [fleet.settings, owner.settings, owner.limits, vars(owner.egress), owner.api_key]
        else:
            needed += [vars(owner)]
        named = {name for value in needed for _path, name in variables_in(value)}
        if missing := sorted(name for name in named if not self.environment.get(name, "").strip()):
            raise CannotGoOn(f"not set: {', '.join(missing)}")

    def _market(self, market: Market) -> tuple[int, str]:
        """Read a market into the store; shops see what is new when all of it is there."""
        if self.dry_run:
            raise CannotGoOn("--dry-run is for shops: a market only fills the store")
        self.store.prepare()
        self.store.begin_reading(market.name, self.wall)
        try:
            return self._meltano(extraction(market), market)
        finally:
            self.store.end_reading(market.name)

    def _shop(self, shop: Shop) -> tuple[int, str]:
        """Bring a shop's assortment and views up to date, then let it read them."""
        self.store.prepare()
        self.store.apply(sql_of(shop))
        return self._meltano(feeding(shop), shop)

    def _meltano(self, plugins: list[str], owner: Market | Shop) -> tuple[int, str]:
        # Meltano would refuse a run for five minutes after one that was killed; ours have locks that go with them: that
        # of a market in the store, that of a shop in its ledger.
        command = [MELTANO, "run", "--force", *(["--full-refresh"] if self.full else []), *plugins]
        environment = self._environment(owner) | self._of_meltano(owner)
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        try:
            process = subprocess.Popen(  # noqa: S603 - the words are ours
                command,
                cwd=self.fleet.root,
                env=environment,
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise CannotGoOn(
                f"{MELTANO} cannot be started ({error.strerror}): install it where micropim-fleet is"
            ) from None
        with process, self._passing_on_signals(process):
            for line in process.stderr or ():
                sys.stderr.write(line)
                lines.append(line)
        if self._stopped:
            return STOPPED, "stopped on request"
        code = process.returncode
        return (_KILLED - code if code < 0 else code), _last_failure(lines)

    def _of_meltano(self, owner: Market | Shop) -> dict[str, str]:
        """The plugins still run where the fleet file is, and what Meltano has installed there serves all."""
        return {
            "MELTANO_PROJECT_ROOT": str(project_of(self.fleet, owner)),
            "MELTANO_SYS_DIR_ROOT": str(self.fleet.root / ".meltano"),
            "MELTANO_ENVIRONMENT": ENVIRONMENT,  # that of another project, such as prod, may be set
        }

    def _environment(self, owner: Market | Shop) -> dict[str, str]:
        """The variables of a run: without the keys of others."""
        fleet = self.fleet
        everybody: list[Market | Shop] = [*fleet.markets.values(), *fleet.shops.values()]
        strange = {key for other in everybody if other is not owner for key in _keys(other)} - _keys(owner)
        kept = {name: value for name, value in self.environment.items() if name not in strange}
        return kept | libpq(fleet, self.environment) | (self._of_a_shop(owner) if isinstance(owner, Shop) else {})

    def _of_a_shop(self, shop: Shop) -> dict[str, str]:
        """A plan where one was asked for, and the way out: a name in small letters goes before one in capitals."""
        proxy = filled(shop.egress.proxy or "", self.environment)
        way = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy) if proxy else {}
        return way | ({variable_of(shop, "dry_run"): "true"} if self.dry_run else {})

    @contextlib.contextmanager
    def _passing_on_signals(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Whoever stops this stops Meltano, which stops the plugins: they end with what is safe."""

        def pass_on(number: int, _frame: FrameType | None) -> None:
            self._stopped.append(number)
            process.send_signal(number)

        is_ours = threading.current_thread() is threading.main_thread()  # else signals are the engine's
        before = {number: signal.signal(number, pass_on) for number in _SIGNALS if is_ours}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return bool(self._stopped)


def variable_of(shop: Shop, setting: str) -> str:
    """The variable by which Meltano gives a setting to a shop's loader."""
    return re.sub(r"[^A-Z0-9]", "_", f"{feeding(shop)[1]}_{setting}".upper())


def notes_of(fleet: Fleet, owner: Market | Shop) -> Path:
    """Where the attempts of a market or shop are noted."""
    if isinstance(owner, Shop):
        return fleet.reports(owner)
    return fleet.root / fleet.folder / "markets" / owner.name


def _keys(owner: Market | Shop) -> set[str]:
    """The variables that hold the keys of a market or shop."""
    keys = [owner.api_key] if isinstance(owner, Shop) else [owner.api_key_id, owner.api_key_secret]
    return {name for _path, name in variables_in(keys)}


def _last_failure(lines: deque[str]) -> str:
    """The last line that tells of a failure, plain and cut: a plugin's own sooner than Meltano's about it."""
    plain = [" ".join(_COLOUR.sub("", line).split()) for line in lines]
    told = [line for line in plain if _FAILURE.search(line) and not _SAYS_NOTHING.search(line)]
    of_plugins = [line for line in told if not _OF_MELTANO.search(line)]
    best = of_plugins or told or [line for line in plain if line]
    return best[-1][:_MOST_SAID] if best else ""


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
