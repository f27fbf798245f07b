"""What both plugins say on stderr: JSON lines that Meltano reads, or plain lines; colours only for a person."""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import QUICK, env_lines
from tests.support.forked import run_forked

AS_MELTANO_WRITES_IT = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"default": {"()": "singer_sdk.logging.StructuredFormatter"}},
    "handlers": {"default": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stderr"}},
    "root": {"level": "INFO", "handlers": ["default"]},
}
PLUGINS = {"tap-medipim": "TAP_MEDIPIM_API_KEY_SECRET", "target-micropim": "TARGET_MICROPIM_API_KEY"}


def environment(box: Sandbox, **more: str) -> dict[str, str]:
    """Settings that reach the sandbox; of the terminal only what is given here."""
    clean = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM", "FORCE_COLOR"}}
    settings = dict(line.split("=", 1) for line in env_lines(box))
    quick = dict(line.split("=", 1) for line in QUICK)
    return {**clean, **settings, **quick, **more}


def command(plugin: str) -> list[str]:
    """Settings come from the environment."""
    return [str(Path(sys.executable).with_name(plugin)), "--config=ENV"]


def test_under_meltano_each_line_is_one_that_it_parses(tmp_path: Path) -> None:
    """Levels survive, so that Meltano shows a warning as a warning; a table is one line of the log for each row."""
    from meltano.core.logging.parsers import SingerSDKLogParser  # noqa: PLC0415 - a second and a half, for one test

    config = tmp_path / "logging.json"
    config.write_text(json.dumps(AS_MELTANO_WRITES_IT), encoding="utf-8")
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=12, requests_per_minute=None), micropim) as box:
        for wrong in ({}, dict.fromkeys(PLUGINS.values(), "wrong")):
            env = environment(box, SINGER_SDK_LOG_CONFIG=str(config), **wrong)
            singer = b""
            for plugin in PLUGINS:
                done = run_forked(
                    command(plugin), cwd=tmp_path, env=env, input=singer, capture_output=True, check=False, timeout=60
                )
                singer = done.stdout
                told = [SingerSDKLogParser().parse(line) for line in done.stderr.decode().splitlines()]
                assert None not in told, done.stderr.decode()
                levels = {line.level for line in told if line is not None}
                assert (logging.ERROR in levels) is bool(wrong), plugin
                assert told[-1] is not None
                assert ("/errors/#key-not-accepted)" in told[-1].message) is bool(wrong)


@pytest.mark.parametrize("asked", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("plugin", PLUGINS)
def test_nobody_who_wants_none_gets_a_colour(
    plugin: str, asked: dict[str, str], tmp_path: Path, on_a_terminal: Callable[..., tuple[bytes, str]]
) -> None:
    """NO_COLOR and terminals that know none: log lines, tables and the line that says why it stopped are plain."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=5, requests_per_minute=None), micropim) as box:
        for wrong in ({}, {PLUGINS[plugin]: "wrong"}):
            env = environment(box, **asked, **wrong)
            _out, seen = on_a_terminal(command(plugin), tmp_path, env, b'{"type":"STATE","value":{}}\n')
            assert "INFO" in seen or "ERROR" in seen
            assert "\x1b" not in seen
