"""A bookmark knows what it is for: what was read elsewhere, or of less, says nothing about what is asked now."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from tap_medipim.settings import setting_errors

Run = Callable[..., Any]
Make = Callable[..., Sandbox]


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    """The warnings with these words."""
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


def move(box: Sandbox, seconds: int) -> None:
    """All products were updated so many seconds earlier."""
    for key, raw in box.medipim.catalogue.products.items():
        box.medipim.catalogue._changed(key, lambda _: None, raw["meta"]["updatedAt"] - seconds)


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_a_state_of_another_place_is_not_believed(
    endpoint: str, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """All is read there, said once; the next night believes what this one has read."""
    first, second = sandbox(products=60), sandbox(products=80, seed=2)
    move(second, 86_400 * 400)
    state = run_tap(first, "products", products_endpoint=endpoint).state
    caplog.clear()
    night = run_tap(second, "products", state=state, products_endpoint=endpoint)
    assert set(night.ids()) == set(second.medipim.catalogue.products)
    (line,) = said(caplog, "does not count, everything is read")
    assert first.medipim_url in line
    assert second.medipim_url in line
    caplog.clear()
    again = run_tap(second, "products", state=night.state, products_endpoint=endpoint)
    assert len(again.ids()) < 80
    assert not said(caplog, "does not count")


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"market": "fr"}, "market was be and is fr"),
    ({"environment": "sandbox"}, "environment was production and is sandbox"),
    ({"api_version": "v3"}, "api_version was v4 and is v3"),
    ({"filter": {"status": "active"}}, "the filter setting changed"),
    ({"api_key_id": "2"}, "api_key_id"),
]


@pytest.mark.parametrize(("changed", "words"), CHANGES)
def test_whatever_differs_is_named(
    changed: dict[str, Any], words: str, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Market, version, environment, key and filter; the key's id stands nowhere in the state."""
    box = sandbox(products=40)
    state = run_tap(box, "products").state
    if "api_key_id" in changed:
        state = json.loads(json.dumps(state).replace(state["bookmarks"]["products"]["source"]["api_key_id"], "0f"))
        changed = {}
    caplog.clear()
    night = run_tap(box, "products", state=state, **changed)
    assert night.error is None
    wanted = changed.get("filter", {}).get("status")
    every = box.medipim.catalogue.products.items()
    assert set(night.ids()) == {key for key, raw in every if wanted in {None, raw["status"]}}
    (line,) = said(caplog, "does not count")
    assert words in line


def test_the_key_is_not_in_the_state(sandbox: Make, run_tap: Run) -> None:
    """A digest of its id tells keys apart."""
    box = sandbox(products=3, api_key_id="key-1234567")
    text = json.dumps(run_tap(box, "products").state)
    assert "key-1234567" not in text
    assert box.medipim.options.api_key_secret not in text


@pytest.mark.parametrize("extra", [{}, {"replication_key": "updated_at"}, {"another_tools": [1]}])
def test_a_bookmark_of_an_earlier_release_is_adopted(
    extra: dict[str, Any], sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """It says nothing of where it was made, and is believed without a word."""
    box = sandbox(products=40)
    full = run_tap(box, "products").state
    saved = {"replication_key_value": full["bookmarks"]["products"]["replication_key_value"], **extra}
    caplog.clear()
    night = run_tap(box, "products", state={"bookmarks": {"products": saved}})
    assert 0 < len(night.ids()) < 40
    assert not said(caplog, "does not count")
    assert night.state["bookmarks"]["products"]["source"]["market"] == "be"


@pytest.mark.parametrize("key", ["last_modified", "id", "", 7, ["updated_at"]])
def test_a_bookmark_of_another_tap_is_not_believed(
    key: Any, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream of the same name, followed by another field: all is read, which is said."""
    box = sandbox(products=20)
    saved = {"replication_key": key, "replication_key_value": "2026-11-01T00:00:00Z"}
    night = run_tap(box, "products", state={"bookmarks": {"products": saved}})
    assert night.error is None
    assert len(night.ids()) == 20
    (line,) = said(caplog, "does not count")
    assert "replication_key" in line
    assert night.state["bookmarks"]["products"]["replication_key"] == "updated_at"


@pytest.mark.parametrize("source", ["x", 7, [], {"api_url": 7}, {"market": {"a": 1}}])
def test_circumstances_of_another_shape_are_not_believed(source: Any, sandbox: Make, run_tap: Run) -> None:
    """No traceback: all is read."""
    box = sandbox(products=20)
    state = run_tap(box, "products").state
    state["bookmarks"]["products"]["source"] = source
    night = run_tap(box, "products", state=state)
    assert night.error is None
    assert len(night.ids()) == 20


def test_an_earlier_start_date_reads_what_was_left_out(
    sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """The bookmark covers what was updated since its own start date only; taken out, all is read."""
    box = sandbox(products=60)
    late = run_tap(box, "products", start_date="2026-06-01")
    assert 0 < len(late.ids()) < 60
    caplog.clear()
    earlier = run_tap(box, "products", state=late.state, start_date="2025-12-01")
    assert len(late.ids()) < len(earlier.ids()) < 60
    assert said(caplog, "start_date was 2026-06-01")
    assert len(run_tap(box, "products", state=earlier.state).ids()) == 60


def test_a_start_date_after_the_bookmark_is_told(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """What lies between is not read, and that is said; when it is taken out, all is read."""
    box = sandbox(products=40)
    box.medipim.change(next(iter(box.medipim.catalogue.products)), lambda _: None)
    state = run_tap(box, "products", start_date="2025-01-01").state
    caplog.clear()
    night = run_tap(box, "products", state=state, start_date="2026-11-02")
    assert night.error is None
    assert not night.ids()
    assert said(caplog, "is later than the bookmark")
    assert len(run_tap(box, "products", state=night.state, start_date="2025-01-01").ids()) > 30


def test_a_start_date_in_the_future_is_refused(sandbox: Make, tap_config: Any, tap_command: Any) -> None:
    """By name, and whatever the command is: a run of it would read nothing, every night, as a success."""
    config = tap_config(sandbox(products=5), start_date="2162-01-01")
    for arguments in ([], ["--test"]):
        ended = tap_command(config, *arguments)
        assert ended.code == 1
        assert "start_date: 2162-01-01T00:00:00Z lies in the future" in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(("now", "is_refused"), [(0, False), (1_793_500_000, True), (2_903_299_200, False)])
def test_a_clock_that_was_never_set_refuses_no_start_date(now: int, is_refused: bool) -> None:
    """Nor does one that is a day late."""
    config = {"api_key_id": "1", "api_key_secret": "x" * 8, "market": "be", "environment": "production"}
    config |= {"start_date": "2062-01-01", "api_version": "v4", "products_endpoint": "stream"}
    assert bool(list(setting_errors(config, now))) is is_refused
