"""The installed executable: exit codes, one line for a failure, no secret anywhere."""

import base64
import contextlib
import io
import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from pim_wire.docs_site import docs_page
from sandbox import Fault, Sandbox
from tap_medipim.tap import TapMedipim, is_in_a_log_line
from tests.conftest import select

Make = Callable[..., Sandbox]
Command = Callable[..., Any]
CANARY = "canary-5ecret/+=value"
DEAD = "http://127.0.0.1:9"
FULL = Path("/dev/full")


def a_config(**settings: Any) -> dict[str, Any]:
    """Settings that are right but reach nobody."""
    given = {"api_key_id": "1", "api_key_secret": CANARY, "api_url": DEAD, "max_wait_seconds": 0, **settings}
    return {name: value for name, value in given.items() if value != "absent"}


@pytest.mark.parametrize(
    ("settings", "expected", "section"),
    [
        ({"filter": '{"brand": '}, "Setting filter: is not JSON", "settings"),
        ({"market": "nl"}, "Setting market", "settings"),
        ({"api_url": "http://api.example.com"}, "plain http", "settings"),
        ({}, "check the address and the network", "no-answer"),
        ({"api_key_secret": "absent"}, "TAP_MEDIPIM_API_KEY_SECRET", "settings"),
        ({"api_key_secret": {"deep": CANARY}}, "Setting api_key_secret: must be a text", "settings"),
    ],
)
def test_each_wrong_setting_is_one_clear_line(
    settings: dict[str, Any], expected: str, section: str, tap_command: Command
) -> None:
    """A wrong setting ends with exit code 1 and one line that names it and its page, without traceback or secret."""
    ended = tap_command(a_config(**settings))
    assert ended.code == 1
    assert len(ended.errors) == 1, ended.err
    assert expected in ended.errors[0]
    assert ended.errors[0].endswith(f" ({docs_page('errors', section)})")
    assert "Traceback" not in ended.err
    assert CANARY not in ended.err + ended.out


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"filter": {"and": {}}}, "filter.and: must be a list"),
        ({"filter": [1]}, "Setting filter"),
        ({"api_url": "https://user:pass@api.example.com"}, "api_url"),
        ({"api_url": "api.medipim.be"}, "not a web address"),
        ({"api_key_secret": ""}, "TAP_MEDIPIM_API_KEY_SECRET"),
        ({"api_key_secret": None}, "TAP_MEDIPIM_API_KEY_SECRET"),
        ({"api_key_secret": "   "}, "api_key_secret: is empty"),
        ({"api_key_secret": 5551234567}, "Setting api_key_secret: must be a text"),
        ({"page_size": 7}, "Setting page_size"),
        ({"requests_per_minute": 0}, "Setting requests_per_minute"),
        ({"start_date": "soon"}, "Setting start_date"),
        ({"products_endpoint": "page"}, "Setting products_endpoint"),
        ({"lookback_seconds": -1}, "Setting lookback_seconds"),
    ],
)
def test_wrong_settings_are_refused_before_any_request(settings: dict[str, Any], expected: str) -> None:
    """What is wrong is said in words, with the name of the setting and without a secret value."""
    with own_signals(), pytest.raises(ConfigValidationError) as refused:
        TapMedipim(config=a_config(**settings))
    assert len(refused.value.errors) == 1
    assert expected in refused.value.errors[0]
    for secret in (CANARY, "5551234567", "user:pass"):
        assert secret not in refused.value.errors[0]


