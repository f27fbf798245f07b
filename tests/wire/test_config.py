"""Settings from files and from the environment: a mistake names its file or setting, and shows nothing of a file."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pim_wire.config import _read_files, environment_settings
from pim_wire.env_file import text_of
from pim_wire.errors import InvalidSettings
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim
from tests.support.forked import run_forked

SECRET = "canary-of-a-file"
NULLABLE = {
    "number": ["number", "null"],
    "integer": ["integer", "null"],
    "percent": ["integer", "string", "null"],
    "flag": ["boolean", "null"],
    "list": ["array", "string", "null"],
    "object": ["object", "null"],
    "text": ["string", "null"],
}
SCHEMA = {"properties": {name: {"type": kinds} for name, kinds in NULLABLE.items()}}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", "2.5", 2.5),
        ("number", "60", 60.0),
        ("number", "nan", "nan"),
        ("integer", " 25 ", 25),
        ("integer", "ten", "ten"),
        ("integer", "", ""),
        ("percent", "25", 25),
        ("percent", "5%", "5%"),
        ("flag", "Yes", True),
        ("flag", "off", False),
        ("flag", "oui", "oui"),
        ("list", '["web"]', '["web"]'),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", "{a", "{a"),
        ("text", "007", "007"),
    ],
)
def test_a_variable_is_read_as_its_setting_is(
    name: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not of its kind stays a text, so that the check names the setting."""
    monkeypatch.setenv(f"PLUGIN_{name.upper()}", text)
    config = environment_settings(SCHEMA, "PLUGIN_")
    assert config == {name: value}
    assert type(config[name]) is type(value)


