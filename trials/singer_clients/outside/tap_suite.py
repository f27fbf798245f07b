"""The SDK's own tests of a tap, on the installed wheel: copied beside it and run in its environment."""

import json
import os

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_medipim.tap import TapMedipim

TestTapMedipim = get_tap_test_class(
    TapMedipim,
    config=json.loads(os.environ["CONFIG"]),
    suite_config=SuiteConfig(max_records_limit=20),
    include_stream_tests=True,
    parse_env_config=False,
)
