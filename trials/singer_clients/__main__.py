"""``make clients``: try every client, print and write docs/clients.md, and fail when ours is at fault.

``--short``: three clients, two sources, no page. ``--only NAME``: clients whose name contains it; rows of others stay.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from trials.singer_clients.trial import Options, try_all


def main() -> int:
    """1 where a client failed that is here, or none could be had."""
    flags = argparse.ArgumentParser(prog="python -m trials.singer_clients", description=__doc__.partition("\n")[0])
    flags.add_argument("--short", action="store_true", help="three clients, two sources, no page")
    flags.add_argument("--only", default="", help="clients whose name contains this")
    given, began = flags.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clients-") as folder:
        code = try_all(Options(short=given.short, only=given.only), Path(folder))
    print(f"{time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
