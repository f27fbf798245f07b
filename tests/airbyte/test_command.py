"""The command line: each failure is a message and an exit code, without a traceback and without a secret."""

import io
import json
import logging
import os
import signal
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from airbyte_protocol_dataclasses.models import AirbyteCatalog, ConnectorSpecification, Level
from typing_extensions import override

from pim_airbyte import messages
from pim_airbyte.command import Given, Source, main
from pim_airbyte.form import Form, Group
from pim_airbyte.output import Output
from pim_wire.errors import AccessDenied, WireGaveUp

Json = dict[str, Any]
SETTINGS = {
    "required": ["key"],
    "properties": {"key": {"type": ["string"], "title": "API key", "description": "The key.", "secret": True}},
}
SECRET = "canary-of-the-command"


class Thing(Source):
    """A source that does what a test tells it."""

    name = "source-thing"
    form = Form("Thing", SETTINGS, (Group("access", "Access", ("key",)),))

    def __init__(self, does: Callable[[Given], None] = lambda _given: None) -> None:
        self._does = does

    @override
    def spec(self) -> ConnectorSpecification:
        return ConnectorSpecification(self.form.specification())

    @override
    def check(self, given: Given) -> None:
        self._does(given)

    @override
    def discover(self, given: Given) -> AirbyteCatalog:
        self._does(given)
        return AirbyteCatalog([])

    @override
    def read(self, given: Given) -> None:
        self._does(given)


@pytest.fixture
def run(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, list[Json]]]:
    """Carry out a command; ``None`` instead of a content leaves its file out."""

    def carry_out(
        command: str,
        does: Callable[[Given], None] = lambda _given: None,
        *more: str,
        config: Any = {"key": SECRET},  # noqa: B006 - never changed
        catalog: Any = {"streams": []},  # noqa: B006
    ) -> tuple[int, list[Json]]:
        arguments = [command]
        for name, content in (("config", config), ("catalog", catalog if command == "read" else None)):
            if content is not None:
                file = tmp_path / f"{name}.json"
                file.write_text(content if isinstance(content, str) else json.dumps(content))
                arguments += [f"--{name}", str(file)]
        code = main(Thing(does), [*arguments, *more])
        out, err = capsysbinary.readouterr()
        assert err == b""
        assert SECRET.encode() not in out
        return code, [json.loads(line) for line in out.splitlines()]

    return carry_out


Run = Callable[..., tuple[int, list[Json]]]


def fails_with(failure: BaseException) -> Callable[[Given], None]:
    """Something that raises."""

    def does(_given: Given) -> None:
        raise failure

    return does


