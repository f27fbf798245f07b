"""``make demo``: both services on this machine, the real ``meltano run``, what arrived, twenty changes, and again.

Everything it makes is under .demo/ and .meltano/; everything it starts is stopped, also on Ctrl-C.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.medipim.words import LEGAL

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".demo"
PRODUCTS = 200
CHANGED = 20
GRACE_SECONDS = 30
STREAMS = ("products", "categories", "attributes", "attribute_options")


def main() -> int:
    """Two runs, two pictures of what they did."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    medipim = MedipimOptions(products=PRODUCTS, requests_per_minute=600)
    micropim = MicroPimOptions(reads_per_minute=6000, writes_per_minute=6000, attributes="map")
    with Sandbox(medipim=medipim, micropim=micropim) as box:
        print(f"Sandbox: Medipim at {box.medipim_url} with {PRODUCTS} products, MicroPIM at {box.micropim_url}, empty")
        print(f"Watch it in a browser: {box.page('micropim')} (change a product at {box.page('medipim')})")
        first = run(box, 1)
        show(box, first, "First run")
        show_texts(box)
        changed = change(box)
        print(f"\nIn Medipim {CHANGED} products get a new name and text; one is also renamed by hand in MicroPIM.")
        second = run(box, 2)
        show(box, second, "Second run")
        code = verdict(first, second, changed)
        print(f"The conflict waits for a decision in {(HOME / 'decisions.csv').relative_to(ROOT)}")
        print(f"A page to look at, with all that the second run did: {(newest_report() / 'report.html').as_uri()}")
        if "--keep" in sys.argv[1:]:
            keep(box)
    return code


def keep(box: Sandbox) -> None:
    """Both stay until Ctrl-C, for looking around and for another ``meltano run`` by hand."""
    names = ("TAP_MEDIPIM_", "TARGET_MICROPIM_", "MELTANO_DATABASE_URI")
    settings = {name: value for name, value in environment(box).items() if name.startswith(names)}
    (HOME / "keep.env").write_text("".join(f"export {n}='{v}'\n" for n, v in settings.items()), encoding="utf-8")
    print(f"\nThe sandbox stays until Ctrl-C: {box.page('micropim')} and {box.page('medipim')}")
    print("Change a product there, then in another terminal:\n  . .demo/keep.env")
    print("  .venv/bin/meltano --environment demo run tap-medipim target-micropim", flush=True)
    while True:
        time.sleep(3600)


def newest_report() -> Path:
    """The folder of the latest run."""
    return max((HOME / "reports").glob("*/report.json"), key=lambda path: path.stat().st_mtime).parent


def run(box: Sandbox, number: int) -> dict[str, Any]:
    """``meltano run`` with its log in .demo/; the report of target-micropim."""
    log = HOME / f"run-{number}.log"
    words = ["--environment", "demo", "run", "tap-medipim", "target-micropim"]
    print(f"\n$ meltano {' '.join(words)}   (log: {log.relative_to(ROOT)})", flush=True)
    if number == 1:
        print("Meltano sets up its project first; all in all this takes some half a minute", flush=True)
    began = time.monotonic()
    command = [str(Path(sys.executable).with_name("meltano")), *words]
    with log.open("wb") as file, ended(command, environment(box), file) as process:
        code = process.wait()
    if code:
        print(log.read_text(encoding="utf-8", errors="replace")[-3000:])
        raise SystemExit(f"meltano run ended with code {code}; the whole log is in {log}")
    print(f"done in {time.monotonic() - began:.0f} s")
    report_json: dict[str, Any] = json.loads((newest_report() / "report.json").read_text(encoding="utf-8"))
    return report_json


