"""A stage: both services on fixed ports, an empty working folder, and the installed executables of one checkout.

Whatever a run leaves is kept as text: exit code, stdout, stderr, requests as the services saw them, the run's folder.
Nothing of the plugins is imported, so their modules may have any name.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimOptions, RequestRecord, Sandbox
from trials.compare.ledger import ledger_rows

Json = dict[str, Any]
PORT = 27641  # fixed: addresses need no rule, nor does what is hashed of them
DATE = b"Sun, 01 Nov 2026 02:27:40 GMT"  # the services' clock: a minute after the newest product; v3 asks by it
LONGEST_SECONDS = 180
PAUSE_SECONDS = 1.2  # the target looks twice a second whether it was told to stop
EXECUTABLES = {"tap": "tap-medipim", "target": "target-micropim"}
SERVICES = {"tap": "medipim", "target": "micropim"}


class NotSo(Exception):
    """A night did not do what its name says."""


@dataclass(frozen=True)
class Strike:
    """A signal for one side at the n-th request from here; ``on_committed`` counts writes, after they were applied."""

    who: str
    number: signal.Signals
    nth: int
    moment: str = "on_request"


@dataclass(frozen=True)
class Ended:
    """How a run ended, and its folder in ``report_dir`` if it made one."""

    code: int
    out: str
    folder: Path | None

    @property
    def report(self) -> Json:
        """report.json."""
        if self.folder is None:
            raise NotSo("no report was written")
        found: Json = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return found

    @property
    def messages(self) -> list[Json]:
        """The whole lines of stdout; a torn last one is none."""
        return [json.loads(line) for line in self.out.split("\n")[:-1]]


@dataclass
class Stage:
    """What a night plays on. ``texts`` is what is compared: ``step/artifact`` to its text."""

    bin: Path
    folder: Path
    box: Sandbox
    tap_settings: Json = field(default_factory=dict)
    target_settings: Json = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    state: Json | None = None
    strike: Strike | None = None

    def __post_init__(self) -> None:
        self._seen = dict.fromkeys(SERVICES.values(), 0)
        for name in self._seen:
            getattr(self.box, name).on_request(lambda _call, name=name: self._see(name))

    def tap(self, step: str, *flags: str, **settings: Any) -> Ended:
        """A run of the tap alone."""
        return self._run(step, ["tap"], {"tap": self._tap_flags(*flags, **settings)})

    def target(self, step: str, given: Sequence[bytes] | None, *flags: str, **settings: Any) -> Ended:
        """A run of the target alone, over these lines."""
        command = ["--config", self._config("target", settings), *flags]
        if given is not None:
            (self.folder / "given.jsonl").write_bytes(b"".join(given))
            command += ["--input", "given.jsonl"]
        return self._run(step, ["target"], {"target": command})

    def pair(self, step: str, tap: Json | None = None, **settings: Any) -> Ended:
        """``tap | target``; the last state is kept for the next night, as a host keeps it."""
        commands = {"tap": self._tap_flags(**(tap or {})), "target": ["--config", self._config("target", settings)]}
        return self._run(step, ["tap", "target"], commands)

    def command(self, step: str, side: str, *flags: str) -> Ended:
        """The command line as it is."""
        return self._run(step, [side], {side: list(flags)})

    def expect(self, fact: object, words: str) -> None:
        """Raises NotSo unless the night does what its name says."""
        if not fact:
            raise NotSo(words)

    def wrote(self, step: str) -> list[str]:
        """The writes that MicroPIM saw in a step, as lines."""
        return [line for line in self.texts[f"{step}/micropim.requests"].splitlines() if '"GET"' not in line]

    def forget_requests(self) -> None:
        """What was asked so far was asked by the script itself."""
        for name in self._seen:
            getattr(self.box, name).requests.clear()
            self._seen[name] = 0

    def _tap_flags(self, *flags: str, **settings: Any) -> list[str]:
        command = ["--config", self._config("tap", settings), *flags]
        if self.state is not None:
            (self.folder / "state.json").write_text(json.dumps(self.state), encoding="utf-8")
            command += ["--state", "state.json"]
        return command

    def _config(self, side: str, settings: Json) -> str:
        mine = {"tap": self.tap_settings, "target": self.target_settings}[side]
        (self.folder / f"{side}.json").write_text(json.dumps({**mine, **settings}), encoding="utf-8")
        return f"{side}.json"

    def _run(self, step: str, sides: list[str], flags: dict[str, list[str]]) -> Ended:
        before = set(self.folder.glob("reports/*/"))
        with ExitStack() as stack:
            processes: dict[str, subprocess.Popen[bytes]] = {}
            source: Any = subprocess.DEVNULL
            for side in sides:
                processes[side] = process = self._start(stack, side, flags[side], source)
                source = process.stdout
            if len(sides) > 1:
                processes["tap"].stdout.close()  # type: ignore[union-attr]  # a pipe
            self._arm(processes)
            out = processes[sides[-1]].communicate(timeout=LONGEST_SECONDS)[0].decode()
            codes = {side: process.wait(LONGEST_SECONDS) for side, process in processes.items()}
        if sides[-1] == "target" and len(sides) > 1:
            self.state = json.loads(out.splitlines()[-1]) if out else self.state
        self._keep(step, codes, out)
        new = set(self.folder.glob("reports/*/")) - before
        for folder in new:
            self._keep_files(step, folder)
        if "target" in sides and (self.folder / "ledger.db").exists():
            self.texts[f"{step}/ledger.rows"] = ledger_rows(self.folder)
        return Ended(codes[sides[-1]], out, next(iter(new), None))

    def _start(self, stack: ExitStack, side: str, flags: list[str], source: Any) -> "subprocess.Popen[bytes]":
        err = stack.enter_context((self.folder / f"{side}.stderr").open("wb"))
        env = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", "COLUMNS": "100"}
        command = [str(self.bin / EXECUTABLES[side]), *flags]
        process = stack.enter_context(
            subprocess.Popen(command, cwd=self.folder, env=env, stdin=source, stdout=subprocess.PIPE, stderr=err)
        )
        stack.callback(process.kill)  # one that is left behind would write into the next night on this port
        return process

    def _arm(self, processes: dict[str, "subprocess.Popen[bytes]"]) -> None:
        strike, self.strike = self.strike, None
        if strike is None:
            return
        seen, process = count(1), processes[strike.who]

        def callback(_call: object) -> None:
            if next(seen) != strike.nth:
                return
            if strike.number is signal.SIGTERM:
                time.sleep(PAUSE_SECONDS)  # until the thread that reads is held up by the one that writes
            process.send_signal(strike.number)
            if strike.number is signal.SIGKILL or strike.who == "tap":
                process.wait(LONGEST_SECONDS)
            else:
                time.sleep(PAUSE_SECONDS)  # the request is answered once the target knows that it is to stop

        getattr(getattr(self.box, SERVICES[strike.who]), strike.moment)(callback)

    def _see(self, name: str) -> None:
        self._seen[name] += 1

    def _keep(self, step: str, codes: dict[str, int], out: str) -> None:
        for side, code in codes.items():
            self.texts[f"{step}/{side}.exit"] = f"{code}\n"
            self.texts[f"{step}/{side}.stderr"] = (self.folder / f"{side}.stderr").read_text(encoding="utf-8")
        self.texts[f"{step}/{list(codes)[-1]}.stdout"] = out
        for name in self._seen:
            requests = getattr(self.box, name).requests
            self._await_the_log(name, requests)
            self.texts[f"{step}/{name}.requests"] = "".join(map(_line, requests))
        self.forget_requests()

    def _await_the_log(self, name: str, requests: list[RequestRecord]) -> None:
        """A process that was killed does not wait until its last request is written down."""
        until = time.monotonic() + 5
        while len(requests) < self._seen[name] and time.monotonic() < until:
            time.sleep(0.01)

    def _keep_files(self, step: str, folder: Path) -> None:
        for file in folder.iterdir():
            self.texts[f"{step}/{file.name}"] = file.read_text(encoding="utf-8")


def _line(seen: RequestRecord) -> str:
    """A request as text: the order of keys is as it was sent."""
    facts = {"method": seen.method, "path": seen.path, "query": seen.query, "status": seen.status}
    return json.dumps({**facts, "body": seen.body, "headers": seen.headers}, ensure_ascii=False) + "\n"


@contextmanager
def opened(medipim: MedipimOptions, micropim: MicroPimOptions, lane: int) -> Iterator[Sandbox]:
    """Both services, with a clock that stands still in what they answer; each lane has two ports of its own."""
    port = PORT + 2 * lane
    with Sandbox(medipim, micropim, medipim_port=port, micropim_port=port + 1) as box:
        for server in box._servers.values():  # noqa: SLF001 - the sandbox has no setting for its clock
            uvicorn = server._server  # noqa: SLF001
            uvicorn.config.date_header = False
            uvicorn.config.encoded_headers = [(b"date", DATE)]
            uvicorn.server_state.default_headers = [(b"date", DATE)]
        yield box
