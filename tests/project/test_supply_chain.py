"""What comes in is locked, listed and licensed; what goes out is listed; the workflows ask for little."""

import json
import os
import re
import subprocess
import sys
import venv
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.docs.licences import is_permissive
from scripts.docs.licences import main as compare_licences
from scripts.release.audit import verdict
from scripts.release.locked import ROOT, applies, closure, declared, pins, reasons
from scripts.release.sbom import write_sbom

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCKS = {"run.txt": ("run",), "dev.txt": ("run", "postgres", "dev", "docs", "supply")}


def roots(*lists: str) -> list[Requirement]:
    """The direct requirements of several lists of pyproject.toml."""
    found = declared()
    return [one for name in lists for one in found[name]]


class TestLocks:
    """requirements/ is pyproject.toml, exact, and nothing else."""

    @pytest.mark.parametrize("lock", LOCKS)
    def test_a_lock_holds_what_pyproject_asks_for_and_nothing_else(self, lock: str) -> None:
        locked = {name for name, pin in pins(lock).items() if applies(pin)}
        assert locked == set(closure(roots(*LOCKS[lock])))

    @pytest.mark.parametrize("lock", LOCKS)
    def test_a_lock_is_within_the_ranges_and_is_what_is_installed(self, lock: str) -> None:
        found = pins(lock)
        for wanted in roots(*LOCKS[lock]):
            pinned = str(found[canonicalize_name(wanted.name)].specifier).removeprefix("==")
            assert wanted.specifier.contains(pinned), wanted
        for name, pin in found.items():
            if applies(pin):
                assert pin.specifier.contains(version(name)), name

    @pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "uv.txt"])
    def test_each_pin_has_hashes(self, lock: str) -> None:
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text)[1:]
        assert entries
        for entry in entries:
            assert re.match(r"\S+==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}", entry), entry.split("\n")[0]

    def test_no_tracked_file_names_a_registry(self) -> None:
        hosts = [
            ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
        ]
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
        files = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
        assert len(files) > 100
        assert [(file.name, host) for file in files for host in hosts if host.encode() in file.read_bytes()] == []


class TestLicences:
    """Each package has a reason and a licence that a shop may use."""

    def test_each_direct_dependency_has_its_reason(self) -> None:
        found = reasons()
        every = [one for some in declared().values() for one in some]
        assert [one.name for one in every if not found.get(canonicalize_name(one.name))] == []

    @pytest.mark.parametrize(
        ("licence", "good"),
        [
            ("MIT", True),
            ("MIT OR GPL-3.0-only", True),
            ("Apache-2.0 AND BSD-3-Clause", True),
            ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
            ("GPL-3.0-only", False),
            ("LicenseRef-Proprietary", False),
            (None, False),
        ],
    )
    def test_only_permissive_licences_pass(self, licence: str | None, good: bool) -> None:
        assert is_permissive(licence) is good

    def test_the_page_of_licences_is_what_the_metadata_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["licences"])
        assert compare_licences() == 0


@pytest.fixture(scope="module")
def sbom(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The list of an environment that has the metadata of what runs; the tool refuses what CycloneDX does not allow."""
    place = tmp_path_factory.mktemp("sbom")
    venv.create(place / "venv", symlinks=True)
    library = next((place / "venv" / "lib").glob("python*")) / "site-packages"
    for name in closure(roots("run")):
        about = next(file.parts[0] for file in distribution(name).files or () if ".dist-info" in file.parts[0])
        (library / about).symlink_to(Path(str(distribution(name).locate_file(about))))
    write_sbom(place / "venv" / "bin" / "python", place / "x.cdx.json")
    return json.loads((place / "x.cdx.json").read_text(encoding="utf-8"))


class TestSbom:
    """The list of what the wheel brings along."""

    def test_the_sbom_names_every_package_with_version_and_licence(self, sbom: Any) -> None:
        assert sbom["bomFormat"] == "CycloneDX"
        found = {canonicalize_name(part["name"]): part for part in sbom["components"]}
        assert set(found) == set(closure(roots("run")))
        for name in found:
            assert found[name]["version"] == version(name)
            assert found[name]["purl"].startswith("pkg:pypi/")
            assert found[name]["licenses"], name

    def test_the_sbom_hangs_what_runs_on_our_own_package(self, sbom: Any) -> None:
        own = sbom["metadata"]["component"]
        assert (own["name"], own["version"]) == ("medipim-micropim", version("medipim-micropim"))
        needs = {one["ref"]: one.get("dependsOn", []) for one in sbom["dependencies"]}
        direct = {canonicalize_name(ref.partition("==")[0]) for ref in needs[own["bom-ref"]]}
        assert {canonicalize_name(one.name) for one in roots("run")} <= direct


def report(**more: Any) -> str:
    """What pip-audit prints."""
    clean = {"name": "good", "version": "1", "vulns": []}
    return json.dumps({"dependencies": [clean, {"name": "other", "version": "2", **more}]})


class TestAudit:
    """Known vulnerabilities fail; what was not judged is not called clean."""

    def test_the_audit_fails_on_a_known_vulnerability(self) -> None:
        code, lines = verdict(report(vulns=[{"id": "CVE-1"}]), "")
        assert (code, lines) == (1, ["audit: other 2: CVE-1"])

    @pytest.mark.parametrize("unclear", [report(skip_reason="not found"), "", "[]", "Traceback"])
    def test_the_audit_calls_nothing_clean_that_was_not_judged(self, unclear: str) -> None:
        code, lines = verdict(unclear, "no route")
        assert code == 0
        assert lines[0].startswith("audit: skipped")

    def test_the_audit_counts_what_was_judged(self) -> None:
        assert verdict(report(vulns=[]), "") == (0, ["audit: 2 packages, no known vulnerability"])

    def test_the_audit_neither_hangs_nor_fails_without_a_network(self) -> None:
        nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "release" / "audit.py")],
            env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.count("\n")) == (0, 1)
        assert done.stdout.startswith("audit: skipped, the database of vulnerabilities cannot be reached")


class TestWorkflows:
    """The workflows on GitHub: least permissions, exact pins."""

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
    def test_a_workflow_asks_for_nothing_and_pins_what_it_uses(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert yaml.safe_load(text)["permissions"] == {}
        used = re.findall(r"uses: (.+)", text)
        assert used
        assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")
        assert "secrets." not in text

    def test_one_action_has_one_pin(self) -> None:
        used = {one for file in WORKFLOWS for one in re.findall(r"uses: (\S+@\S+)", file.read_text(encoding="utf-8"))}
        assert len(used) == len({one.partition("@")[0] for one in used})

    def test_zizmor_finds_nothing(self) -> None:
        tool = Path(sys.executable).with_name("zizmor")
        done = subprocess.run(
            [tool, "--offline", "--persona=pedantic", ".github"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout

    def test_only_the_publishing_job_may_publish_and_only_from_its_environment(self) -> None:
        jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))["jobs"]
        publishers = [
            name for name, job in jobs.items() if any("publish@" in step.get("uses", "") for step in job["steps"])
        ]
        assert publishers == ["publish"]
        assert jobs["publish"]["environment"] == "release"
        assert jobs["publish"]["permissions"] == {"id-token": "write"}
        assert "build" in jobs["publish"]["needs"]
