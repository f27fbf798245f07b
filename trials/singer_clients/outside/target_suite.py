"""The SDK's own tests of a target, on the installed wheel: copied beside it and run in its environment."""

import json
import os

from singer_sdk.testing import get_target_test_class

from target_micropim.target import TargetMicroPim

TestTargetMicroPim = get_target_test_class(target_class=TargetMicroPim, config=json.loads(os.environ["CONFIG"]))
