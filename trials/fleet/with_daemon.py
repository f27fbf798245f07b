"""Two nights of a fleet under a real Dagster daemon: its schedules begin the runs, its queue limits them by egress.

``python -m trials.fleet.with_daemon``: a market and three shops over the sandbox and PostgreSQL, two shops of one
egress, one of another. In the first night a shop of the first egress has a wrong key; in the second its key is right.
What happened is read from the daemon's own storage. Wants what ``trials.fleet`` wants, and Dagster in
``.clients/dagster``.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from typing import Any

from sandbox.faults import Fault
from trials.fleet.trial import HOST, ROOT, Trial, catalogue

DAGSTER = ROOT / ".clients/dagster/bin"
SHOPS = {"brugge": "north", "gent": "north", "namur": "south"}
WRONG = "brugge"  # its run is asked for first
DONE = {"SUCCESS", "FAILURE", "CANCELED"}
RETRY_SECONDS = 20
LOOK_SECONDS = 30  # a look starts a Python that imports Dagster
REFUSED = '{"status": 0, "data": null, "error": "Invalid product"}'
DEFINITIONS = """\
from pathlib import Path
from micropim_fleet.dagster_definitions import definitions
from micropim_fleet.fleet import load
defs = definitions(load(Path("fleet.yml")), retry_seconds={seconds})
"""
FILE = """\
store: {{host: 127.0.0.1, port: {port}, database: fleet, user: tester, password: "${{DB_PASSWORD}}"}}
install: false
timezone: UTC
notify_urls: ["${{NOTICES}}"]
defaults: {{locale: nl, schedule: "{shops_at}", settings: {{media_mode: append}}}}
markets:
  be:
    market: be
    api_key_id: ${{BE_ID}}
    api_key_secret: ${{BE_SECRET}}
    schedule: "{market_at}"
    settings: {{api_url: "{url}", requests_per_minute: 6000, full_read_every_days: 0}}
egresses:
  north: {{writes_per_minute: 60000, reads_per_minute: 60000}}
  south: {{writes_per_minute: 60000, reads_per_minute: 60000}}
