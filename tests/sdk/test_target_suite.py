"""The SDK's own tests for targets, against a MicroPIM on loopback."""

from collections.abc import Iterator
from typing import Any

import pytest
from singer_sdk.testing import get_target_test_class

from sandbox import MicroPimOptions, Sandbox
from target_micropim.target import TargetMicroPim

BOX = Sandbox(None, MicroPimOptions(reads_per_minute=None, writes_per_minute=None), micropim_port=0)
CONFIG: dict[str, Any] = {"api_key": "sandbox-micropim-key", "api_url": "http://127.0.0.1:1", "locale": "en"}


@pytest.fixture(scope="module", autouse=True)
def organization(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A sandbox, and a working folder outside the checkout."""
    folder = tmp_path_factory.mktemp("target")
    with BOX:
        CONFIG["api_url"] = BOX.micropim_url
        CONFIG["ledger_url"] = f"sqlite:///{folder}/ledger.db"
        CONFIG["report_dir"] = str(folder / "reports")
        CONFIG["decisions_file"] = str(folder / "decisions.csv")
        yield


TestTargetMicroPim = get_target_test_class(target_class=TargetMicroPim, config=CONFIG)
