"""The image's own commands, run as they stand in the Containerfile; building it needs a container engine."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_USERS = "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats _apt nobody"
TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")


def stages() -> dict[str, str]:
    """Name of each stage, or its place, and what stands in it."""
    _, *parts = re.split(r"^FROM ", TEXT, flags=re.MULTILINE)
    heads = [part.partition("\n")[0].split() for part in parts]
    return {head[2] if len(head) == 3 else "": part for head, part in zip(heads, parts, strict=True)}


def test_it_does_not_run_as_root_and_trusts_no_floating_image() -> None:
    """A number, so that a cluster can see that it is not root; a version in each FROM; hashes for what is installed."""
    bases = re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)
    assert set(bases) <= {"${BASE}", *stages()}
    assert re.findall(r"^USER (\S+)$", stages()[""], re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^ARG BASE=\S+:3\.\d+-slim$", TEXT, re.MULTILINE)
    assert "--require-hashes -r requirements/run.txt" in TEXT
    assert "ENV" not in re.findall(r"^ARG .*", TEXT, re.MULTILINE)


def test_the_image_of_both_plugins_is_the_one_that_is_built_without_a_target() -> None:
    """The last stage; it starts no other one."""
    assert list(stages())[-1] == ""
    assert "CMD [" in stages()[""]


@pytest.mark.parametrize("name", ["source-medipim", "destination-micropim"])
def test_airbyte_finds_each_connector_and_a_user_without_rights(name: str) -> None:
    """The platform reads AIRBYTE_ENTRYPOINT and runs as user 1000, whose home is where relative paths lead."""
    stage, base = stages()[name], stages()["airbyte"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert name in scripts
    assert stage.startswith(f"airbyte AS {name}\n")
    assert f"\nENV AIRBYTE_ENTRYPOINT=/opt/sync/bin/{name}\n" in stage
    assert f'\nENTRYPOINT ["/opt/sync/bin/{name}"]\n' in stage
    assert re.findall(r"^USER (\S+)$", base, re.MULTILINE) == ["1000:1000"]
    assert re.findall(r"^WORKDIR (\S+)$", base, re.MULTILINE) == ["/airbyte"]
    assert "install -d -o 1000 -g 1000 /airbyte" in base


def test_its_user_is_none_that_the_base_has() -> None:
    """Debian brings a dozen users along, one of them called ``sync``; making it again would end the build."""
    (name,) = re.findall(r"^RUN useradd .* (\S+)$", TEXT, re.MULTILINE)
    assert not re.search(rf"\b{name}\b", DEBIAN_USERS)


def test_no_secret_of_the_checkout_gets_into_a_build() -> None:
    """Docker reads only this file, podman and buildah read it too."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", ".git", ".venv", ".micropim", ".meltano"} <= set(ignored)
    assert not (ROOT / ".containerignore").exists()