@pytest.mark.parametrize("plugin", [TapMedipim, TargetMicroPim])
@pytest.mark.parametrize(
    ("name", "text", "wrong"), [("max_wait_seconds", "2.5", False), ("max_wait_seconds", "long", True)]
)
def test_both_plugins_take_a_fraction_from_the_environment(
    plugin: Any, name: str, text: str, wrong: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings page promises that each setting can be a variable."""
    for key in ("TAP_MEDIPIM_API_KEY_ID", "TAP_MEDIPIM_API_KEY_SECRET", "TARGET_MICROPIM_API_KEY"):
        monkeypatch.setenv(key, "1")
    monkeypatch.setenv(f"{plugin._env_var_prefix}{name.upper()}", text)
    errors = plugin(parse_env_config=True, validate_config=False)._validate_config(raise_errors=False)
    assert [error.partition(":")[0] for error in errors] == (["Setting max_wait_seconds"] if wrong else [])


def test_a_dry_run_that_cannot_be_understood_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking an unknown word for no would write to a shop."""
    monkeypatch.setenv("TARGET_MICROPIM_API_KEY", "key")
    monkeypatch.setenv("TARGET_MICROPIM_DRY_RUN", "oui")
    (error,) = TargetMicroPim(parse_env_config=True, validate_config=False)._validate_config(raise_errors=False)
    assert error.startswith("Setting dry_run: 'oui'")


def test_later_files_go_before_earlier_ones_and_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As with the SDK; ENV is a word, not a file."""
    (tmp_path / "one.json").write_text('{"a": 1, "b": 1}', encoding="utf-8")
    (tmp_path / "two.json").write_text('{"b": 2.5}', encoding="utf-8-sig")  # as some editors save it
    merged = _read_files([str(tmp_path / "one.json"), "ENV", str(tmp_path / "two.json")])
    assert (merged.config, merged.parse_env) == ({"a": 1, "b": 2.5}, True)
    assert _read_files([]).parse_env is False


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, r"cannot be read \(No such file or directory\)"),
        (f'{{"api_key": "{SECRET}",\n'.encode(), r"is not JSON \(line \d, column \d"),
        (b"\xd0" + SECRET.encode(), "is not in UTF-8: save it as UTF-8"),
        (f'{{"api_key": "{SECRET}"}}'.encode("utf-16"), "is not in UTF-8: save it as UTF-8"),
        (f'["{SECRET}"]'.encode(), "is not a JSON object"),
    ],
)
def test_a_wrong_file_is_named_without_its_content(content: bytes | None, words: str, tmp_path: Path) -> None:
    """Its text holds a key."""
    file = tmp_path / "tap.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidSettings, match=words) as refused:
        _read_files([str(file)])
    assert str(file) in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("plugin", ["tap-medipim", "target-micropim"])
def test_the_command_line_says_which_file_is_wrong(plugin: str, tmp_path: Path) -> None:
    """One line, and the section of settings."""
    command = [str(Path(sys.executable).with_name(plugin)), "--config", "nowhere.json"]
    done = run_forked(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "--config nowhere.json cannot be read" in line
    assert line.endswith("/errors/#settings)")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), (" TRUE ", True), ("off", False), ("ja", "ja"), ('"true"', None)]
)
def test_a_dry_run_as_meltano_hands_it_on(text: str, value: Any) -> None:
    """Its definition gives the text: Meltano itself would take each unknown word for no, and the run would write."""
    plugin = TargetMicroPim(config={"api_key": "x", "dry_run": text}, validate_config=False)
    errors = plugin._validate_config(raise_errors=False)
    assert [error.partition(":")[0] for error in errors] == ([] if isinstance(value, bool) else ["Setting dry_run"])
    assert not isinstance(value, bool) or plugin.config["dry_run"] is value


@pytest.mark.parametrize(
    ("written", "word"),
    [
        (b"A=1\nTARGET_MICROPIM_DRY_RUN: true\n", "line 2: TARGET_MICROPIM_DRY_RUN has no value"),
        (b"TARGET_MICROPIM_DRY_RUN\n", "line 1: TARGET_MICROPIM_DRY_RUN has no value"),
        (b"export target_micropim_api_key secret\n", "line 1: target_micropim_api_key has no value"),
        ("TARGET_MICROPIM_DRY_RUN=true\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_an_env_file_with_a_line_that_would_be_passed_over(
    written: bytes, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, without what stands behind the name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(InvalidSettings, match=word) as refused:
        environment_settings(SCHEMA, "TARGET_MICROPIM_")
    assert "secret" not in str(refused.value)


def test_a_folder_called_env_is_somebodys_virtual_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m venv .env`` is an old custom: it holds no settings, and stops nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").mkdir()
    monkeypatch.setenv("TARGET_MICROPIM_NUMBER", "2.5")
    assert environment_settings(SCHEMA, "TARGET_MICROPIM_")["number"] == 2.5


def test_a_pipe_called_env_is_read_once_and_checked_like_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As managers of secrets make it: who writes it may come late, and write in parts."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo(".env")
    for written, text in ((b"PLUGIN_TEXT=a\r\nPLUGIN_NUMBER=2.5\n", "a"), (b"PLUGIN_TEXT b\n", None)):
        writer = threading.Thread(target=Path(".env").write_bytes, args=(written,))
        writer.start()
        try:
            if text is None:
                with pytest.raises(InvalidSettings, match=r"\.env, line 1: PLUGIN_TEXT has no value"):
                    environment_settings(SCHEMA, "PLUGIN_")
            else:
                assert environment_settings(SCHEMA, "PLUGIN_") == {"text": text, "number": 2.5}
        finally:
            writer.join()
            forget_environment()


def forget_environment() -> None:
    """Variables that a file has set."""
    for name in ("PLUGIN_TEXT", "PLUGIN_NUMBER"):
        os.environ.pop(name, None)


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_pipe_that_nobody_writes_to_its_end_is_not_waited_for(is_begun: bool, tmp_path: Path) -> None:
    """It would be waited for without a word, each night."""
    pipe = tmp_path / ".env"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY) if is_begun else None
    os.close(reader)
    with pytest.raises(InvalidSettings, match=r"\.env is a pipe, and nobody wrote it to its end within 0 s"):
        text_of(pipe, "PLUGIN_", patience=0)
    if writer is not None:
        os.close(writer)


@pytest.mark.parametrize("mark", ['"', "'"])
def test_a_key_in_quotation_marks_is_refused_without_its_value(mark: str) -> None:
    """As ``--env-file`` of a container hands it on; sent, it would only be a wrong key."""
    key = f" {mark}{SECRET}{mark}"
    for plugin, config in (
        (TargetMicroPim, {"api_key": key}),
        (TapMedipim, {"api_key_id": "1", "api_key_secret": key}),
    ):
        (error,) = plugin(config=config, validate_config=False)._validate_config(raise_errors=False)
        assert "quotation marks" in error
        assert SECRET not in error


@pytest.mark.parametrize("text", ["shop\nsync", "shop \u20ac", "shop\t"])
@pytest.mark.parametrize("plugin", [TapMedipim, TargetMicroPim])
def test_a_user_agent_that_cannot_travel_is_refused(plugin: Any, text: str) -> None:
    """It would look like a broken connection."""
    config = {"api_key": "x", "api_key_id": "1", "api_key_secret": "x", "user_agent": text}
    errors = plugin(config=config, validate_config=False)._validate_config(raise_errors=False)
    assert [error.partition(":")[0] for error in errors] == ["Setting user_agent"]


def test_an_env_file_of_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their lines are theirs; a byte order mark and CRLF are no matter."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfPLUGIN_TEXT=a\r\nOTHER: x\r\n# note\r\n\r\nANOTHER\r\n")
    try:
        assert environment_settings(SCHEMA, "PLUGIN_") == {"text": "a"}
    finally:
        forget_environment()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f'{{"dry_run": true, "api_key": "{SECRET}", "dry_run": false}}', "dry_run"),
        (f'{{"brand_map": {{"{SECRET}": 1, "A": 1, "A": 2}}}}', "A"),
    ],
)
def test_a_name_that_stands_twice_in_a_file_is_refused(content: str, name: str, tmp_path: Path) -> None:
    """The last one would count, without a word."""
    file = tmp_path / "target.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSettings, match=f"names {name} twice") as refused:
        _read_files([str(file)])
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["brand_map", "field_policies", "sku_template"])
def test_a_name_that_stands_twice_in_a_setting_is_refused(name: str) -> None:
    """Written as JSON text, as environment variables give it."""
    text = '{"A": 1, "A": 2}' if name == "brand_map" else '{"name": "never", "name": "always"}'
    plugin = TargetMicroPim(config={"api_key": "x", name: text}, validate_config=False)
    (error,) = plugin._validate_config(raise_errors=False)
    assert error.startswith(f"Setting {name}: ")
    assert ("twice" in error) == (name != "sku_template")


def test_a_variable_that_stands_twice_in_dot_env_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one counts. One that was empty, that says the same or that the environment gives is none."""
    monkeypatch.setenv("TARGET_MICROPIM_GIVEN", "x")
    file = tmp_path / ".env"
    file.write_text(
        f"TARGET_MICROPIM_API_KEY=\nTARGET_MICROPIM_API_KEY={SECRET}\nTARGET_MICROPIM_LOCALE=nl\nOTHER=1\nOTHER=2\n"
        "TARGET_MICROPIM_SAME=1\nTARGET_MICROPIM_SAME='1'\nTARGET_MICROPIM_GIVEN=1\nTARGET_MICROPIM_GIVEN=2\n"
        "TARGET_MICROPIM_LOCALE=fr\n",
        encoding="utf-8",
    )
    assert SECRET in text_of(file, "TARGET_MICROPIM_")
    (told,) = caplog.messages
    assert told.endswith("line 10: TARGET_MICROPIM_LOCALE stands twice, with two values: the last one counts")


def test_a_dry_run_that_a_later_line_of_dot_env_calls_off_is_refused(tmp_path: Path) -> None:
    """Whoever wrote the first one wants that nothing is written."""
    file = tmp_path / ".env"
    file.write_text("TARGET_MICROPIM_DRY_RUN=true\nTARGET_MICROPIM_DRY_RUN=false\n", encoding="utf-8")
    with pytest.raises(InvalidSettings, match="line 2: TARGET_MICROPIM_DRY_RUN stands twice"):
        text_of(file, "TARGET_MICROPIM_")


@pytest.mark.parametrize(
    ("name", "value"), [("max_in_flight", 8.0), ("reads_per_minute", 120.0), ("max_rejects", 10.0), ("max_images", 3.0)]
)
def test_a_whole_number_with_a_fraction_of_nothing_is_whole(name: str, value: float) -> None:
    """Some tools write 8 as 8.0."""
    plugin = TargetMicroPim(config={"api_key": "x", name: value}, validate_config=False)
    assert plugin._validate_config(raise_errors=False) == []
    assert (plugin.config[name], type(plugin.config[name])) == (int(value), int)


def test_a_text_of_digits_may_come_as_a_number() -> None:
    """YAML reads the user name of an API key so. A secret stays as it is given: what hides it has to know it."""
    plugin = TapMedipim(config={"api_key_id": 12345, "api_key_secret": "x"}, validate_config=False)
    assert plugin._validate_config(raise_errors=False) == []
    assert plugin.config["api_key_id"] == "12345"
    plugin = TapMedipim(config={"api_key_id": "12345", "api_key_secret": 67890}, validate_config=False)
    (error,) = plugin._validate_config(raise_errors=False)
    assert error == "Setting api_key_secret: must be a text (value not shown)"