class Stop:
    """Turns SIGINT and SIGTERM into KeyboardInterrupt, but never between the birth of a process and its cleaning-up."""

    def __init__(self) -> None:
        self.held = False
        self.asked = False
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.asked = True
        if not self.held:
            raise KeyboardInterrupt

    def let_go(self) -> None:
        """The stretch that must not be torn apart is over. Raises KeyboardInterrupt when a signal came meanwhile."""
        self.held = False
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def ended(command: list[str], env: dict[str, str], log: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """A process in a group of its own, of which nothing is left afterwards."""
    STOP.held = True
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        STOP.let_go()
        yield process
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            end_group(process, sign)


def end_group(process: "subprocess.Popen[bytes]", sign: signal.Signals) -> None:
    """Signal a process and its children, and wait until none of them is left."""
    waited = time.monotonic() + GRACE_SECONDS
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sign)
        while time.monotonic() < waited:
            process.poll()  # buries the leader, so that its group can be seen to be empty
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def environment(box: Sandbox) -> dict[str, str]:
    """The settings that only this run knows, as Meltano reads them."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "MELTANO_DATABASE_URI": f"sqlite:///{HOME}/meltano.db",
        "TAP_MEDIPIM_API_URL": box.medipim_url,
        "TAP_MEDIPIM_API_KEY_ID": box.medipim.options.api_key_id,
        "TAP_MEDIPIM_API_KEY_SECRET": box.medipim.options.api_key_secret,
        "TAP_MEDIPIM_MARKET": box.medipim.options.market,
        "TAP_MEDIPIM__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
        "TARGET_MICROPIM_ATTRIBUTES_MODE": "values",
        "TARGET_MICROPIM_API_URL": box.micropim_url,
        "TARGET_MICROPIM_API_KEY": box.micropim.options.api_key,
        "TARGET_MICROPIM_LEDGER_URL": f"sqlite:///{HOME}/ledger.db",
        "TARGET_MICROPIM_REPORT_DIR": f"{HOME}/reports",
        "TARGET_MICROPIM_DECISIONS_FILE": f"{HOME}/decisions.csv",
    }


def change(box: Sandbox) -> int:
    """Twenty products change in Medipim, one of them by hand in MicroPIM too; the sandbox's own counts start anew."""
    in_micropim = {product["sku"]: product["id"] for product in box.micropim.products.values()}
    ids = [key for key in box.medipim.catalogue.products if key in in_micropim][:CHANGED]
    for key in ids:
        box.medipim.change(key, renamed)
    box.micropim.edit(in_micropim[ids[0]], name="Renamed by hand in MicroPIM")
    box.medipim.requests.clear()
    box.micropim.requests.clear()
    return len(ids)


def renamed(product: dict[str, Any]) -> None:
    """A new name in every language, a new text in the first description, and a picture less where there are several."""
    product["name"] = {locale: f"{name} (new)" for locale, name in product["name"].items() if name}
    for description in product["descriptions"][:1]:
        description["content"] = dict.fromkeys(description["content"], "<p>A new text.</p>")
    product["photos"] = product["photos"][:-1] or product["photos"]


def show(box: Sandbox, report: dict[str, Any], title: str) -> None:
    """What arrived in MicroPIM, as the sandbox sees it, and what the target says it did."""
    counts, streams = box.micropim.counts(), report["streams"]
    products = ", ".join(f"{number} {action}" for action, number in streams["products"].items())
    rows = {
        "in MicroPIM": ", ".join(f"{counts[name]} {name}" for name in ("products", "categories", "pictures")),
        "products": products,
        "pictures": ", ".join(f"{number} {state}" for state, number in report["pictures"].items()) or "none",
        "conflicts": "; ".join(row["what"] for row in report["conflicts"]) or "none",
        "rejects": str(report["totals"]["rejected"]),
        "unmapped": f"{report['totals']['unmapped']} brands and suppliers without an id (unmapped.csv)",
        "requests": f"Medipim {len(box.medipim.requests)}, MicroPIM {counts_of(box)}",
    }
    print(f"\n{title}")
    for name, text in rows.items():
        print(f"  {name:<12} {text}")


def show_texts(box: Sandbox) -> None:
    """A description that was composed of several types of text, with the legal text as its end."""
    composed = [one for one in box.micropim.products.values() if str(one["description"]).count("<h3>") > 1]
    legal = [one for one in composed if any(text in one["description"] for text in LEGAL.values())]
    for product in sorted(legal, key=lambda one: -one["description"].count("<h3>"))[:1]:
        print(f"\n  A description: {len(composed)} are composed of several texts, {len(legal)} end in a legal text")
        for line in re.sub(r"</?(?:p|h3|ul|li|div)>|<br>", "\n", product["description"]).split("\n"):
            if words := re.sub(r"<[^>]*>", "", line).strip():
                print(f"    {shorten(unescape(words), 100, placeholder=' ...')}")


def counts_of(box: Sandbox) -> str:
    """Reads and writes that MicroPIM has seen since the counts started."""
    kinds = [seen.kind for seen in box.micropim.requests]
    return f"{kinds.count('read')} reads and {kinds.count('write')} writes"


def verdict(first: dict[str, Any], second: dict[str, Any], changed: int) -> int:
    """Whether the second run carried just what changed."""
    products = second["streams"]["products"]
    travelled = products.get("updated", 0) + products.get("created", 0)
    ok = travelled == changed and first["streams"]["products"].get("created", 0) > 0
    print(f"\n{'Only what changed travelled' if ok else 'NOT what was expected'}: {travelled} of {changed} products.")
    return int(not ok)


if __name__ == "__main__":
    STOP = Stop()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        sys.exit(130)
