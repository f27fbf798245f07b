"""One market, three shops, on a real PostgreSQL: what each gets, and how many requests Medipim saw."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from trials.fleet.trial import Trial, catalogue


def main() -> int:
    """All steps in order."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--products", type=int, default=60)
    flags.add_argument("--quick", action="store_true", help="one shop only")
    arguments = flags.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet")))
        steps(Trial(stack, folder, arguments.products, 3), quick=arguments.quick)
    return 0


def steps(trial: Trial, *, quick: bool) -> None:
    """Onboard, repeat, extend, take away, change; and the same catalogue as by the direct way."""
    trial.file(["assortment: all"])
    trial.run("be", "s0")
    trial.compare(0)
    trial.medipim.medipim.touch([next(iter(catalogue(trial.boxes[0])))], name={"nl": "Nieuwer"})
    trial.run("be")
    trial.run("--dry-run", "s0")
    trial.run("s0")
    if quick:
        return
    ids = sorted(str(product["sku"]) for product in trial.boxes[0].micropim.products.values())
    few, more = ids[:10], ids[5:20]
    archiving = "on_removed: archive, assortment: "
    trial.file(["assortment: all", f"{archiving}{json.dumps(few)}", "filter: {status: [active]}"])
    trial.run("s1", "s2")
    trial.file(["assortment: all", f"{archiving}{json.dumps(more)}", "filter: {status: [active]}"])
    trial.medipim.medipim.touch(more[:3], name={"nl": "Nieuw", "fr": "Nouveau"})
    trial.run("be", "s0", "s1", "s2")
    trial.run("--full", "s1")
    print(trial.micropim_fleet("plan").stdout)
    print(trial.micropim_fleet("report").stdout)


if __name__ == "__main__":
    sys.exit(main())
