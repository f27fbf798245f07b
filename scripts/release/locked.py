"""What requirements/*.txt and pyproject.toml say: the pins, the direct dependencies, and the reason of each."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"^[a-z0-9]\S*==\S+( ; [^\\\n]+)?", re.MULTILINE)
_WITH_REASON = re.compile(r'^    "([^"]+)",?\s+# (.+)$|^[\w-]+ = \["([^"]+)"\]\s+# (.+)$', re.MULTILINE)


def pins(name: str) -> dict[str, Requirement]:
    """The exact versions of a lock file, by canonical name; where Pythons differ the one for this Python."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    result: dict[str, Requirement] = {}
    for match in _PIN.finditer(text):
        pin = Requirement(match[0].strip().removesuffix("\\"))
        if applies(pin) or canonicalize_name(pin.name) not in result:
            result[canonicalize_name(pin.name)] = pin
    return result


def applies(requirement: Requirement, extra: str = "") -> bool:
    """Whether the marker holds for this Python on this machine."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def declared() -> dict[str, list[Requirement]]:
    """The requirements of pyproject.toml: ``run``, each extra and each dependency group."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = {"run": project["project"]["dependencies"], **project["project"]["optional-dependencies"]}
    return {name: [Requirement(one) for one in some] for name, some in (lists | project["dependency-groups"]).items()}


def reasons() -> dict[str, str]:
    """The comment beside each requirement of pyproject.toml; a group that names it again has its own reason."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pairs = ((one or other, why or reason) for one, why, other, reason in _WITH_REASON.findall(text))
    result: dict[str, str] = {}
    for requirement, reason in pairs:
        result.setdefault(canonicalize_name(Requirement(requirement).name), reason)
    return result


def left_out() -> set[str]:
    """What no Python gets, by ``override-dependencies`` of pyproject.toml."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"][
        "override-dependencies"
    ]
    return {canonicalize_name(one.name) for one in map(Requirement, overrides) if not applies(one)}


def closure(roots: list[Requirement]) -> dict[str, set[str]]:
    """Every package that the roots need on this Python, by the metadata of what is installed; who asks for it."""
    result: dict[str, set[str]] = {}
    done: set[tuple[str, str]] = set()
    queue = [(root, "") for root in roots]
    excluded = left_out()
    while queue:
        requirement, asker = queue.pop()
        name = canonicalize_name(requirement.name)
        result.setdefault(name, set()).update({asker} - {""})
        for extra in ("", *requirement.extras):
            if (name, extra) not in done:
                done.add((name, extra))
                needs = map(Requirement, distribution(name).requires or ())
                queue += [(n, name) for n in needs if applies(n, extra) and canonicalize_name(n.name) not in excluded]
    return result
