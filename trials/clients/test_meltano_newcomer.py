"""A newcomer's Meltano project, from ``meltano init`` on: each step once, in the order in which somebody comes to it.

The keys are marked ones, and the runs that make and that fail are at the log level that shows everything: no key may be
written.
In the long form (``INSTALLS``) Meltano installs the wheel of this checkout and a mapper of others. In the short one
the plugins are those of this environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sandbox import Fault, MedipimOptions, MicroPimOptions, Sandbox
from trials.canary import KEY, KEY_ID, SECRET, leaks, written

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
INSTALLS = bool(os.environ.get("NEWCOMER_INSTALLS"))
LOST = {"select": ["products.*", "categories.*"]}  # what --from-ref leaves out: docs/install.md
PAIR = ("tap-medipim", "target-micropim")
PRODUCTS = 6
MAPPER = {
    "name": "meltano-map-transform", "namespace": "meltano_map_transform", "pip_url": "meltano-map-transform==0.12.3",
    "executable": "meltano-map-transform", "settings": [{"name": "stream_maps", "kind": "object"}],
    "mappings": [{"name": "upper", "config": {"stream_maps": {"products": {"supplierReference": "str(id).upper()"}}}}],
}  # fmt: skip


class Newcomer:
    """A folder, a shop in Belgium, later one in France, and the commands that somebody types."""

    def __init__(self, folder: Path, belgium: Sandbox, france: Sandbox) -> None:
        self.project = folder / "shop"
        self.belgium, self.france = belgium, france
        self._folder = folder
        self._runs = 0

    def types(self, *words: str, within: Path | None = None) -> None:
        """A command that has to go well."""
        done = self._meltano(words, within or self.project)
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def night(self, *words: str, environment: str = "dev", level: str = "info", code: int = 0) -> bytes:
        """``meltano run``; what it said is kept beside what it wrote."""
        self._runs += 1
        done = self._meltano(["--log-level", level, "--environment", environment, "run", *words], self.project)
        (self.project / f"said-{self._runs}.log").write_bytes(done.stdout + done.stderr)
        assert done.returncode == code, done.stderr.decode()[-3000:]
        return done.stderr

    def _meltano(self, words: "list[str] | tuple[str, ...]", folder: Path) -> "subprocess.CompletedProcess[bytes]":
        path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
        env = {**os.environ, "PATH": path, "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"}
        command = [str(BIN / "meltano"), *words]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False, timeout=200)

    def edits(self) -> None:
        """meltano.yml by hand: what was lost, a second shop that inherits, and an environment of its own for it."""
        file = self.project / "meltano.yml"
        editor = YAML()  # as Meltano's own: to older readers a mode that is off would be false
        project: dict[str, Any] = editor.load(file)
        tap, target = project["plugins"]["extractors"][0], project["plugins"]["loaders"][0]
        assert not LOST.keys() & tap.keys(), "--from-ref keeps it by now: say so in docs/install.md"
        tap.update(LOST)
        for plugin in (tap, target):
            ours = {"executable": str(BIN / plugin["name"]), "pip_url": None}
            plugin.update({"pip_url": str(wheel(self._folder))} if INSTALLS else ours)
        project["plugins"]["extractors"].append({"name": "tap-medipim-fr", "inherit_from": "tap-medipim"})
        project["plugins"]["loaders"].append({"name": "target-micropim-fr", "inherit_from": "target-micropim"})
        in_france = {"extractors": [{"name": "tap-medipim-fr", "config": {"market": "fr"}}],
                     "loaders": [{"name": "target-micropim-fr", "config": {"locale": "fr"}}]}  # fmt: skip
        project["environments"] = [{"name": "dev"}, {"name": "prod", "config": {"plugins": in_france}}]
        project["state_backend"] = {"uri": f"file://{self.project}/states"}
        if INSTALLS:
            project["plugins"]["mappers"] = [MAPPER]
        editor.dump(project, file)

    def fills_in_env(self) -> None:
        """.env, where keys belong."""
        settings = {"TARGET_MICROPIM_LOCALE": "nl", "TARGET_MICROPIM_FR_LEDGER_URL": "sqlite:///.micropim-fr/ledger.db"}
        for suffix, box in (("", self.belgium), ("_FR", self.france)):
            tap, target = f"TAP_MEDIPIM{suffix}", f"TARGET_MICROPIM{suffix}"
            settings |= {
                f"{tap}_API_URL": box.medipim_url, f"{tap}_API_KEY_ID": KEY_ID, f"{tap}_API_KEY_SECRET": SECRET,
                f"{target}_API_URL": box.micropim_url, f"{target}_API_KEY": KEY,
                f"{tap}_REQUESTS_PER_MINUTE": "6000", f"{target}_READS_PER_MINUTE": "6000",
                f"{target}_WRITES_PER_MINUTE": "6000",
            }  # fmt: skip
        text = "".join(f"{name}='{value}'\n" for name, value in settings.items())
        (self.project / ".env").write_text(text, encoding="utf-8")

    def states(self) -> dict[str, Any]:
        """What the state backend holds, by the id of the state."""
        found = sorted((self.project / "states").rglob("state.json"))
        return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in found}


def wheel(folder: Path) -> Path:
    """The wheel of this checkout, built once."""
    if not (made := sorted(folder.glob("*.whl"))):
        build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
        subprocess.run([sys.executable, *build], check=True, capture_output=True, timeout=200)
        made = sorted(folder.glob("*.whl"))
    return made[0]


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """With both services of both shops."""
    boxes = [
        Sandbox(
            MedipimOptions(
                products=PRODUCTS, market=market, api_key_id=KEY_ID, api_key_secret=SECRET, requests_per_minute=None
            ),
            MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None),
        )
        for market in ("be", "fr")
    ]
    with boxes[0] as belgium, boxes[1] as france:
        yield Newcomer(tmp_path, belgium, france)


def written_since(box: Sandbox) -> list[str]:
    """The writes that MicroPIM has seen since it was last asked."""
    found = [f"{one.method} {one.path}" for one in box.micropim.requests if one.method != "GET"]
    box.micropim.requests.clear()
    return found


def begins(newcomer: Newcomer) -> None:
    """A project, our plugins by the definitions that the Hub would have, meltano.yml and keys."""
    newcomer.types("init", "shop", within=newcomer.project.parent)
    for plugin in PAIR:
        newcomer.types("add", plugin, "--from-ref", str(ROOT / "hub" / f"{plugin}.yml"), "--no-install")
    newcomer.edits()
    newcomer.fills_in_env()
    if INSTALLS:
        newcomer.types("install")


def runs_its_nights(newcomer: Newcomer) -> None:
    """All is made; of what changed one product is; read anew, nothing else is."""
    shop = newcomer.belgium
    newcomer.night(*PAIR, level="debug")
    assert written_since(shop).count("POST /api/products") == shop.micropim.counts()["products"] > 0
    options = [(), ("--refresh-catalog",), ("--full-refresh",)]
    for each in options if INSTALLS else [("--refresh-catalog", "--full-refresh")]:
        changes_a_product(shop)
        newcomer.night(*each, *PAIR)
        (patched,) = written_since(shop)
        assert patched.startswith("PATCH /api/products/")


def changes_a_product(shop: Sandbox) -> None:
    """Its name, at Medipim."""
    some = next(key for key, one in shop.medipim.catalogue.products.items() if one["status"] == "active")
    shop.medipim.change(some, lambda one: one["name"].update(nl=f"{one['name']['nl']} nieuw"))


def gets_a_second_shop(newcomer: Newcomer) -> None:
    """By plugins that inherit, in an environment of its own; the state backend keeps them apart."""
    newcomer.night("tap-medipim-fr", "target-micropim-fr", environment="prod")
    assert written_since(newcomer.belgium) == []
    assert newcomer.france.micropim.counts()["products"] > 0
    states = newcomer.states()
    assert sorted(states) == ["dev:tap-medipim-to-target-micropim", "prod:tap-medipim-fr-to-target-micropim-fr"]
    for state in states.values():
        assert {"products", "media"} & state["completed"]["singer_state"]["bookmarks"].keys() == {"products"}


def puts_a_mapper_between(newcomer: Newcomer) -> None:
    """One of others, which the pair does not notice."""
    newcomer.night("--full-refresh", "tap-medipim", "upper", "target-micropim")


def has_its_keys_refused(newcomer: Newcomer) -> None:
    """By services that answer with the very key."""
    shop = newcomer.belgium
    for service, key in ((shop.medipim, SECRET), (shop.micropim, KEY)):
        service.faults.add(Fault("status", status=401, times=None, body=f"you sent {key}"))
    assert b"does not accept the key" in newcomer.night(*PAIR, level="debug", code=1)


@pytest.mark.timeout(600)
def test_a_newcomers_project(newcomer: Newcomer) -> None:
    """From nothing to two shops; no key stands in logs, states, Meltano's database, ledgers and reports."""
    begins(newcomer)
    runs_its_nights(newcomer)
    gets_a_second_shop(newcomer)
    if INSTALLS:
        puts_a_mapper_between(newcomer)
    has_its_keys_refused(newcomer)

    (newcomer.project / ".env").unlink()
    names = {path.name for path in newcomer.project.rglob("*")}
    assert {"meltano.db", "ledger.db", "report.json", "state.json"} <= names
    assert leaks(*written(newcomer.project)) == []
