"""Two services with marked keys, the forms for both connectors, and the Singer pair over the same nights."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.micropim.snapshot import catalogue_snapshot
from trials.canary import KEY, KEY_ID, OWN_SETTINGS, SECRET, leaks, written

Json = dict[str, Any]
CHANGED = 20
FAST = 100_000
PAIR = "set -o pipefail; {bin}/tap-medipim --config {tap} {state} | {bin}/target-micropim --config {target}"
RUN_SECONDS = 120


def sandbox(products: int, market: Any = "be") -> Sandbox:
    """Without limits; the same catalogue each time."""
    medipim = MedipimOptions(
        products=products, market=market, api_key_id=KEY_ID, api_key_secret=SECRET, requests_per_minute=None
    )
    return Sandbox(medipim, MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None))


def source_form(box: Sandbox, **more: Any) -> Json:
    """The form of the source; the tap's settings too."""
    return {
        "api_key_id": KEY_ID, "api_key_secret": SECRET, "market": box.medipim.options.market,
        "api_url": box.medipim_url, "requests_per_minute": FAST, **more,
    }  # fmt: skip


def destination_form(box: Sandbox, folder: Path, **more: Any) -> Json:
    """The form of the destination, whose limits are texts, since ``auto`` is one; the target's settings too."""
    return {
        "api_url": box.micropim_url, "api_key": KEY, "locale": "nl", "reads_per_minute": str(FAST),
        "writes_per_minute": str(FAST), "ledger_url": f"sqlite:///{folder}/ledger.db",
        "report_dir": str(folder / "reports"), "decisions_file": str(folder / "decisions.csv"), **more,
    }  # fmt: skip


def change(box: Sandbox) -> None:
    """Twenty products have another name."""
    catalogue = box.medipim.catalogue
    active = [key for key, entry in catalogue.entries.items() if entry.head.status == "active"]
    for key in active[:CHANGED]:
        catalogue.change(key, lambda raw: raw["name"].update(dict.fromkeys(raw["name"], f"Another {raw['id']}")))


def writes(box: Sandbox) -> int:
    """Requests so far that could change something in MicroPIM."""
    return sum(request.method != "GET" for request in box.micropim.requests)


def catalogue(box: Sandbox) -> Any:
    """What MicroPIM holds, free of its ids."""
    return catalogue_snapshot(box.micropim.store)


class SingerPair:
    """``tap-medipim | target-micropim`` over services of its own, night after night."""

    def __init__(self, ours: Path, box: Sandbox, folder: Path) -> None:
        folder.mkdir()
        self._ours, self._folder = ours, folder
        for name, form in (("tap", source_form(box)), ("target", destination_form(box, folder))):
            (folder / f"{name}{OWN_SETTINGS}").write_text(json.dumps(form), encoding="utf-8")

    def night(self) -> None:
        """One run; the last state is kept. Raises RuntimeError when it fails."""
        state = self._folder / "state.json"
        script = PAIR.format(
            bin=shlex.quote(str(self._ours)),
            tap=f"tap{OWN_SETTINGS}",
            target=f"target{OWN_SETTINGS}",
            state="--state state.json" if state.exists() else "",
        )
        done = subprocess.run(
            ["bash", "-c", script], cwd=self._folder, capture_output=True, check=False, timeout=RUN_SECONDS
        )
        if done.returncode:
            raise RuntimeError(f"the Singer pair ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
        if lines := done.stdout.splitlines():
            state.write_bytes(lines[-1])


def leaked(folder: Path, *texts: bytes) -> Iterator[str]:
    """Marked keys in what was said or written."""
    if found := leaks(*texts, *written(folder)):
        yield f"a key was written: {found[0]!r}"
