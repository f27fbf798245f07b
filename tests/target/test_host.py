"""The API for programs that write to MicroPIM: the same run as the Singer target's, without the SDK in between."""

import logging
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from pim_wire.errors import InvalidInput, InvalidSettings
from target_micropim.errors import TooMany
from target_micropim.host import open_run


def products(singer: Any, *numbers: int) -> list[dict[str, Any]]:
    """Products of the source."""
    return [singer.product(number) for number in numbers]


def test_a_program_hands_records_over_and_learns_what_is_safe(world: Any, singer: Any) -> None:
    """Two nights; in the second nothing is written."""
    for writes in (3, 0):
        states: list[Any] = []
        world.forget_requests()
        with open_run(world.settings(), states.append, clock=world.clock) as run:
            run.declare("products", {"properties": {"id": {}, "name": {}}}, ["id"])
            for record in products(singer, 1, 2, 3):
                run.receive("products", record)
            run.checkpoint({"at": 3})
        assert states == [{"at": 3}]
        assert len(world.writes()) == writes
        assert (run.folder / "report.json").is_file()
    assert sorted(one["sku"] for one in world.pim.products.values()) == ["1", "2", "3"]


@pytest.mark.parametrize("within", [(), ("record",), ("record", "data")])
def test_a_record_may_come_with_its_text(world: Any, singer: Any, within: tuple[str, ...]) -> None:
    """Its own, or a message that holds it."""
    message: Any = singer.product(1)
    for name in reversed(within):
        message = {name: message}
    with open_run(world.settings()) as run:
        run.receive("products", singer.product(1), orjson.dumps(message), within)
    assert [body["sku"] for body in world.bodies("POST")] == ["1"]


def test_every_mistake_in_the_settings_is_told_at_once_and_nothing_is_made(world: Any) -> None:
    """As the Singer target tells them, without a secret; the mapping that was given stays as it was."""
    given = world.settings(currency="euro", max_in_flight="many", api_key=None)
    with pytest.raises(InvalidSettings) as refused:
        open_run(given)
    assert "Setting api_key is missing: give it as config['api_key']" in str(refused.value)
    assert "max_in_flight" in str(refused.value)
    assert "dry_run" not in given
    with pytest.raises(InvalidSettings, match="dry_run meant"):
        open_run(world.settings(dryrun=True))
    assert not (world.folder / "ledger.db").exists()


def test_the_environment_is_not_read(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mapping is all there is."""
    monkeypatch.setenv("TARGET_MICROPIM_DRY_RUN", "true")
    monkeypatch.setenv("TARGET_MICROPIM_API_KEY", "another")
    with open_run(world.settings()) as run:
        assert not run.engine.report.folder.joinpath("plan.jsonl").exists()


def test_a_schema_of_which_every_record_would_be_a_reject_is_refused(world: Any) -> None:
    """Before the first of them."""
    with (
        pytest.raises(InvalidInput, match="'products' cannot be used: it declares no name"),
        open_run(world.settings()) as run,
    ):
        run.declare("products", {"properties": {"id": {}, "color": {}}}, ["id"])


def test_a_block_that_fails_keeps_what_is_safe(world: Any, singer: Any) -> None:
    """The run is aborted, its report says why, and the next run goes on."""
    states: list[Any] = []
    run = open_run(world.settings(), states.append)

    def block() -> None:
        with run:
            run.receive("products", singer.product(1))
            run.checkpoint({"at": 1})
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        block()
    assert states == [{"at": 1}]
    assert orjson.loads((run.folder / "report.json").read_bytes())["stopped_by"] == "no more"
    with open_run(world.settings()) as again:
        again.receive("products", singer.product(2))


def test_rejects_are_counted_between_positions(world: Any, singer: Any) -> None:
    """A host says of each checkpoint how many records went in, and how many did not."""
    places: list[int] = []
    with open_run(world.settings()) as run:
        for record in ({"id": "1"}, singer.product(2), {"id": "3"}, {"id": "4"}):
            run.receive("products", record)
            run.checkpoint({"at": record["id"]})
            places.append(run.position)
        run.refuse("products", {"id": "5"}, "cut off")
        run.refuse("weather", "x", "a stream that MicroPIM has no place for")
    assert places == [1, 2, 3, 4]
    assert [run.rejected(at - 1, at) for at in (1, 2, 3, 4, 5, 6)] == [1, 0, 1, 1, 1, 0]
    assert run.rejected(0, 6) == 4


def test_a_run_over_its_limit_raises_and_lets_no_state_go(world: Any) -> None:
    """At the end of the block, as the Singer target does at the end of its input."""
    states: list[Any] = []
    run = open_run(world.settings(max_rejects=1), states.append)
    run.receive("products", {"id": "1"})
    run.receive("products", {"id": "2"})
    run.checkpoint({"at": 2})
    with pytest.raises(TooMany):
        run.finish()
    assert states == []


def test_no_log_shows_the_key(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whichever program logs it."""
    key = world.settings()["api_key"]
    with caplog.at_level(logging.INFO), open_run(world.settings()) as run:
        run.receive("products", {"id": f"1 {key}"})
    assert "1 **** rejected" in caplog.text
    assert key not in caplog.text


def test_the_example_of_the_page_writes_and_then_changes_nothing(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its ten lines as they stand, with the address of the sandbox."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "own-host.md"
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    here = world.settings(profile="native", locale=None)
    for writes in (2, 0):
        world.forget_requests()
        exec(example.replace("open_run(settings,", "open_run({**settings, **here},"), {"KEY": "", "here": here})  # noqa: S102
        assert len(world.writes()) == writes
        assert capsys.readouterr().out.splitlines()[-1] == "{'rows done': 2}"
    assert sorted(each["sku"] for each in world.pim.products.values()) == ["A-1", "A-2"]
