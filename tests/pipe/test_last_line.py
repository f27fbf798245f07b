"""The last line says what, where and what to do, in one form, whatever was wrong with how a plugin was started."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pim_wire
from pim_wire.docs_site import SITE
from pim_wire.errors import InvalidInput
from tap_medipim.tap import TapMedipim
from target_micropim.reader import OrjsonReader
from target_micropim.target import TargetMicroPim
from tests.support.forked import BIN, run_forked

TAP, TARGET = "tap-medipim", "target-micropim"
RECOGNISED = re.compile(rf"\({re.escape(SITE)}errors/#([a-z-]+)\)$")
CASES = [
    (TAP, ["--state", "gone.json"], 2, "--state 'gone.json': No such file or directory", "command-line"),
    (TAP, ["--catalog", "."], 2, "--catalog '.': Is a directory", "command-line"),
    (TARGET, ["--input", "gone"], 2, "--input 'gone': No such file or directory", "command-line"),
    (TARGET, ["--replay", "gone"], 2, "--replay File 'gone' does not exist: give the path of a file", "command-line"),
    (TARGET, ["--replay", "."], 2, "--replay File '.' is a directory", "command-line"),
    (TAP, ["--probe", "."], 2, "--probe File '.' is a directory", "command-line"),
    (TAP, ["--nonsense"], 2, "No such option '--nonsense': --help lists", "command-line"),
    (TAP, ["run"], 2, "unexpected extra argument (run): --help lists", "command-line"),
    (TARGET, ["--ledger", "what"], 2, "--ledger 'what' is not one of 'show', 'list', 'export'", "command-line"),
    (TARGET, ["--ledger"], 2, "Option '--ledger' requires an argument", "command-line"),
    (TARGET, ["--check", "--ledger=show"], 2, "--check and --ledger cannot go together", "command-line"),
    (TAP, ["--config", "gone.json"], 1, "--config gone.json cannot be read (No such file or directory)", "settings"),
    (TARGET, ["--config", "."], 1, "--config . cannot be read (Is a directory): give a file, or ENV", "settings"),
    (TAP, [], 1, "api_key_id is missing: give it as TAP_MEDIPIM_API_KEY_ID with --config=ENV, or in a", "settings"),
]  # fmt: skip


@pytest.mark.parametrize(("plugin", "arguments", "code", "said", "section"), CASES)
def test_a_wrong_start_ends_with_one_line(
    plugin: str, arguments: list[str], code: int, said: str, section: str, tmp_path: Path
) -> None:
    """With its place in the page of errors at the end, by which alerts find it."""
    done = run_forked([str(BIN / plugin), *arguments], cwd=tmp_path, input=b"", capture_output=True, timeout=60)
    *_, last = done.stderr.decode().splitlines()
    assert done.returncode == code
    assert said in last
    assert (found := RECOGNISED.search(last)), last
    assert found[1] == section
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("around", "said"),
    [
        (
            {"TARGET_MICROPIM_API_KEY": "k"},
            "TARGET_MICROPIM_API_KEY with --config=ENV (it is set, and not read without",
        ),
        ({"MELTANO_PROJECT_ROOT": "/p", "MELTANO_LOADER_NAME": "target-micropim"}, "TARGET_MICROPIM_API_KEY"),
        ({"MELTANO_PROJECT_ROOT": "/p", "MELTANO_LOADER_NAME": "target-micropim-a"}, "TARGET_MICROPIM_A_API_KEY"),
    ],
)
def test_a_missing_key_says_where_it_goes(around: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a variable that is set but not read, and under Meltano by the name of the plugin that runs."""
    for name, value in around.items():
        monkeypatch.setenv(name, value)
    *_, error = TargetMicroPim(validate_config=False)._validate_config(raise_errors=False)
    assert error.startswith(f"Setting api_key is missing: give it as {said}")
    assert said.endswith("read without") or error.endswith(said)


@pytest.mark.parametrize("plugin", [TapMedipim, TargetMicroPim])
def test_without_stdout_nothing_is_begun(
    plugin: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was asked for: nobody could read the answer, and a state that cannot be given is lost."""
    command = plugin.get_singer_command()
    for arguments in ([], ["--about"], ["--discover"], ["--check"]):
        caplog.clear()
        with monkeypatch.context() as without:
            without.setattr(sys, "stdout", None)
            assert command.main(arguments, standalone_mode=False) == 1
        assert "Standard output is closed" in caplog.messages[-1]


def test_without_stdin_the_target_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name of a programmer's error."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidInput, match=r"Standard input is closed: .* give --input FILE"):
        _ = OrjsonReader().default_input


def start(script: str, shell: str = "") -> "subprocess.CompletedProcess[str]":
    """A bare interpreter with the module of the start alone."""
    command = f'"{sys.executable}" -S -c "import signal, os, sys\nfrom pim_wire.startup import *\n{script}" {shell}'
    folder = Path(pim_wire.__file__).parents[1]
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("3, 9, 18", "Python 3.11 to 3.14 is needed"),
        ("3, 10, 2", "Python 3.11 to 3.14 is needed"),
        ("3, 15, 0", "Python 3.11 to 3.14 is needed"),
        ("3, 12, 0", "has no nothing_of_that_name: install the plugins for it"),
    ],
)
def test_a_wrong_python_is_one_line(version: str, said: str) -> None:
    """Also the right one, into which the plugins were not installed; no traceback of an import."""
    done = start(f"sys.version_info = ({version})\nwith usable_interpreter():\n    import nothing_of_that_name")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert said in line
    assert RECOGNISED.search(line)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_the_libraries_are_loaded_is_one_line(number: signal.Signals) -> None:
    """That is most of the time of a short command."""
    done = start(f"with usable_interpreter():\n    os.kill(os.getpid(), {int(number)})\n    signal.pause()")
    assert done.returncode == 130
    assert done.stderr.startswith("Stopped on request, before anything was done (")
    assert RECOGNISED.search(done.stderr.strip())


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_number_of_a_closed_stream_is_never_reused(closed: str) -> None:
    """Else a database or a socket gets it, and what is meant for the terminal is written into that."""
    script = "hold_standard_streams()\nsys.stderr.write('x')\nsys.exit(os.open('/dev/null', 0))"
    assert start(script, closed).returncode >= 3


@pytest.mark.parametrize(("ended", "code"), [("", 0), ("sys.exit(1)", 1)])
def test_a_log_on_a_full_disk_changes_no_exit_code(ended: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter itself would end with 120 for what it could not write."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    script = f"hold_standard_streams()\nimport logging\nlogging.warning('x')\n{ended}"
    assert start(script, "2> /dev/full").returncode == code


@pytest.mark.parametrize("plugin", [TAP, TARGET])
def test_help_has_examples_and_the_address_of_the_docs(plugin: str, tmp_path: Path) -> None:
    """For whoever has nothing but the program."""
    done = run_forked([str(BIN / plugin), "--help"], cwd=tmp_path, capture_output=True, timeout=60)
    text = done.stdout.decode()
    assert f"Docs: {SITE}" in text
    assert f"\n    {plugin} --config " in text
    assert "tap-medipim --config tap.json --state state.json | target-micropim --config target.json" in text