shops:
"""


class Nights(Trial):
    """The fleet of the trial, with keys in a file beside it, where they can be mended."""

    def write(self, notices: int, market_at: str, shops_at: str) -> None:
        """fleet.yml, .env with one wrong key, and what Dagster wants."""
        for number in range(len(SHOPS)):
            del self.environment[f"KEY_{number}"]
        url = self.medipim.medipim_url
        lines = [FILE.format(port=self.port, url=url, market_at=market_at, shops_at=shops_at)]
        for number, (name, egress) in enumerate(SHOPS.items()):
            api = self.boxes[number].micropim_url
            shop = f'api_key: "${{KEY_{number}}}", egress: {egress}, settings: {{api_url: "{api}"}}'
            lines.append(f"  {name}: {{{shop}}}\n")
        (self.folder / "fleet.yml").write_text("".join(lines), encoding="utf-8")
        (self.folder / "defs.py").write_text(DEFINITIONS.format(seconds=RETRY_SECONDS), encoding="utf-8")
        self.keys(wrong=WRONG)
        done = self.micropim_fleet("render")
        if done.returncode:
            raise SystemExit(done.stderr)
        home = self.folder / "home"
        home.mkdir()
        text = (self.folder / "engine" / "dagster.yaml").read_text(encoding="utf-8")
        (home / "dagster.yaml").write_text(text + "telemetry: {enabled: false}\n", encoding="utf-8")
        self.environment |= {"DAGSTER_HOME": str(home), "PYTHONPATH": f"{self.folder}:{ROOT}"}
        self.environment["DAGSTER_GRPC_TIMEOUT_SECONDS"] = "180"  # 60 are not enough for a machine with other work
        self.environment["NOTICES"] = f"json://{HOST}:{notices}/"

    def keys(self, wrong: str | None) -> None:
        """The keys of the shops, all right but one."""
        right = self.boxes[0].micropim.options.api_key
        lines = (f"KEY_{number}={'wrong' if name == wrong else right}\n" for number, name in enumerate(SHOPS))
        (self.folder / ".env").write_text("".join(lines), encoding="utf-8")

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """A daemon that serves the definitions; what it says is kept in a file."""
        command = [str(DAGSTER / "dagster-daemon"), "run", "-m", "defs"]
        with (self.folder / "daemon.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()

    def history(self) -> list[dict[str, Any]]:
        """All runs that the daemon knows."""
        command = [str(DAGSTER / "python"), str(ROOT / "trials/fleet/outside/history.py")]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def night(self, since: float, until: float) -> list[dict[str, Any]]:
        """The runs that began after a moment, when all have ended and nothing new came for a while."""
        quiet = RETRY_SECONDS + 100  # a run that failed is tried again after so long, at the latest
        while time.time() < until:
            time.sleep(LOOK_SECONDS)
            runs = [run for run in self.history() if run["created"] >= since]
            ended = {run["status"] for run in runs} <= DONE and {run["shop"] for run in runs} >= set(SHOPS)
            if ended and time.time() - max(run["ended"] for run in runs) > quiet:
                return runs
        print((self.folder / "daemon.log").read_text(encoding="utf-8")[-8000:])
        raise SystemExit("the night did not end")


@contextmanager
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """A port for notices, and those that came."""
    found: list[str] = []

    class Box(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Box) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_port), found
        server.shutdown()


def overlapping(runs: list[dict[str, Any]]) -> list[tuple[str, str, float]]:
    """Pairs of shops whose runs overlapped, and for how many seconds."""
    shops = [run for run in runs if run["shop"] and run["began"] and run["ended"]]
    pairs = ((one, other, min(one["ended"], other["ended"]) - max(one["began"], other["began"])) for one, other in
             combinations(shops, 2))  # fmt: skip
    return [(one["shop"], other["shop"], round(seconds, 1)) for one, other, seconds in pairs if seconds > 0]


def told(name: str, runs: list[dict[str, Any]]) -> None:
    """Print a night."""
    print(f"\n{name}")
    first = min(run["created"] for run in runs)
    for run in runs:
        by = run["tags"].get("dagster/schedule_name") or run["tags"].get("dagster/sensor_name")
        moments = [round(run[each] - first) if run[each] else None for each in ("created", "began", "ended")]
        print(f"  {run['shop'] or run['job']}: {run['status']}, asked by {by}, created, began, ended {moments}")
        print(f"    {run['metadata']} {run['checks']}")
    print("  overlapping:", overlapping(runs))


def nights(trial: Nights, stack: ExitStack, port: int, notices: list[str], between: int, lead: int) -> Iterator[str]:
    """What was not as it should be."""
    began = datetime.now(UTC)
    market_at, market_again, shops_at, shops_again = (
        began + timedelta(minutes=minutes) for minutes in (lead, lead + between, lead + 2, lead + 2 + between)
    )
    trial.write(
        port,
        f"{market_at.minute},{market_again.minute} * * * *",
        f"{shops_at.minute},{shops_again.minute} * * * *",
    )
    boxes = dict(zip(SHOPS, trial.boxes, strict=True))
    boxes["namur"].micropim.faults.add(Fault("status", "POST /api/products$", status=400, body=REFUSED))
    stack.enter_context(trial.daemon())
    first = trial.night(0, time.time() + 60 * (between + lead))
    told("first night", first)
    print("  notices:", notices)
    yield from of_the_first(first, notices)
    trial.keys(wrong=None)
    changed = edited(trial, boxes["namur"])
    second = trial.night(market_again.timestamp() - 60, time.time() + 60 * (between + 12))
    told("second night", second)
    yield from of_the_second(second)
    yield from of_the_shops({name: catalogue(box) for name, box in boxes.items()}, changed)


def edited(trial: Nights, box: Any) -> str:
    """A product that a person and Medipim call something else between the nights."""
    number, product = next(iter(box.micropim.products.items()))
    box.micropim.edit(number, name="By hand")
    trial.medipim.medipim.touch([product["sku"]], name={"nl": "Nieuwer"})
    return str(product["sku"])


def of_the_first(runs: list[dict[str, Any]], notices: list[str]) -> Iterator[str]:
    """A shop failed to its last attempt and was told once; the others did what they had to."""
    by_shop = {name: [run for run in runs if run["shop"] == name] for name in (*SHOPS, None)}
    ends = {name: [run["status"] for run in found] for name, found in by_shop.items()}
    if any(found != ["SUCCESS"] for name, found in ends.items() if name != WRONG) or set(ends[WRONG]) != {"FAILURE"}:
        yield f"the first night ended so: {ends}"
        return
    if len(notices) != 1 or WRONG not in notices[0]:
        yield f"{len(notices)} notices"
    (namur,), (gent,) = by_shop["namur"], by_shop["gent"]
    if [namur["metadata"]["rejected"], namur["checks"]["rejects"][0]] != [1, False]:
        yield "a reject does not show"
    if not all(passed for passed, _ in gent["checks"].values()) or not Path(gent["metadata"]["report"]).exists():
        yield "a good run does not show"
    yield from of_the_egresses(runs)


def of_the_egresses(runs: list[dict[str, Any]]) -> Iterator[str]:
    """Shops of one egress are written one after the other, of two beside each other."""
    pairs = [(one, other) for one, other, _ in overlapping(runs)]
    if any(SHOPS[one] == SHOPS[other] for one, other in pairs):
        yield f"overlapping within one egress: {pairs}"
    if not any(SHOPS[one] != SHOPS[other] for one, other in pairs):
        yield "egresses waited for each other"


def of_the_second(runs: list[dict[str, Any]]) -> Iterator[str]:
    """Everybody is well; who failed has caught up, who did not writes what changed, and a question shows."""
    found = {run["shop"]: run for run in runs}
    if {run["status"] for run in runs} != {"SUCCESS"}:
        yield f"the second night ended so: {[(run['shop'], run['status']) for run in runs]}"
        return
    created = {name: found[name]["metadata"]["created"] for name in SHOPS}
    if created["gent"] or created["namur"] != 1 or created[WRONG] <= 1:
        yield f"created in the second night: {created}"
    if [found["namur"]["metadata"]["questions"], found["namur"]["checks"]["questions"][0]] != [1, False]:
        yield "a question does not show"
    yield from of_the_egresses(runs)


def of_the_shops(shops: dict[str, dict[str, Any]], edited_sku: str) -> Iterator[str]:
    """All hold the same, but for what a person typed."""
    one, *others = ({sku: each for sku, each in found.items() if sku != edited_sku} for found in shops.values())
    print("  products:", {name: len(found) for name, found in shops.items()})
    if any(other != one for other in others):
        yield "the shops differ"


def main() -> int:
    """Two nights; 1 if one did not end as it should."""
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--products", type=int, default=60)
    flags.add_argument("--between", type=int, default=12, help="minutes between the nights")
    flags.add_argument("--lead", type=int, default=2, help="minutes before the first one")
    arguments = flags.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # daemon and database end too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet")))
        trial = Nights(stack, folder, arguments.products, len(SHOPS))
        port, notices = stack.enter_context(mailbox())
        wrong = list(nights(trial, stack, port, notices, arguments.between, arguments.lead))
    print("\nas it should be" if not wrong else f"\nNOT as it should be: {wrong}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
