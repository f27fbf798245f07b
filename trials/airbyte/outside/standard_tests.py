"""Runs in the CDK's environment: its standard tests, over the executables as a platform starts them."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models.connector_metadata import MetadataFile
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.standard_tests import DestinationTestSuiteBase, SourceTestSuiteBase
from airbyte_cdk.test.standard_tests._job_runner import run_test_job
from airbyte_cdk.test.standard_tests._spec_lint import assert_spec_is_valid, get_single_spec

FOLDER = Path(os.environ["CONNECTORS"])
EXECUTABLES = Path(os.environ["EXECUTABLES"])


class Executable:
    """What the CDK calls a connector: it has a ``spec``, and here the path of a program."""

    def __init__(self, name: str) -> None:
        self.path = EXECUTABLES / name

    def spec(self, logger: Any) -> Any:
        """Never called: the program is asked."""
        raise NotImplementedError


def run_executable(source: Executable, args: list[str], *_: Any, **_more: Any) -> entrypoint_wrapper.EntrypointOutput:
    """In place of the CDK's own entry point, which would run a connector of its classes."""
    command = [str(source.path), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    failure = None if done.returncode == 0 else RuntimeError(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    lines = done.stdout.splitlines()
    output = entrypoint_wrapper.EntrypointOutput(messages=lines or [""], command=command, stderr=done.stderr)
    assert failure is None or output.errors, failure
    return output


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrypoint_wrapper, "_run_command", run_executable)


class TestSource(SourceTestSuiteBase):
    """All that the CDK has for sources."""

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """With keys of the sandbox."""
        return FOLDER / "source-medipim"

    @classmethod
    def create_connector(cls, scenario: Any) -> Any:  # noqa: ARG003 - the name is the CDK's
        """The program."""
        return Executable("source-medipim")

    def test_metadata(self) -> None:
        """As the CDK reads it."""
        assert MetadataFile.from_file(self.get_connector_root_dir() / "metadata.yaml").data.language == "python"


class TestDestination(DestinationTestSuiteBase):
    """All that the CDK has for destinations, and its test of a source's form."""

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """With keys of the sandbox."""
        return FOLDER / "destination-micropim"

    @classmethod
    def create_connector(cls, scenario: Any) -> Any:  # noqa: ARG003 - the name is the CDK's
        """The program."""
        return Executable("destination-micropim")

    def test_metadata(self) -> None:
        """As the CDK reads it."""
        assert MetadataFile.from_file(self.get_connector_root_dir() / "metadata.yaml").data.language == "python"

    def test_spec(self) -> None:
        """Secrets are marked."""
        result = run_test_job(
            self.create_connector(None), "spec", test_scenario=None, connector_root=self.get_connector_root_dir()
        )
        assert_spec_is_valid(
            get_single_spec(result, connector_name=self.connector_name), connector_name=self.connector_name
        )
