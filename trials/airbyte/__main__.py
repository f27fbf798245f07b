"""``make airbyte``: try everything, print and write docs/airbyte-clients.md, and fail when ours is at fault.

``--short``: PyAirbyte and the CDK's tests, no page. ``--only NAME``: trials whose name contains it; other rows stay.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from trials.airbyte.trial import try_all


def main() -> int:
    """1 where a trial failed, or the clients could not be had."""
    flags = argparse.ArgumentParser(prog="python -m trials.airbyte", description=__doc__.partition("\n")[0])
    flags.add_argument("--short", action="store_true", help="PyAirbyte and the CDK's tests, no page")
    flags.add_argument("--only", default="", help="trials whose name contains this")
    given, began = flags.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="airbyte-") as folder:
        code = try_all(Path(folder), short=given.short, only=given.only)
    print(f"{time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
