"""Two nights of a fleet under a real Dagster daemon: its schedules begin the runs, its queue limits them by egress.

``python -m trials.fleet.with_daemon``: a market and three shops over the sandbox and PostgreSQL, two shops of one
egress, one of another. In the first night a shop of the first egress has a wrong key; in the second its key is right.
What happened is read from the daemon's own storage. Wants what ``trials.fleet`` wants, and this checkout with
the extras fleet-dagster, postgres and notify in ``.clients/dagster``.
"""

import argparse
import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
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
RETRIES, RETRY_SECONDS = 2, 20
TOLD_SECONDS = 60  # a sensor tells of a run that failed within this
LONGEST_SECONDS = 40 * 60
LOOK_SECONDS = 5
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

    def prepare(self, notices: int) -> None:
        """Keys, of which one is wrong, and what Dagster wants."""
        for number in range(len(SHOPS)):
            del self.environment[f"KEY_{number}"]
        (self.folder / "defs.py").write_text(DEFINITIONS.format(seconds=RETRY_SECONDS), encoding="utf-8")
        home = self.folder / "home"
        home.mkdir()
        self.environment |= {"DAGSTER_HOME": str(home), "PYTHONPATH": f"{self.folder}:{ROOT}"}
        self.environment["DAGSTER_GRPC_TIMEOUT_SECONDS"] = "180"  # 60 are not enough for a machine with other work
        self.environment["NOTICES"] = f"json://{HOST}:{notices}/"

    def write(self, market_at: datetime, shops_at: datetime) -> None:
        """fleet.yml, with the times of a night, and what is made from it."""
        cron = "{0.minute} {0.hour} * * *"
        lines = [
            FILE.format(
                port=self.port,
                url=self.medipim.medipim_url,
                market_at=cron.format(market_at),
                shops_at=cron.format(shops_at),
            )
        ]
        for number, (name, egress) in enumerate(SHOPS.items()):
            api = self.boxes[number].micropim_url
            shop = f'api_key: "${{KEY_{number}}}", egress: {egress}, settings: {{api_url: "{api}"}}'
            lines.append(f"  {name}: {{{shop}}}\n")
        (self.folder / "fleet.yml").write_text("".join(lines), encoding="utf-8")
        done = self.micropim_fleet("render")
        if done.returncode:
            raise SystemExit(done.stderr)
        text = (self.folder / "engine" / "dagster.yaml").read_text(encoding="utf-8")
        (self.folder / "home" / "dagster.yaml").write_text(text + "telemetry: {enabled: false}\n", encoding="utf-8")

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
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def _is_over(self, since: float) -> bool:
        """Whether each shop did well or had its last attempt, some time ago; out of the daemon's file: a cheap look."""
        file = self.folder / "home" / "history" / "runs.db"
        if not file.exists():
            return False
        with closing(sqlite3.connect(file, timeout=60)) as storage:
            found = "select partition, status, end_time from runs where create_timestamp > ?"
            runs = list(storage.execute(found, (f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M:%S}",)))
        ends = {name: [status for shop, status, _ in runs if shop == name] for name in SHOPS}
        well = all("SUCCESS" in statuses or statuses.count("FAILURE") > RETRIES for statuses in ends.values())
        return well and all(end and time.time() - end > TOLD_SECONDS for _, _, end in runs)

    def night(self, gap: int) -> list[dict[str, Any]]:
        """The runs of a night that begins soon, when all have ended.

        ``gap``: minutes before the market, and as many between it and the shops: who begins while a market is read gets
        what is new with the next night.
        """
        began = datetime.now(UTC)
        self.write(began + timedelta(minutes=gap), began + timedelta(minutes=2 * gap))
        with self.daemon():
            while time.time() < began.timestamp() + LONGEST_SECONDS:
                time.sleep(LOOK_SECONDS)
                if self._is_over(began.timestamp()):
                    return [run for run in self.history() if run["created"] >= began.timestamp()]
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


def nights(trial: Nights, port: int, notices: list[str], gap: int) -> Iterator[str]:
    """What was not as it should be."""
    trial.prepare(port)
    trial.keys(wrong=WRONG)
    boxes = dict(zip(SHOPS, trial.boxes, strict=True))
    boxes["namur"].micropim.faults.add(Fault("status", "POST /api/products$", status=400, body=REFUSED))
    first = trial.night(gap)
    told("first night", first)
    print("  notices:", notices)
    yield from of_the_first(first, notices)
    trial.keys(wrong=None)
    changed = edited(trial, boxes["namur"])
    second = trial.night(gap)
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
    flags.add_argument("--gap", type=int, default=2, help="minutes before a market, and between it and the shops")
    arguments = flags.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # daemon and database end too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet")))
        trial = Nights(stack, folder, arguments.products, len(SHOPS))
        port, notices = stack.enter_context(mailbox())
        wrong = list(nights(trial, port, notices, arguments.gap))
    print("\nas it should be" if not wrong else f"\nNOT as it should be: {wrong}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
