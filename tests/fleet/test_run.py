"""micropim-fleet run: Meltano is started in the right order, with what is needed and nothing of other shops."""

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from micropim_fleet.attempts import attempts_in
from micropim_fleet.fleet import Fleet, load
from micropim_fleet.meltano_file import project
from micropim_fleet.mistakes import CannotGoOn
from micropim_fleet.run import Runner, variable_of
from tests.fleet.conftest import FLEET, VARIABLES, Written

MELTANO = """#!/bin/sh
echo "$@" >> called
env | grep -E 'KEY|BE_|PASSWORD|DRY_RUN|MELTANO|(PROXY|proxy)=' | sort > environment
echo "2026-11-30 INFO a line" >&2
test -f fails && { echo "2026-11-30 [error    ] it broke" >&2; echo "INFO the end" >&2; exit 3; }
test -f waits && { echo started >&2; exec sleep 20; }
exit 0
"""


class Kept:
    """A store that notes what it is asked, in place of PostgreSQL."""

    def __init__(self, broken: str = "") -> None:
        self.asked: list[str] = []
        self._broken = broken

    def prepare(self) -> None:
        """As the store."""
        if self._broken:
            raise CannotGoOn(self._broken)
        self.asked.append("prepare")

    def apply(self, sql: str) -> None:
        """As the store."""
        self.asked.append(f"apply {len(sql) > 100}")

    def begin_reading(self, market: str, wall: Callable[[], float]) -> None:
        """As the store."""
        self.asked.append(f"begin {market} {wall():.0f}")

    def end_reading(self, market: str) -> None:
        """As the store."""
        self.asked.append(f"end {market}")