def error_of(messages: list[Json]) -> Json:
    """The one TRACE of a failure, which ends the output."""
    trace = messages[-1]["trace"]
    assert trace["type"] == "ERROR"
    error: Json = trace["error"]
    assert "stack_trace" not in error
    return error


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fetch"],
        ["read"],
        ["read", "--config", "x.json"],
        ["check", "--config"],
        ["write", "--config", "x"],
        ["spec", "-q"],
    ],
)
def test_a_wrong_command_line_is_a_config_error(
    arguments: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Said on stdout, where Airbyte reads."""
    assert main(Thing(), arguments) == 1
    (line,) = capsysbinary.readouterr().out.splitlines()
    assert error_of([json.loads(line)])["failure_type"] == "config_error"


def test_a_file_that_is_not_there_is_named(run: Run) -> None:
    """Also for a check: nothing was asked."""
    for command in ("check", "discover", "read"):
        code, messages = run(command, config=None, catalog=None) if command == "read" else run(command, config=None)
        assert code == 1
        assert "--config" in error_of(messages)["message"]
    code, messages = run("check", fails_with(AssertionError()), "--config", "/nowhere/config.json", config=None)
    assert (code, error_of(messages)["failure_type"]) == (1, "config_error")
    assert "/nowhere/config.json cannot be read (No such file or directory)" in error_of(messages)["message"]


@pytest.mark.parametrize("text", ["{", "", '{"key": "canary-of-the-command"', "\0"])
def test_a_configuration_that_is_no_json_is_not_quoted(run: Run, text: str) -> None:
    """It holds a key."""
    code, messages = run("read", config=text)
    assert (code, error_of(messages)["failure_type"]) == (1, "config_error")
    assert "is not JSON (line" in error_of(messages)["message"]


def test_spec_needs_nothing(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """One message."""
    assert main(Thing(), ["spec"]) == 0
    (line,) = capsysbinary.readouterr().out.splitlines()
    assert json.loads(line)["spec"]["connectionSpecification"]["required"] == ["key"]


@pytest.mark.parametrize("failure", [AccessDenied("no"), WireGaveUp("down"), None])
def test_a_check_that_fails_is_an_answer(run: Run, failure: Exception | None) -> None:
    """Exit code 0, as the CDK has it, with the reason."""
    code, messages = run("check", fails_with(failure) if failure else lambda _given: None)
    assert code == 0
    status = messages[-1]["connectionStatus"]
    assert status["status"] == ("FAILED" if failure else "SUCCEEDED")
    assert not failure or str(failure) in status["message"]


def test_wrong_settings_fail_a_check_and_end_a_read(run: Run) -> None:
    """By the name of the field."""
    code, messages = run("check", config={})
    assert (code, messages[-1]["connectionStatus"]["status"]) == (0, "FAILED")
    assert "API key (key) is missing" in messages[-1]["connectionStatus"]["message"]
    code, messages = run("read", config={})
    assert (code, error_of(messages)["failure_type"]) == (1, "config_error")


@pytest.mark.parametrize(
    ("failure", "kind", "exit_code"),
    [
        (AccessDenied(f"refused {SECRET}"), "config_error", 1),
        (WireGaveUp(f"down {SECRET}"), "transient_error", 1),
        (KeyError(SECRET), "system_error", 1),
        (OSError(28, "No space left on device", f"/data/{SECRET}"), "system_error", 1),
        (KeyboardInterrupt(), "transient_error", 130),
    ],
)
def test_how_a_run_ends(run: Run, failure: BaseException, kind: str, exit_code: int) -> None:
    """A TRACE of the kind, and the exit code; no traceback and no secret, whatever fails."""
    code, messages = run("read", fails_with(failure))
    assert (code, error_of(messages)["failure_type"]) == (exit_code, kind)


def test_the_log_is_messages(run: Run) -> None:
    """Warnings of Python too; a secret is masked in each."""

    def does(_given: Given) -> None:
        logging.getLogger("any").warning("with %s", SECRET)
        logging.getLogger("any").debug("not shown")
        warnings.simplefilter("always")
        warnings.warn("an old way", FutureWarning, stacklevel=1)
        logging.getLogger("any").critical("last")

    code, messages = run("read", does)
    assert code == 0
    logs = [message["log"] for message in messages]
    assert [log["level"] for log in logs] == ["WARN", "WARN", "FATAL"]
    assert logs[0]["message"] == "with ****"
    assert "an old way" in logs[1]["message"]


def test_debug_shows_where_it_failed_with_the_secret_masked(run: Run) -> None:
    """For who reports a fault."""
    code, messages = run("read", fails_with(KeyError(SECRET)), "--debug")
    assert code == 1
    assert "Traceback" in messages[-2]["log"]["stack_trace"]


def test_told_to_stop(run: Run) -> None:
    """SIGTERM ends the run where it is; what was there before the command is there again."""
    before = signal.getsignal(signal.SIGTERM)

    def does(_given: Given) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    code, messages = run("read", does)
    assert (code, error_of(messages)["failure_type"]) == (130, "transient_error")
    assert signal.getsignal(signal.SIGTERM) is before


class Striking(io.RawIOBase):
    """A stdout at whose first write a stop signal strikes."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = b""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Half of it, and the signal."""
        if not self.kept:
            os.kill(os.getpid(), signal.SIGTERM)
        half = bytes(data)[: len(data) // 2 + 1]
        self.kept += half
        return len(half)


def test_a_signal_tears_no_line(tmp_path: Path) -> None:
    """What is being written is written whole; the next wait ends the run."""
    for name, content in (("config", {"key": SECRET}), ("catalog", {"streams": []})):
        (tmp_path / name).write_text(json.dumps(content))

    def does(given: Given) -> None:
        given.output.write(messages.log(Level.INFO, "a line " * 100))
        given.clock.sleep(60)

    stdout = Striking()
    with redirect_stdout(io.TextIOWrapper(io.BufferedWriter(stdout))):
        code = main(Thing(does), ["read", "--config", str(tmp_path / "config"), "--catalog", str(tmp_path / "catalog")])
    found = [json.loads(line) for line in stdout.kept.splitlines()]
    assert (code, [message["type"] for message in found]) == (130, ["LOG", "TRACE"])


def test_messages_of_threads_stay_whole(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A destination writes states from one thread and its log from others."""
    output = Output()

    def write() -> None:
        for _ in range(50):
            output.write(messages.log(Level.INFO, "x" * 500))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]) == 200


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ([], "has no list of streams"),
        ({"streams": [3]}, "has no list of streams"),
        ({"streams": [{"stream": {}}]}, "a stream without a name"),
        (
            {"streams": [{"stream": {"name": "a"}, "sync_mode": "now"}]},
            "sync_mode of a in the configured catalog is",
        ),
        ({"streams": [{"stream": {"name": "a"}, "sync_mode": "incremental"}]}, "destination_sync_mode of a"),
    ],
)
def test_a_catalog_that_cannot_be_meant_is_refused(run: Run, catalog: Any, words: str) -> None:
    """By what is wrong with it."""
    code, messages = run("read", catalog=catalog)
    assert (code, error_of(messages)["failure_type"]) == (1, "config_error")
    assert words in error_of(messages)["message"]


def test_what_a_newer_protocol_adds_is_left_out(run: Run) -> None:
    """A platform may be newer than the models."""
    seen: list[Any] = []
    stream = {"name": "a", "json_schema": {}, "supported_sync_modes": ["incremental"], "is_new": 1}
    entry = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append", "includedFields": []}
    code, _messages = run("read", lambda given: seen.append(given.catalog), catalog={"streams": [entry]})
    assert code == 0
    assert seen[0].streams[0].stream.name == "a"
