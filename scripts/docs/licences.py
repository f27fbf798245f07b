"""docs/licences.md: every package that runs with the plugins, its licence and why it is there.

``--write`` renews the page; without it the page is compared. Either way a licence that is unknown, or that is neither
permissive nor excepted below with its reason, is refused.
"""

import argparse
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from license_expression import ExpressionError, Licensing, get_spdx_licensing
from packaging.utils import canonicalize_name

from scripts.release.locked import ROOT, closure, declared, pins, reasons

PAGE = ROOT / "docs" / "licences.md"
PERMISSIVE = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "PSF-2.0"})
EXCEPTED = {
    "certifi": "MPL-2.0: a list of certificates, used unchanged",
    "orjson": "MPL-2.0 for its own files, used unchanged",
    "psycopg": "LGPL-3.0: an extra that the user chooses, imported unchanged",
    "psycopg-binary": "LGPL-3.0: an extra that the user chooses, imported unchanged",
}
_FROM_ITS_FILE = {"jinja2": "BSD-3-Clause"}  # the metadata says BSD alone; LICENSE.txt beside it has three clauses
_CLASSIFIERS = {
    "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}
_HEAD = """# Licences

Made by `make generate` (scripts/docs/licences.py) from the metadata of what `requirements/` locks. `make check` fails
on a licence that is unknown or, without a reason in that script, not permissive.

| package | range | locked | licence | why |
| --- | --- | --- | --- | --- |
"""


def licence_of(name: str) -> str | None:
    """The SPDX expression of an installed package; None when its metadata tells none."""
    metadata = distribution(name).metadata
    classifiers = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if line.startswith("Lic")
    ]
    candidates = (
        metadata.get("License-Expression"),
        metadata.get("License"),
        *(_CLASSIFIERS.get(one) for one in classifiers),
        _FROM_ITS_FILE.get(canonicalize_name(name)),
    )
    return next((text for text in candidates if text and _is_spdx(text)), None)


@cache
def licensing() -> Licensing:
    """Every licence of SPDX, of which there are thousands."""
    return get_spdx_licensing()


def _is_spdx(text: str) -> bool:
    if "\n" in text:
        return False
    try:
        return not licensing().unknown_license_keys(text)
    except ExpressionError:
        return False


def is_permissive(expression: str | None) -> bool:
    """Whether the expression can be met by permissive licences alone."""
    if expression is None:
        return False
    known = licensing()
    terms = {key: known.TRUE if key in PERMISSIVE else known.FALSE for key in known.license_keys(expression)}
    parsed = known.parse(expression)
    return bool(parsed.subs({known.parse(key): value for key, value in terms.items()}).simplify() == known.TRUE)


def rows() -> dict[str, str | None]:
    """A line of the table per package; None for those that only another Python installs."""
    run, declared_reasons = declared()["run"], reasons()
    optional = [*declared()["postgres"], *declared()["redis"]]
    ranges = {canonicalize_name(one.name): str(one.specifier) for one in (*run, *optional)}
    askers = closure([*run, *optional])
    locked = {**{name: pins("dev.txt")[name] for name in closure(optional)}, **pins("run.txt")}
    table: dict[str, str | None] = {}
    for name, pin in sorted(locked.items()):
        try:
            licence = licence_of(name)
        except PackageNotFoundError:
            table[name] = None
            continue
        if not is_permissive(licence) and name not in EXCEPTED:
            raise SystemExit(f"licences: {name} has {licence or 'no known licence'}: neither permissive nor excepted")
        reason = declared_reasons.get(name) or f"needed by {', '.join(sorted(askers[name]))}"
        reason += f"; {EXCEPTED[name]}" if name in EXCEPTED else ""
        cells = (name, ranges.get(name, ""), str(pin.specifier).removeprefix("=="), licence, reason)
        table[name] = f"| {' | '.join(str(cell) for cell in cells)} |"
    return table


def main() -> int:
    """Compare or write the page."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    flags.add_argument("--write", action="store_true")
    table = rows()
    page = {line.split(" | ")[0].removeprefix("| "): line for line in _lines(PAGE)}
    complete = {name: line or page.get(name, "") for name, line in table.items()}
    text = _HEAD + "\n".join(complete.values()) + "\n"
    if flags.parse_args().write:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text or "" in complete.values():
        print("docs/licences.md is not what the metadata says: make generate", file=sys.stderr)
        return 1
    return 0


def _lines(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return [line for line in text.splitlines()[6:] if line.startswith("| ")]


if __name__ == "__main__":
    sys.exit(main())
