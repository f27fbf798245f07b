"""The SDK's own standard tests of a tap, against a sandbox."""

from collections.abc import Iterator

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import MedipimOptions, Sandbox
from tap_medipim.tap import TapMedipim

BOX = Sandbox(MedipimOptions(products=200, requests_per_minute=None), None)
CONFIG = {
    "api_key_id": BOX.medipim.options.api_key_id,
    "api_key_secret": BOX.medipim.options.api_key_secret,
    "requests_per_minute": 6000,
}


# One schema holds all markets' fields. Some have no value here, and which one a worker meets first is its own affair.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Fields in transformed catalog", "ignore:No records were available to test"
)


@pytest.fixture(scope="module", autouse=True)
def serving() -> Iterator[None]:
    """Serve while the tests of this module run; the suite's runner reads the settings when its first test starts."""
    with BOX:
        CONFIG["api_url"] = BOX.medipim_url
        yield


TestTapMedipim = get_tap_test_class(
    TapMedipim,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=60),
    include_stream_tests=True,
    parse_env_config=False,
)
