"""PyAirbyte as the client: check, two nights, a change, wrong keys; the catalogue is that of the Singer pair."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import Sandbox
from trials.airbyte.shop import (
    CHANGED,
    SingerPair,
    catalogue,
    change,
    destination_form,
    leaked,
    sandbox,
    source_form,
    writes,
)
from trials.airbyte.tools import DESTINATION, OUTSIDE, PYAIRBYTE, SOURCE, Json, Tools
from trials.singer_clients.results import Result, Verdict

PRODUCTS, FEW = 300, 40
NAME = "PyAirbyte"
ROLE = "client of both"
CLIENT_SECONDS = 300


@dataclass
class Client:
    """PyAirbyte in its own process, as somebody's script; a new one for each night, as a scheduler starts it."""

    tools: Tools
    box: Sandbox
    folder: Path
    said: list[bytes] = field(default_factory=list)

    def does(self, *jobs: Json) -> list[Json]:
        """What came of each job."""
        usual = {
            "source": source_form(self.box),
            "destination": destination_form(self.box, self.folder),
            "source_executable": str(self.tools.ours / SOURCE),
            "destination_executable": str(self.tools.ours / DESTINATION),
            "states": str(self.folder / "kept.duckdb"),
        }
        lines = "".join(json.dumps({**usual, **job}) + "\n" for job in jobs)
        environment = {
            **os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "HOME": str(self.folder),
            "AIRBYTE_LOGGING_ROOT": str(self.folder / "logs"), "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        done = subprocess.run(
            [str(self.tools.theirs / "python"), str(OUTSIDE / "sync.py")], input=lines.encode(), cwd=self.folder,
            env=environment, capture_output=True, check=False, timeout=CLIENT_SECONDS,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        found = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith(b"RESULT ")]
        if len(found) != len(jobs):
            raise RuntimeError(f"PyAirbyte ended early: {done.stderr.decode()[-2000:]}")
        return found


def try_nights(tools: Tools, folder: Path) -> Result:
    """Two nights and a change, beside the Singer pair."""
    products = FEW if tools.short else PRODUCTS
    with sandbox(products) as box, sandbox(products) as other:
        (folder / "airbyte").mkdir()
        client = Client(tools, box, folder / "airbyte")
        wrong = list(_nights(client, other, SingerPair(tools.ours, other, folder / "singer")))
        wrong += leaked(client.folder, *client.said)
        made = len(box.micropim.products)
    ran = f"check, {made} products made, a second night, {CHANGED} changed, wrong keys, states in DuckDB, every stream"
    return Result(NAME, PYAIRBYTE.version, ROLE, ran, Verdict.FAILED if wrong else Verdict.PASSED, tuple(wrong))


def _nights(client: Client, other: Sandbox, singer: SingerPair) -> Iterator[str]:
    box = client.box
    bad_source = {**source_form(box), "api_key_secret": "wrong"}
    bad_destination = {**destination_form(box, client.folder), "api_key": "wrong"}
    *good, first = client.does(
        {"do": "check", "side": "source"}, {"do": "check", "side": "destination"}, {"do": "sync"}
    )
    yield from (f"failed: {one['error']}" for one in (*good, first) if not one["ok"])
    singer.night()
    yield from _differences(box, other, "first night")
    before, asked = writes(box), len(box.medipim.requests)
    wrong_keys: list[Json] = [
        {"do": "check", "side": "source", "source": bad_source},
        {"do": "check", "side": "destination", "destination": bad_destination},
        {"do": "sync", "source": bad_source},
    ]
    again, *refused = client.does({"do": "sync"}, *(wrong_keys[:1] if client.tools.short else wrong_keys))
    if not again["ok"] or writes(box) != before:
        yield f"the second night wrote {writes(box) - before} times: {again}"
    if not any("updatedSince" in json.dumps(request.body) for request in list(box.medipim.requests)[asked:]):
        yield "the second night did not ask from its state on"
    yield from (f"a wrong key passed: {one}" for one in refused if one["ok"])
    for one in (box, other):
        change(one)
    before = writes(box)
    (third,) = client.does({"do": "sync"})
    singer.night()
    if not third["ok"] or writes(box) - before != CHANGED:
        yield f"{CHANGED} changed, {writes(box) - before} were written: {third}"
    yield from _differences(box, other, "after the change")


def _differences(box: Sandbox, other: Sandbox, when: str) -> Iterator[str]:
    here, there = catalogue(box), catalogue(other)
    if not there["products"]:
        yield f"{when}: the Singer pair wrote nothing"
    for kind in ("products", "categories"):
        if here[kind] != there[kind]:
            yield f"{when}: {kind} differ from the Singer pair's ({len(here[kind])}, {len(there[kind])})"