@pytest.fixture
def fleet(written: Written, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet beside a stand-in for Meltano, which notes how it was called."""
    folder = written().parent
    (folder / "bin").mkdir()
    (folder / "bin" / "meltano").write_text(MELTANO)
    (folder / "bin" / "meltano").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    return load(folder / "fleet.yml")


def runner(fleet: Fleet, store: Kept, variables: Mapping[str, str] = VARIABLES, **flags: bool) -> Runner:
    """A runner whose clock stands still."""
    return Runner(fleet, {"PATH": os.environ["PATH"], **variables}, store, lambda: 1_796_000_000.0, **flags)


def test_a_market_is_read_while_shops_see_nothing_newer(fleet: Fleet) -> None:
    """The keys of shops are not in its environment."""
    store = Kept()
    assert runner(fleet, store).run(fleet.markets["be"]) == 0
    assert store.asked == ["prepare", "begin be 1796000000", "end be"]
    assert (fleet.root / "called").read_text() == "run --force tap-medipim--be target-postgres--be\n"
    environment = (fleet.root / "environment").read_text()
    assert "BE_SECRET=secret-BE_SECRET\n" in environment
    assert "PGPASSWORD=secret-DB_PASSWORD\n" in environment
    assert "GENT_KEY" not in environment
    (attempt,) = attempts_in(fleet.root / ".micropim" / "markets" / "be")
    assert (attempt.exit_code, attempt.started_at, attempt.said) == (0, "2026-11-30T00:53:20Z", "")


def test_a_shop_reads_the_store_only(fleet: Fleet) -> None:
    """No key of Medipim, no key of another shop; a full one and a plan are asked for in Meltano's words."""
    store = Kept()
    variables = {**VARIABLES, "MELTANO_ENVIRONMENT": "prod"}
    assert runner(fleet, store, variables, full=True, dry_run=True).run(fleet.shops["gent"]) == 0
    assert store.asked == ["prepare", "apply True"]
    called = (fleet.root / "called").read_text()
    assert called == "run --force --full-refresh tap-postgres--gent target-micropim--gent\n"
    environment = (fleet.root / "environment").read_text()
    assert "GENT_KEY=secret-GENT_KEY\n" in environment
    assert "TARGET_MICROPIM__GENT_DRY_RUN=true\n" in environment
    assert not any(name in environment for name in ("BRUGGE_KEY", "BE_SECRET", "BE_ID"))
    place = fleet.root / ".micropim" / "fleet" / "projects" / "gent"
    assert f"MELTANO_PROJECT_ROOT={place}\n" in environment
    assert "MELTANO_ENVIRONMENT=fleet\n" in environment
    assert f"MELTANO_SYS_DIR_ROOT={fleet.root / '.meltano'}\n" in environment
    own, whole = yaml.safe_load((place / "meltano.yml").read_text()), project(fleet)
    for kind, number in (("extractors", 3), ("loaders", 3)):
        assert len(own["plugins"][kind]) == number
        assert all(plugin in whole["plugins"][kind] for plugin in own["plugins"][kind])
    assert variable_of(fleet.shops["gent"], "dry_run") == "TARGET_MICROPIM__GENT_DRY_RUN"


def test_a_shop_leaves_by_the_address_of_its_egress(fleet: Fleet, written: Written) -> None:
    """In place of a proxy that the environment names for all; a market is read the usual way."""
    text = FLEET.replace("writes_per_minute: 60", 'writes_per_minute: 60, proxy: "${NORTH_PROXY}"')
    fleet = load(written(text=text))
    variables = {**VARIABLES, "NORTH_PROXY": "http://a:b@north.example:3128", "HTTPS_PROXY": "http://usual.example:1"}
    assert runner(fleet, Kept(), variables).run(fleet.shops["gent"]) == 0
    environment = (fleet.root / "environment").read_text()
    for name in ("HTTPS_PROXY", "https_proxy"):
        assert f"{name}=http://a:b@north.example:3128\n" in environment
    assert runner(fleet, Kept(), variables).run(fleet.markets["be"]) == 0
    assert "HTTPS_PROXY=http://usual.example:1\n" in (fleet.root / "environment").read_text()


def test_a_proxy_whose_variable_is_not_set_stops_its_shops(fleet: Fleet, written: Written) -> None:
    """Without it they would leave by another address, and use up another limit."""
    text = FLEET.replace("writes_per_minute: 60", 'writes_per_minute: 60, proxy: "${NORTH_PROXY}"')
    fleet = load(written(text=text))
    assert runner(fleet, Kept()).run(fleet.shops["gent"]) == 1
    assert attempts_in(fleet.reports(fleet.shops["gent"]))[-1].said == "not set: NORTH_PROXY"


def test_a_failure_is_one_line_and_is_noted(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line that tells of one; the market is shown all the same: nothing is being written any more."""
    (fleet.root / "fails").touch()
    store = Kept()
    assert runner(fleet, store).run(fleet.markets["be"]) == 3
    assert store.asked[-1] == "end be"
    assert capsys.readouterr().err.splitlines()[-1] == (
        "micropim-fleet: be failed (exit code 3): 2026-11-30 [error ] it broke"
    )
    (attempt,) = attempts_in(fleet.root / ".micropim" / "markets" / "be")
    assert (attempt.exit_code, attempt.said) == (3, "2026-11-30 [error ] it broke")


@pytest.mark.parametrize(
    ("variables", "broken", "said"),
    [
        ({**VARIABLES, "GENT_KEY": " "}, "", "not set: GENT_KEY"),
        ({"GENT_KEY": "x"}, "", "not set: DB_PASSWORD"),
        (VARIABLES, "the store: no route", "the store: no route"),
    ],
)
def test_what_stops_before_meltano_is_noted_too(
    fleet: Fleet, variables: dict[str, str], broken: str, said: str
) -> None:
    """Another shop's missing key stops nobody else."""
    assert runner(fleet, Kept(broken), variables).run(fleet.shops["gent"]) == 1
    assert attempts_in(fleet.reports(fleet.shops["gent"]))[0].said == said
    assert not (fleet.root / "called").exists()


def test_meltano_that_is_not_there_is_named(fleet: Fleet) -> None:
    """And nothing of a traceback."""
    (fleet.root / "bin" / "meltano").unlink()
    one = Runner(fleet, {**VARIABLES, "PATH": "/nowhere"}, Kept(), lambda: 0.0)
    os.environ["PATH"] = "/nowhere"  # the fixture puts it back
    assert one.run(fleet.shops["gent"]) == 1
    assert "meltano cannot be started" in attempts_in(fleet.reports(fleet.shops["gent"]))[0].said


def test_who_stops_it_stops_meltano(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal goes on to it, and no further run begins."""
    (fleet.root / "waits").touch()
    one = runner(fleet, Kept())
    write = os.write

    class Told:
        """Standard error that stops the process when Meltano says that it has started."""

        def write(self, line: str) -> int:
            """Once."""
            if line == "started\n":
                os.kill(os.getpid(), signal.SIGTERM)
            return write(2, line.encode())

    monkeypatch.setattr("sys.stderr", Told())
    assert one.run(fleet.shops["gent"]) == 130
    assert one.stopped


def test_an_unknown_name_is_told_with_its_nearest(fleet: Fleet) -> None:
    """Before anything is started."""
    with pytest.raises(CannotGoOn, match=r"has no market or shop gnet; was gent meant\?"):
        runner(fleet, Kept()).owner("gnet")


def test_notes_of_attempts_stay_few(tmp_path: Path) -> None:
    """A line that was cut is passed over."""
    (tmp_path / "attempts.jsonl").write_text('{"started_at": "a", "finished_at"\n[]\n' + json.dumps({"exit_code": "x"}))
    assert attempts_in(tmp_path) == []
    assert attempts_in(tmp_path / "none") == []
