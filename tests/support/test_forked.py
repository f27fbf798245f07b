"""A forked plugin beside one that was really started: nobody can tell them apart."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox import MicroPimOptions, Sandbox
from tests.support import forked
from tests.support.forked import BIN, ROOT, ForkedPopen, run_forked

TAP, TARGET = str(BIN / "tap-medipim"), str(BIN / "target-micropim")
MODULE = [sys.executable, "-m", "target_micropim"]
STATE = b'{"type":"STATE","value":{"at":1}}\n'
# A worker that starts a server, and is killed. The server has the worker's stderr.
KILLED_WORKER = """
import os, signal
from tests.support import forked
from tests.support.forked import BIN, run_forked
run_forked([str(BIN / "tap-medipim"), "--version"], env={n: v for n, v in os.environ.items() if "COVERAGE" not in n})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def env() -> dict[str, str]:
    """No coverage: it would have each start be a real one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}


@pytest.fixture
def start(tmp_path: Path, env: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Start the target, which waits for its input."""
    pipe = subprocess.PIPE
    with Sandbox(None, MicroPimOptions()) as box, ExitStack() as stack:
        settings = {"api_key": box.micropim.options.api_key, "api_url": box.micropim_url, "state_interval_seconds": 0}
        settings["locale"] = "en"
        (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")

        def start_(popen: type[subprocess.Popen[Any]] = ForkedPopen) -> Any:
            folder = tmp_path / str(len(list(tmp_path.iterdir())))  # a ledger of its own
            folder.mkdir()
            command = [TARGET, "--config", "../config.json"]
            process = popen(command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start_


def is_up(process: Any) -> bool:
    """Send a state and wait for it to come back: signals are handled by now."""
    process.stdin.write(STATE)
    process.stdin.flush()
    return bool(process.stdout.readline() == b'{"at": 1}\n')


def without_times(text: bytes) -> list[bytes]:
    """The lines of a log without their date and time."""
    return [line.partition(b" | ")[2] or line for line in text.splitlines()]


@pytest.mark.parametrize(
    "command",
    [
        [TARGET, "--about", "--format=json"],
        [TAP, "--version"],
        [*MODULE, "--help"],
        [*MODULE, "--no-such-flag"],
        [sys.executable, "-m", "tap_medipim", "--config", "nowhere.json"],
        [TARGET],
    ],
    ids=lambda command: " ".join([Path(command[0]).name, *command[1:]]),
)
def test_it_says_what_a_real_process_says(command: list[str], env: dict[str, str], tmp_path: Path) -> None:
    """Exit code, stdout and stderr are the same to the byte, but for the time in the log."""
    with ForkedPopen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        out, err = child.communicate(timeout=60)
    real = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, timeout=60)
    assert child.is_forked
    assert (child.returncode, out) == (real.returncode, real.stdout)
    assert without_times(err) == without_times(real.stderr)
    assert out or err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
def test_a_signal_ends_it_as_it_ends_a_real_process(number: signal.Signals, start: Callable[..., Any]) -> None:
    """A handled signal has the plugin's own exit code, another one is the negative number."""
    codes = []
    for popen in (subprocess.Popen, ForkedPopen):
        process = start(popen)
        assert is_up(process)
        process.send_signal(number)
        codes.append(process.wait(20))
    assert codes[0] == codes[1] != 0
    assert number != signal.SIGKILL or codes[1] == -signal.SIGKILL


def test_a_timeout_leaves_it_running(start: Callable[..., Any]) -> None:
    """Both ways to wait say that it has not ended; it can be ended later, and its code stays."""
    process = start()
    assert is_up(process)
    process.send_signal(signal.SIGSTOP)  # communicate ends its input, and it would end well before it is told to
    for wait in (process.wait, lambda timeout: process.communicate(timeout=timeout)):
        with pytest.raises(subprocess.TimeoutExpired):
            wait(timeout=0.05)
    assert process.poll() is None
    process.terminate()
    process.send_signal(signal.SIGCONT)
    code = process.wait()
    assert code not in (0, None)
    assert process.poll() == process.wait(0) == process.returncode == code
    process.kill()  # nobody is killed who has ended


def test_a_timeout_of_a_run_kills(start: Callable[..., Any], env: dict[str, str], tmp_path: Path) -> None:
    """As ``subprocess.run`` does: nothing is left behind, or the last reader of this pipe would wait for ever."""
    start()
    reader, writer = os.pipe()
    command = [TARGET, "--config", "config.json"]
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb"), pytest.raises(subprocess.TimeoutExpired):
        run_forked(command, cwd=tmp_path, env=env, stdin=stdin, capture_output=True, timeout=0.05)


def test_two_run_at_the_same_time(start: Callable[..., Any], tmp_path: Path) -> None:
    """Each has its own streams and status; neither holds the other's, or the end of the input would not be seen."""
    first, second = start(), start()
    assert first.pid != second.pid
    assert is_up(first)
    assert is_up(second)
    assert first.communicate(timeout=20)[0] == b""
    assert first.returncode == 0
    assert second.poll() is None
    second.send_signal(signal.SIGKILL)
    assert second.wait(20) == -signal.SIGKILL
    assert first.returncode == 0
    assert len(list(tmp_path.glob("*/.micropim"))) == 2  # each in the folder that it was given


def test_input_is_read_and_states_come_back(start: Callable[..., Any], env: dict[str, str], tmp_path: Path) -> None:
    """From a pipe and from a file."""
    start().kill()
    command = [TARGET, "--config", "config.json"]
    (tmp_path / "lines").write_bytes(STATE)
    piped = run_forked(command, cwd=tmp_path, env=env, input=STATE, capture_output=True, check=True)
    with (tmp_path / "lines").open("rb") as lines:
        read = run_forked(command, cwd=tmp_path, env=env, stdin=lines, capture_output=True, check=True)
    assert piped.stdout == read.stdout == b'{"at": 1}\n'


def test_check_raises_for_a_failure(env: dict[str, str]) -> None:
    """With what was said."""
    with pytest.raises(subprocess.CalledProcessError) as failure:
        run_forked([TAP, "--no-such-flag"], env=env, capture_output=True, text=True, check=True)
    assert failure.value.returncode == 2
    assert "--no-such-flag" in failure.value.stderr


def test_it_has_the_environment_that_is_given_and_no_other(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A variable of this process is not there unless it is given; without ``env``, those of this moment are."""

    def said(environment: dict[str, str] | None) -> str:
        command = [TARGET, "--config=ENV", "--check"]
        done = run_forked(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        return str(done.stderr)

    monkeypatch.setenv("TARGET_MICROPIM_API_KEY", "of-this-process")
    monkeypatch.setenv("TARGET_MICROPIM_API_URL", "nowhere")
    assert "api_url" in said(None)
    assert "TARGET_MICROPIM_API_KEY" in said(env)
    assert "api_url" in said({**env, "TARGET_MICROPIM_API_KEY": "given", "TARGET_MICROPIM_API_URL": "nowhere"})


def test_a_reader_that_leaves_ends_it_as_a_real_process(start: Callable[..., Any]) -> None:
    """The last flush of the interpreter is its own: same code, same words. It holds no file of the server's before."""
    start()  # whose pipes the server must not pass on
    ends, files = [], []
    for popen in (subprocess.Popen, ForkedPopen):
        process = start(popen)
        assert is_up(process)
        files.append(open_files(process))
        process.stdout.close()
        process.stdin.write(STATE.replace(b"1", b"2"))
        process.stdin.close()
        ends.append((process.wait(20), without_times(process.stderr.read())[-1]))
    assert ends[0] == ends[1]
    assert ends[1][0] == 1
    assert files[0] == files[1]


def open_files(process: Any) -> int:
    """How many files a process holds; nothing where the system does not list them."""
    return len(list(Path(f"/proc/{process.pid}/fd").glob("*")))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An installed script that imports nothing: what it is given decides how it starts, not what it does."""
    script = tmp_path / "small"
    script.write_text(f"#!{sys.executable}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(forked, "SCRIPTS", [[str(script)]])
    return str(script)


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ({"preexec_fn": os.getpid}, {}),
        ({"start_new_session": True}, {}),
        ({"pass_fds": [2]}, {}),
        ({"umask": 0o77}, {}),
        ({}, {"COVERAGE_PROCESS_OTHER": "1"}),
        ({}, {"PYTHONHASHSEED": "1"}),
        ({}, {"LC_ALL": "POSIX"}),
    ],
    ids=str,
)
def test_what_needs_a_real_start_has_one(
    options: dict[str, Any], variables: dict[str, str], env: dict[str, str], small: str
) -> None:
    """Options of Popen, coverage, and what only a starting interpreter reads; without them it is forked."""
    with ForkedPopen([small], env={**env, **variables}, **options) as real, ForkedPopen([small], env=env) as plain:
        assert real.wait(60) == plain.wait(60) == 0
    assert not real.is_forked
    assert plain.is_forked


@pytest.mark.parametrize(
    "command",
    [["true"], [sys.executable, "-c", ""], [sys.executable, "-X", "utf8", "-m", "tap_medipim", "--version"]],
    ids=str,
)
def test_another_command_has_a_real_start(command: list[str], env: dict[str, str]) -> None:
    """Options of the interpreter make another one of it."""
    with ForkedPopen(command, stdout=subprocess.DEVNULL, env=env) as process:
        assert process.wait(60) == 0
    assert not process.is_forked


def test_a_folder_that_is_not_there_is_refused_as_by_popen(env: dict[str, str], tmp_path: Path) -> None:
    """With the same error."""
    with pytest.raises(FileNotFoundError, match="not-there"):
        ForkedPopen([TAP, "--version"], cwd=tmp_path / "not-there", env=env)


def test_the_server_ends_with_its_worker() -> None:
    """However the worker ends. The server has the worker's stderr, whose end is seen here."""
    command = [sys.executable, "-c", KILLED_WORKER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.startswith("tap-medipim v")
