"""What one failure stops, what it leaves alone, and how that shows."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.errors import AccessDenied, WireGaveUp, WireRefused
from sandbox import Fault, Sandbox

Run = Callable[..., Any]
Make = Callable[..., Sandbox]


def test_a_refused_key_stops_the_run_with_the_first_request(sandbox: Make, run_tap: Run) -> None:
    """401 is asked once, not once a stream, and the message names the settings."""
    box = sandbox()
    run = run_tap(box, api_key_secret="wrong-secret-value")
    assert isinstance(run.error, AccessDenied)
    assert len(box.medipim.requests) == 1
    assert "api_key_id" in str(run.error)
    assert "api_key_secret" in str(run.error)
    assert "wrong-secret-value" not in str(run.error)


def test_a_key_that_is_revoked_in_the_middle_stops_the_run_with_a_valid_state(sandbox: Make, run_tap: Run) -> None:
    """What was read before stays covered by the last state, and no further stream is asked."""
    box = sandbox()
    box.medipim.faults.add(Fault("status", nth=4, times=None, status=401))
    run = run_tap(box, products_endpoint="query", page_size=10)
    assert isinstance(run.error, AccessDenied)
    assert len(box.medipim.requests) == 4
    rest = run_tap_after(run_tap, box, run)
    assert set(run.ids()) | set(rest.ids()) == set(box.medipim.catalogue.products)


def run_tap_after(run_tap: Run, box: Sandbox, run: Any) -> Any:
    """The next night."""
    box.medipim.faults.clear()
    return run_tap(box, "products", state=run.state)


@pytest.mark.parametrize("option", ["missing_endpoints", "forbidden_endpoints"])
def test_an_endpoint_this_key_does_not_have_is_a_warning(
    option: str, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """403 and 404 disable a stream with one warning; all others are read and the run succeeds."""
    box = sandbox(products=5, **{option: frozenset({"bcfi-categories", "brands"})})
    with caplog.at_level(logging.WARNING):
        run = run_tap(box)
    assert run.error is None
    assert not run.streams & {"bcfi_categories", "brands"}
    assert {"products", "organizations", "apb_categories"} <= run.streams
    warned = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and "left out" in r.getMessage()]
    assert len(warned) == 2


@pytest.mark.parametrize("option", ["missing_endpoints", "forbidden_endpoints"])
def test_products_that_cannot_be_read_are_a_failure(option: str, sandbox: Make, run_tap: Run) -> None:
    """Without products nothing is done, whatever the reason."""
    run = run_tap(sandbox(products=5, **{option: frozenset({"products"})}))
    assert "products could not be read" in str(run.error)
    assert "brands" in run.streams


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_failing_stream_leaves_the_others_alone(status: int, sandbox: Make, run_tap: Run) -> None:
    """Any other refusal fails its stream, which the end of the run lists; it is not asked again."""
    box = sandbox(products=5)
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", times=None, status=status))
    run = run_tap(box)
    assert str(run.error).startswith("Not complete: brands ")
    assert {"products", "organizations", "categories"} <= run.streams
    assert sum(request.path == "/v4/brands/query" for request in box.medipim.requests) == 1


def test_the_services_reason_is_quoted_in_one_printable_line(sandbox: Make, run_tap: Run) -> None:
    """A validation error names its place; control characters of the body never reach the log."""
    box = sandbox(products=5)
    words = {"status": 422, "code": "validation_failed", "message": "Invalid", "violations": [{"path": "filter.x"}]}
    box.medipim.faults.add(Fault("status", times=2, status=422, body=json.dumps({"error": words})))
    message = str(run_tap(box, "products").tap.run.failed["products"])  # with an update time it is refused as well
    assert "filter.x" in message
    assert "filter setting" in message
    box.medipim.faults.add(Fault("status", status=400, body="bad\n\x1b[31mERROR forged line\r\n" + "x" * 900))
    message = str(run_tap(box, "products").tap.run.failed["products"])
    assert message.isprintable()
    assert len(message) < 300


def test_a_service_that_is_down_for_good_ends_the_run(sandbox: Make, run_tap: Run, fake_clock: Any) -> None:
    """After ``max_wait_seconds`` of 503 the run stops with advice, and asks no other stream."""
    box = sandbox()
    box.medipim.faults.add(Fault("status", status=503, times=None))
    run = run_tap(box, clock=fake_clock, max_wait_seconds=300)
    assert isinstance(run.error, WireGaveUp)
    assert "max_wait_seconds" in str(run.error)
    assert len({request.path for request in box.medipim.requests}) == 1
    assert sum(fake_clock.slept) <= 300


def test_a_redirect_ends_the_run(sandbox: Make, run_tap: Run) -> None:
    """A redirect is a wrong address, not a place to send the key to."""
    box, elsewhere = sandbox(), sandbox()
    box.medipim.faults.add(Fault("redirect", url=f"{elsewhere.medipim_url}/v4/products/stream", times=None))
    run = run_tap(box)
    assert isinstance(run.error, WireRefused)
    assert elsewhere.medipim.requests == []
    assert len(box.medipim.requests) == 1


@pytest.mark.parametrize("kind", ["html", "empty", "status_zero", "truncate_json"])
def test_a_success_that_is_none_is_asked_again(kind: str, sandbox: Make, run_tap: Run) -> None:
    """HTTP 200 with a login page, nothing, an error object or half a body never counts as a list."""
    box = sandbox(products=5)
    box.medipim.faults.add(Fault(kind, route="POST /v4/brands/query", times=2))
    run = run_tap(box, "brands")
    assert run.error is None
    assert run.ids("brands") == [brand["id"] for brand in box.medipim.catalogue.brands]


@pytest.mark.parametrize("kind", ["html", "empty", "status_zero"])
def test_a_stream_that_is_no_stream_is_asked_again(kind: str, sandbox: Make, run_tap: Run) -> None:
    """HTTP 200 with anything but lines never counts as a complete stream."""
    box = sandbox(products=12)
    box.medipim.faults.add(Fault(kind, route="POST /v4/products/stream", times=2))
    run = run_tap(box, "products")
    assert run.error is None
    assert len(run.ids()) == 12


@pytest.mark.parametrize("state", ["yesterday", 12, "2026-13-45T00:00:00Z"])
def test_a_bookmark_that_is_no_time_fails_its_stream(state: Any, sandbox: Make, run_tap: Run) -> None:
    """A broken state is named; reading everything again in silence would hide it."""
    saved = {"bookmarks": {"products": {"replication_key": "updated_at", "replication_key_value": state}}}
    run = run_tap(sandbox(products=5), "products", state=saved)
    assert "the bookmark in the state is not a date" in str(run.tap.run.failed["products"])
    assert run.error is not None


def test_a_bookmark_in_the_future_fails_its_stream(sandbox: Make, run_tap: Run) -> None:
    """A bookmark later than the service's clock would read nothing for years and call that a success."""
    bookmark = {"replication_key": "updated_at", "replication_key_value": "2199-01-01T00:00:00Z"}
    saved = {"bookmarks": {"products": bookmark}}
    run = run_tap(sandbox(products=5), "products", state=saved)
    assert "in the future" in str(run.tap.run.failed["products"])
    assert run.error is not None


def test_a_throttled_service_is_outlasted(sandbox: Make, run_tap: Run, fake_clock: Any) -> None:
    """A limit far below the configured rate slows the run down and loses nothing."""
    box = sandbox(products=100, requests_per_minute=7, clock=fake_clock.now)
    run = run_tap(box, products_endpoint="query", page_size=10, clock=fake_clock)
    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)
    assert 429 in {request.status for request in box.medipim.requests}