@pytest.mark.parametrize("name", ["api_key_id", "api_key_secret", "market", "page_size", "filter", "start_date"])
def test_settings_nobody_set_count_as_absent(name: str) -> None:
    """Hosts pass null or an empty text for what was not set: then the default holds, or the setting is missing."""
    for value in (None, ""):
        with own_signals():
            errors = TapMedipim(config=a_config(**{name: value}), validate_config=False)._validate_config(
                raise_errors=False
            )
        assert len(errors) == (1 if name.startswith("api_key") else 0)


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """The SDK takes over the signals of the process it lives in."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_host_that_does_not_exist_is_one_line(tap_command: Command) -> None:
    """A name that no resolver knows ends the run with the address in the message."""
    ended = tap_command(a_config(api_url="https://medipim.invalid"))
    assert ended.code == 1
    assert len(ended.errors) == 1, ended.err
    assert "medipim.invalid" in ended.errors[0]


def test_a_refused_key_is_one_line(sandbox: Make, tap_command: Command, tap_config: Command) -> None:
    """401 ends with exit code 1 and one line naming both settings; one request was made."""
    box = sandbox()
    ended = tap_command(tap_config(box, api_key_secret=CANARY))
    assert ended.code == 1
    assert len(ended.errors) == 1, ended.err
    assert "api_key_id" in ended.errors[0]
    assert "api_key_secret" in ended.errors[0]
    assert "Traceback" not in ended.err
    assert CANARY not in ended.err + ended.out
    assert len(box.medipim.requests) == 1


def test_no_secret_is_shown_even_when_everything_is_logged(
    sandbox: Make, tap_command: Command, tap_config: Command
) -> None:
    """At DEBUG level, with a service that echoes the key back, neither form of it appears in any output."""
    box = sandbox(products=5)
    secret = box.medipim.options.api_key_secret
    pair = base64.b64encode(f"{box.medipim.options.api_key_id}:{secret}".encode()).decode()
    box.medipim.faults.add(Fault("status", route="POST /v4/brands", times=None, status=400, body=f"{secret} {pair}"))
    ended = tap_command(tap_config(box), env={"LOGLEVEL": "DEBUG", "TAP_MEDIPIM_LOGLEVEL": "DEBUG"})
    assert ended.code == 1
    assert "brands" in ended.err
    for form in (secret, pair):
        assert form not in ended.out + ended.err


def test_a_failing_stream_shows_in_the_exit_code(sandbox: Make, tap_command: Command, tap_config: Command) -> None:
    """The last line lists what is not complete; all other streams are there."""
    box = sandbox(products=5)
    box.medipim.faults.add(Fault("status", route="POST /v4/brands", times=None, status=400))
    ended = tap_command(tap_config(box))
    assert ended.code == 1
    assert "Not complete: brands" in ended.err.splitlines()[-1]
    assert {m.get("stream") for m in ended.messages} >= {"products", "organizations"}


def test_an_absent_stream_does_not_show_in_the_exit_code(
    sandbox: Make, tap_command: Command, tap_config: Command
) -> None:
    """403 on a reference stream is a warning and exit code 0."""
    ended = tap_command(tap_config(sandbox(products=5, forbidden_endpoints=frozenset({"brands"}))))
    assert ended.code == 0
    assert sum("left out" in line for line in ended.err.splitlines()) == 1


def test_a_reader_that_leaves_ends_the_tap(sandbox: Make, tap_process: Command, tap_config: Command) -> None:
    """A closed pipe, as of ``head -1``, is one line and exit code 1."""
    with tap_process(tap_config(sandbox(products=2000)), popen=subprocess.Popen) as process:
        assert json.loads(process.stdout.readline())["type"] == "SCHEMA"
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait(timeout=30)
    assert code == 1
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert sum("pipe stopped reading" in line for line in err.splitlines()) == 1


def test_a_full_disk_behind_stdout_is_told_once(sandbox: Make, tap_process: Command, tap_config: Command) -> None:
    """Whether or not Python holds output back: its last flush adds no second complaint, nor its own code."""
    for unbuffered in ("", "1"):
        full = {"stdout": FULL.open("w"), "env": {"PYTHONUNBUFFERED": unbuffered}}
        with full["stdout"], tap_process(tap_config(sandbox(products=5)), popen=subprocess.Popen, **full) as process:
            err = process.stderr.read()
            assert process.wait(timeout=30) == 1
        assert "No space left" in err.splitlines()[-1]
        assert "Exception ignored" not in err


def test_a_stop_signal_leaves_a_valid_last_state(
    sandbox: Make, tap_process: Command, tap_config: Command, run_tap: Command
) -> None:
    """SIGTERM while the reader is slow: what was written is whole lines, and the next run completes it."""
    box = sandbox(products=1500)
    with tap_process(tap_config(box)) as process:
        lines = [process.stdout.readline()]
        while '"stream":"products","record"' not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        err = process.stderr.read()
        code = process.wait(timeout=30)
    assert code != 0
    assert "Traceback" not in err
    messages = [json.loads(line) for line in lines]
    state = [message["value"] for message in messages if message["type"] == "STATE"][-1]
    seen = {m["record"]["id"] for m in messages if m["type"] == "RECORD" and m["stream"] == "products"}
    assert 0 < len(seen) < 1500
    rest = run_tap(box, "products", state=state)
    assert seen | set(rest.ids()) == set(box.medipim.catalogue.products)


def test_a_signal_does_not_strike_within_a_line_of_the_log() -> None:
    """Logging would show what is raised there as its own failure, and the run would go on."""
    seen: list[bool] = []

    class Formatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            seen.append(is_in_a_log_line(sys._getframe()))
            return super().format(record)

    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(Formatter())
    handler.handle(logging.makeLogRecord({"msg": "a line"}))
    assert seen == [True]
    assert not is_in_a_log_line(sys._getframe())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_a_wait_at_once(
    number: signal.Signals, sandbox: Make, tap_process: Command, tap_config: Command
) -> None:
    """While a service is down the tap may wait for minutes; a signal ends that with a warning and a code of its own."""
    box, asked = sandbox(products=5), threading.Event()
    box.medipim.faults.add(Fault("status", status=503, headers={"Retry-After": "600"}, times=None))
    box.medipim.on_request(lambda _call: asked.set())
    with tap_process(tap_config(box)) as process:
        assert asked.wait(20)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Stopped on request" in err
    assert all(json.loads(line)["type"] in {"SCHEMA", "STATE"} for line in out.splitlines())


@pytest.mark.parametrize(
    ("kind", "endpoint"), [("hang", "stream"), ("stall", "stream"), ("hang", "query"), ("drip", "query")]
)
def test_a_stop_signal_ends_a_run_whose_service_hangs(
    kind: str, endpoint: str, sandbox: Make, tap_process: Command, tap_config: Command, tmp_path: Path
) -> None:
    """Before its answer, or in the middle of it."""
    box, asked = sandbox(products=200), threading.Event()
    box.medipim.faults.add(Fault(kind, route="POST /v4/products", delay=300, after_lines=20, times=None))
    box.medipim.on_request(lambda call: asked.set() if "products" in call.path else None)
    config, catalog, output = tap_config(box, products_endpoint=endpoint), tmp_path / "catalog", tmp_path / "out"
    catalog.write_text(json.dumps(select(config, "products")))
    with output.open("w") as out, tap_process(config, "--catalog", str(catalog), stdout=out) as process:
        assert asked.wait(20)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        err = process.stderr.read()
        assert process.wait(20) == 130
    assert time.monotonic() - began < 5
    assert "Traceback" not in err
    assert all(json.loads(line) for line in output.read_text().splitlines())


@pytest.mark.parametrize("arguments", [["--test"], ["--test=schema"], ["--test=all"]])
def test_the_connection_can_be_tested(
    arguments: list[str], sandbox: Make, tap_command: Command, tap_config: Command
) -> None:
    """``--test`` tells with its exit code whether the streams can be read."""
    box = sandbox(products=5)
    assert tap_command(tap_config(box), *arguments).code == 0
    if arguments != ["--test=schema"]:
        assert tap_command(tap_config(box, api_key_secret=CANARY), *arguments).code == 1


@pytest.mark.parametrize("form", ["json", "markdown", ""])
def test_about_needs_no_settings_and_shows_no_value(form: str, tap_command: Command) -> None:
    """``--about`` lists the settings in each format; given values stay out of it."""
    ended = tap_command(a_config(), "--about", *([f"--format={form}"] if form else []))
    assert ended.code == 0
    assert "lookback_seconds" in ended.out
    assert CANARY not in ended.out + ended.err
    if form == "json":
        assert json.loads(ended.out)["name"] == "tap-medipim"


@pytest.mark.parametrize(
    ("market", "only"),
    [("be", "bcfi_categories"), ("fr", "osp_categories"), ("us", "fine_line_categories"), ("de", None)],
)
def test_discovery_gives_the_streams_of_the_market(market: str, only: str | None) -> None:
    """``--discover`` makes no request; market-only streams stand in the catalog of their market alone."""
    with own_signals():
        catalog = TapMedipim(config=a_config(market=market)).catalog_dict
    streams = {entry["tap_stream_id"]: entry for entry in catalog["streams"]}
    assert {"bcfi_categories", "osp_categories", "fine_line_categories"} & set(streams) == ({only} if only else set())
    assert streams["products"]["replication_key"] == "updated_at"
    assert all(entry["key_properties"] == ["id"] for entry in streams.values())


@pytest.mark.parametrize(
    ("name", "value"), [("page_size", 99), ("market", "xx"), ("start_date", "yesterday"), ("start_date", "2162-01-01"),
                        ("filter", "{"), ("api_url", "http://example.com"), ("full_read_every_days", -1)],
)  # fmt: skip
def test_discovery_refuses_what_a_run_would_refuse(name: str, value: Any, tap_command: Command) -> None:
    """By name; a catalog of settings that no run takes would be found out at night."""
    ended = tap_command({"api_key_id": "1", "api_key_secret": "x" * 8, name: value}, "--discover")
    assert ended.code == 1
    assert f"Setting {name}" in ended.err
    assert not ended.out


def test_discovery_without_any_setting(tap_command: Command) -> None:
    """A host may ask for the catalog before there is a key."""
    ended = tap_command({}, "--discover")
    assert ended.code == 0, ended.err
    assert "products" in {entry["tap_stream_id"] for entry in json.loads(ended.out)["streams"]}


@pytest.mark.parametrize(("flag", "text"), [("--state", "{"), ("--catalog", "nonsense")])
def test_a_broken_file_is_one_line(flag: str, text: str, tap_command: Command, tmp_path: Path) -> None:
    """A state or catalog that is no JSON is named in one line."""
    file = tmp_path / "broken.json"
    file.write_text(text)
    ended = tap_command(a_config(), flag, str(file))
    assert ended.code == 1
    assert len(ended.errors) == 1, ended.err
    assert flag[2:] in ended.errors[0]


@pytest.mark.parametrize("secret_form", ["plain", "netrc"])
def test_a_netrc_never_takes_the_place_of_the_key(
    secret_form: str, sandbox: Make, tap_command: Command, tap_config: Command, tmp_path: Path
) -> None:
    """A hostile ``.netrc`` in HOME is ignored, and no proxy stands between us and this machine."""
    box = sandbox(products=3)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login evil password evil\ndefault login evil password evil\n")
    env = {"HOME": str(tmp_path), "HTTP_PROXY": DEAD, "http_proxy": DEAD}
    if secret_form == "netrc":
        env["NETRC"] = str(tmp_path / ".netrc")
    ended = tap_command(tap_config(box), env=env)
    assert ended.code == 0, ended.err
    assert all(request.authorised for request in box.medipim.requests)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_reader_that_went_first_is_no_failure_of_a_run_that_is_told_to_stop(
    is_told: bool, sandbox: Make, tap_process: Command, tap_config: Command
) -> None:
    """A host tells both sides; which one it reaches first is chance. Without a signal it is a failure as before."""
    with tap_process(tap_config(sandbox(products=2000))) as process:
        process.stdout.readline()
        process.stdout.close()
        time.sleep(0.3)
        if is_told:
            process.send_signal(signal.SIGTERM)
        err = process.stderr.read()
        code = process.wait(20)
    assert code == (130 if is_told else 1)
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_a_start_without_stdout_is_told_in_one_line(sandbox: Make, tap_config: Command, tmp_path: Path) -> None:
    """No name of a programmer's error."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(tap_config(sandbox(products=3))))
    command = f"{Path(sys.executable).parent / 'tap-medipim'} --config {config} >&-"
    ended = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "Standard output is closed" in ended.stderr.splitlines()[-1]
    assert "Error:" not in ended.stderr
