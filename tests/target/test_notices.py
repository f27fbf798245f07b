"""Notices and metrics at the end of a run: three lines, no secret, and never a reason to fail."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from prometheus_client.parser import text_string_to_metric_families

from target_micropim.report.notice import is_due, text_of_notice
from target_micropim.settings.notices import read_urls, secrets_in
from tests.target.conftest import lines, product

Json = dict[str, Any]
TOKEN = "tok3nOfTheChannel"


class Inbox(BaseHTTPRequestHandler):
    """Takes notices as JSON."""

    got: ClassVar[list[Json]] = []

    def do_POST(self) -> None:
        """Keep it."""
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(500 if "broken" in self.path else 200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[Json]]]:
    """An address, and what arrives there."""
    Inbox.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/{TOKEN}", Inbox.got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_notice_says_what_happened_what_needs_a_person_and_where_the_report_is(world: Any, inbox: Any) -> None:
    """Three lines; by default not after a night on which nothing needs a person."""
    url, got = inbox
    night = world.run(lines(products=[product(1)]), notify_urls=[url])
    assert night.failure is None
    assert got == []

    night = world.run(lines(products=[product(1), product(2, name={})]), notify_urls=[url], max_rejects=5)
    assert night.failure is None
    (notice,) = got
    happened, person, report = notice["message"].splitlines()
    assert happened.startswith("Done in ")
    assert happened.endswith("products 1 unchanged, 1 rejected")
    assert person == "Needs a person: 1 rejected"
    assert report == f"Report: {night.folder / 'report.html'}"


def test_a_run_that_stops_is_told(world: Any, inbox: Any) -> None:
    """With its reason, and also one that could not begin; a preview tells nobody."""
    url, got = inbox
    told = {"notify_urls": url, "notify_on": "failure"}
    assert world.run(lines(products=[product(1)]), **told, api_key="wrong-key").failure is not None
    assert "does not accept the key" in got[-1]["message"]
    assert got[-1]["type"] == "failure"
    assert "wrong-key" not in json.dumps(got)
    ledger = world.folder / "no.db"
    ledger.write_text("this is no database, but a text that is long enough to be read as one" * 20)
    assert world.run(lines(products=[product(1)]), **told, ledger_url=f"sqlite:///{ledger}").failure is not None
    assert "Report: none was made" in got[-1]["message"]
    seen = len(got)
    world.run(lines(products=[product(1)]), notify_urls=url, notify_on="always", dry_run=True)
    assert len(got) == seen
    world.run(lines(products=[product(1)]), notify_urls=url, notify_on="always")
    assert len(got) == seen + 1


@pytest.mark.parametrize("broken", ["json://127.0.0.1:9/", "nosuchservice://host/", "broken"])
def test_a_notice_that_fails_costs_a_line(world: Any, inbox: Any, caplog: Any, broken: str) -> None:
    """The run ends well, the other notice arrives, and no address is shown."""
    url, got = inbox
    lost = f"{url}broken" if broken == "broken" else f"{broken}{TOKEN}"
    with caplog.at_level(logging.DEBUG):
        night = world.run(lines(products=[product(1)]), notify_urls=[lost, url], notify_on="always")
    assert night.failure is None
    assert got
    assert "1 of 2 notices could not be sent" in caplog.text
    assert TOKEN not in "".join(record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG)
    assert not [file for file in night.folder.iterdir() if TOKEN in file.read_text()]


def test_without_the_libraries_one_line_says_what_to_install(world: Any, monkeypatch: Any, caplog: Any) -> None:
    """An extra is not there for everybody."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.setattr("target_micropim.report.notice._is_installed", lambda: False)
    more = {
        "notify_urls": ["json://127.0.0.1:9/x"],
        "notify_on": "always",
        "metrics_file": str(world.folder / "a.prom"),
    }
    assert world.run(lines(products=[product(1)]), **more).failure is None
    told = [record.getMessage() for record in caplog.records if "install" in record.getMessage()]
    assert len(told) == 2
    assert "medipim-micropim[metrics]" in told[0]
    assert "medipim-micropim[notify]" in told[1]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, ()),
        ("", ()),
        ("mailto://a:b@example.test?to=c@x.test,d@x.test", ("mailto://a:b@example.test?to=c@x.test,d@x.test",)),
        ("json://one/a, slack://two/b\nxml://three", ("json://one/a", "slack://two/b", "xml://three")),
        ('["json://one/a", "json://two"]', ("json://one/a", "json://two")),
        (["json://one/a"], ("json://one/a",)),
    ],
)
def test_addresses_are_read_as_people_write_them(given: Any, read: tuple[str, ...]) -> None:
    """A list, JSON, blanks or commas; a comma within an address is part of it."""
    assert read_urls(given) == read


