"""The image's own commands, run as they stand in the Containerfile; building it needs a container engine."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_USERS = "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats _apt nobody"
TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")


def test_it_does_not_run_as_root_and_trusts_no_floating_image() -> None:
    """A number, so that a cluster can see that it is not root; a version in each FROM; hashes for what is installed."""
    assert re.findall(r"^USER (\S+)$", TEXT, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.findall(r"^ARG BASE=\S+:3\.\d+-slim$", TEXT, re.MULTILINE)
    assert "--require-hashes -r requirements/run.txt" in TEXT
    assert "ENV" not in re.findall(r"^ARG .*", TEXT, re.MULTILINE)


def test_its_user_is_none_that_the_base_has() -> None:
    """Debian brings a dozen users along, one of them called ``sync``; making it again would end the build."""
    (name,) = re.findall(r"^RUN useradd .* (\S+)$", TEXT, re.MULTILINE)
    assert not re.search(rf"\b{name}\b", DEBIAN_USERS)


def test_no_secret_of_the_checkout_gets_into_a_build() -> None:
    """Docker reads only this file, podman and buildah read it too."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", ".git", ".venv", ".micropim", ".meltano"} <= set(ignored)
    assert not (ROOT / ".containerignore").exists()
