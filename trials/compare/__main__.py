"""``make compare OLD=<checkout>``: the same scripted nights with the executables of two checkouts, compared.

    python -m trials.compare OLD NEW            both, one after the other
    python -m trials.compare --record DIR OF    one of them, kept
    python -m trials.compare --compare DIR DIR  two that were kept

``--part`` plays the nights whose names match. Exit code 1 on any difference.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from trials.compare.difference import compared, load, save
from trials.compare.recording import all_nights, record_all
from trials.compare.stage import NotSo


def main() -> int:
    """Record, compare, say what was found."""
    flags = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    flags.add_argument(
        "places", nargs="+", type=Path, help="two checkouts; with --record one; with --compare two folders"
    )
    how = flags.add_mutually_exclusive_group()
    how.add_argument("--record", type=Path, metavar="DIR", help="only record, into this folder")
    how.add_argument("--compare", action="store_true", help="only compare two recordings")
    flags.add_argument("--part", default="", help="a pattern for the names of nights")
    given = flags.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is ended too
    if len(given.places) != (1 if given.record else 2):
        flags.error("--record wants one checkout, all else two places")
    if given.record:
        return record(given.places[0], given.record, given.part)
    if given.compare:
        return tell(*given.places)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        old, new = Path(folder) / "old", Path(folder) / "new"
        return record(given.places[0], old, given.part) or record(given.places[1], new, given.part) or tell(old, new)


def record(checkout: Path, folder: Path, part: str) -> int:
    """Every night into a folder of its own."""
    began = time.monotonic()
    if folder.exists():
        print(f"{folder} is there already")
        return 1
    nights, failed = all_nights(part), 0
    for night, texts in record_all(checkout.resolve(), nights):
        if isinstance(texts, NotSo):
            failed += 1
            print(f"NOT what its name says: {night.name}: {texts}", flush=True)
        else:
            save(folder, night.name, texts)
            print(f"recorded  {night.name} ({len(texts)} texts)", flush=True)
    print(f"{len(nights)} nights of {checkout} in {time.monotonic() - began:.0f} s\n")
    return int(failed > 0)


def tell(old: Path, new: Path) -> int:
    """A line a night; 1 when any differs."""
    before, after = load(old), load(new)
    differing = 0
    for night, said in compared(before, after):
        print(f"{'DIFFERS' if said else 'equal  '}  {night} ({len(before.get(night, ()))} texts)", *said, sep="\n    ")
        differing += bool(said)
    texts = sum(map(len, before.values()))
    print(f"\n{len(before)} nights, {texts} texts; {differing} nights differ")
    return int(differing > 0 or not before)


if __name__ == "__main__":
    sys.exit(main())