@pytest.mark.parametrize("wrong", ["owner@example.test", ["json://a", "s3cret-hook"], "[json://a"])
def test_what_is_no_address_is_refused_without_being_shown(wrong: Any) -> None:
    """The number of the entry is enough."""
    with pytest.raises(ValueError, match="value not shown") as failure:
        read_urls(wrong)
    assert "s3cret" not in str(failure.value)


def test_what_of_an_address_is_masked() -> None:
    """Keys and passwords, but no word that a product's text may hold."""
    found = set(secrets_in("https://hooks.example.test/services/T00/B00000001/abcDEF123456,mailto://me:pa55@x.test"))
    assert {"services/T00/B00000001/abcDEF123456", "abcDEF123456", "B00000001", "pa55"} <= found
    assert "services" not in found


@pytest.mark.parametrize(
    ("notify_on", "content", "due"),
    [
        ("failure", {"complete": False}, True),
        ("failure", {"complete": True, "totals": {"rejected": 1}}, False),
        ("attention", {"complete": True}, False),
        ("attention", {"complete": False}, True),
        ("attention", {"complete": True, "totals": {"conflicts": 1}}, True),
        ("attention", {"complete": True, "for_a_person": {"picture": 1}}, True),
        ("always", {"complete": True}, True),
    ],
)
def test_when_a_notice_is_due(notify_on: str, content: Json, due: bool) -> None:
    """By ``notify_on``."""
    assert is_due(notify_on, content) is due


def test_a_reason_from_outside_stays_one_line() -> None:
    """Three lines, whatever a server says."""
    text = text_of_notice({"complete": False, "stopped_by": "no\nroom\x1b[31m" + "x" * 900}, None)
    assert len(text.splitlines()) == 3
    assert "\x1b" not in text
    assert len(text) < 500


def values(file: Path) -> dict[tuple[str, ...], float]:
    """Name and labels of each number of a metrics file, but for that of the shop."""
    samples = [one for family in text_string_to_metric_families(file.read_text()) for one in family.samples]
    assert {one.labels["shop"] for one in samples} == {file.stem}
    names = ("stream", "action", "what", "kind")
    return {(one.name, *(one.labels[name] for name in names if name in one.labels)): one.value for one in samples}


def test_the_numbers_of_a_run_for_prometheus(world: Any) -> None:
    """Counts, and when a run last came to its end: a later failure does not forget it."""
    file = world.folder / "shop.prom"
    world.run(lines(products=[product(1), product(2)]), metrics_file=str(file))
    found = values(file)
    assert found["micropim_last_run_success",] == 1
    assert found["micropim_last_run_records", "products", "created"] == 2
    assert found["micropim_last_run_for_a_person", "rejected"] == 0
    assert found["micropim_last_run_requests", "writes"] == 2
    succeeded = found["micropim_last_success_timestamp_seconds",]
    assert succeeded > 0

    world.run(lines(products=[product(3)]), metrics_file=str(file), api_key="wrong-key")
    found = values(file)
    assert found["micropim_last_run_success",] == 0
    assert found["micropim_last_success_timestamp_seconds",] == succeeded


def test_a_metrics_file_that_cannot_be_written_costs_a_line(world: Any, caplog: Any) -> None:
    """The run ends well."""
    assert world.run(lines(products=[product(1)]), metrics_file=str(world.folder / "none" / "a.prom")).failure is None
    assert "metrics_file" in caplog.text
