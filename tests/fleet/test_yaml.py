"""YAML's traps: what a word, a number and a key twice come to, and on which line."""

from pathlib import Path
from typing import Any

import pytest

from micropim_fleet.mistakes import WrongFleet
from micropim_fleet.yaml_file import read


def content(tmp_path: Path, text: str) -> Any:
    """What a text reads as."""
    file = tmp_path / "fleet.yml"
    file.write_bytes(text.encode())
    return read(file)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("22:00", "22:00"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("2.5", 2.5),
        ("2026-01-01", "2026-01-01"),
        ("'12'", "12"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_a_word_is_a_word(tmp_path: Path, written: str, value: object) -> None:
    """Only true, false, null and plain decimal numbers are something else."""
    found = content(tmp_path, f"key: {written}\n").content["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "empty"),
        ("# only this\n", 1, "empty"),
        ("a: 1\nb: 2\na: 3\n", 3, "a stands twice, first in line 1"),
        ("a:\n  on: 1\n  on: 2\n", 3, "on stands twice, first in line 2"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: {k: ${NAME}}\n", 1, "quotation marks"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: &x [*x]\n", 1, "contains itself"),
        ("a: *nowhere\n", 1, "undefined alias"),
        ("a: !!python/object:os.system x\n", 1, "a tag means nothing here"),
        ("a: !!int 0x1F\n", 1, "a tag means nothing here"),
        ("[1, 2]: 3\n", 1, "a name is a word"),
        ("a: [1\nb: 2\n", 2, "not readable as YAML"),
        ("a: 1\nb: <<\n<<: 3\n", 3, "takes a mapping"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    """Never a traceback, and never the line itself, which may hold a key."""
    with pytest.raises(WrongFleet) as raised:
        content(tmp_path, text)
    assert raised.value.mistakes[0].line == line
    assert what in raised.value.mistakes[0].what


@pytest.mark.parametrize(
    "text", ["a: *hunter22\n", "a: !hunter22 x\n", 'a: "hunter22\n', "a: 'x'hunter22\n", "hunter22\na: 1\n"]
)
def test_a_mistake_in_a_password_does_not_show_it(tmp_path: Path, text: str) -> None:
    """One that begins with * or ! is an alias or a tag to YAML."""
    with pytest.raises(WrongFleet) as raised:
        content(tmp_path, text)
    assert "hunter22" not in str(raised.value)


def test_aliases_of_aliases_end(tmp_path: Path) -> None:
    """A few lines that stand for a billion values are refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 4)]
    assert len(content(tmp_path, "\n".join(lines)).content["a3"]) == 10
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 100)}]" for n in range(4, 9)]
    with pytest.raises(WrongFleet, match="more than can be meant"):
        content(tmp_path, "\n".join(lines))


def test_a_merged_mapping_gives_way_to_what_is_written(tmp_path: Path) -> None:
    """``<<`` fills in; several of them from the first to the last."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n"
    document = content(tmp_path, text)
    assert document.content["c"] == {"x": 3, "y": 1, "z": 2}
    assert document.line(("c", "x")) == 5


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    """Latin-1, as an old editor saves it."""
    file = tmp_path / "fleet.yml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(WrongFleet, match=r"fleet.yml:2: is not UTF-8"):
        read(file)
    with pytest.raises(WrongFleet, match="cannot be read"):
        read(tmp_path / "none.yml")
