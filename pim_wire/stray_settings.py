"""Settings that do not exist, in files and in environment variables: told, or refused where they may protect.

A misspelt setting does nothing, and nobody sees it. For most of them a warning is enough. Whoever misspells ``dry_run``
wants that nothing is written, so a run that goes on does the opposite of what was asked for.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

_PROTECTIVE = re.compile(r"dry_run|write_mode|max_.+")
_IN_OTHER_WORDS = {
    **dict.fromkeys((
        "preview", "simulate", "simulation", "readonly", "nowrite", "nowrites", "noop", "test", "testrun", "testmode",
        "trial", "plan", "planonly", "onlyplan", "planmode", "drymode", "whatif", "checkonly",
    ), "dry_run"),
    **dict.fromkeys(("upsert", "updateonly", "onlyupdate", "createonly", "onlycreate", "writeonly"), "write_mode"),
}  # fmt: skip
_MOST = frozenset({"max", "maximum", "maximal"})
_LIMIT = "limit"
_CLOSE = 0.75
_OTHERS = ("tapmedipim", "targetmicropim", "sourcemedipim", "destinationmicropim")  # of other halves
_NEAR_PREFIX = 0.7  # MICROPIM_, TARGET_MICROPIN_
_SHORTEST = 3  # letters of an abbreviation, such as DRY
# What the SDK reads beside settings (singer_sdk.plugin_base).
_OF_THE_SDK = frozenset({"loglevel"})
# Meltano tells a plugin its name, from which its variables begin (an inherited plugin has a name of its own).
_NAMES_BY_MELTANO = ("MELTANO_EXTRACTOR_NAME", "MELTANO_LOADER_NAME")
_MELTANO = "MELTANO_PROJECT_ROOT"


@dataclass(frozen=True)
class Stray:
    """A setting that does not exist: as it was written, the real one it is near to, and whether that one protects."""

    written: str
    nearest: str | None
    protects: bool

    def __str__(self) -> str:
        """One line for a person."""
        meant = f"; was {self.nearest} meant?" if self.nearest else ""
        advice = " Correct it or take it away: a run that goes on would write." if self.protects else ""
        return f"{self.written} does nothing{meant}{advice}"


def stray_settings(names: Iterable[str], known: Iterable[str]) -> Iterator[Stray]:
    """Of settings in a file those that do not exist."""
    known_names = list(known)
    strays = (name for name in names if name not in known_names)
    return (_stray(f"Setting {name} does not exist and", name, known_names) for name in strays)


def stray_variables(environment: Mapping[str, str], prefix: str, known: Iterable[str]) -> Iterator[Stray]:
    """Of variables with a plugin's prefix those that do not exist. What is empty counts as unset.

    A second underscore begins what Meltano keeps for itself, or another plugin's name. Small letters are not read.
    A ``dry_run`` of the tap stops too: whoever gives it wants that nothing is written.
    """
    known_names = list(known)
    for variable, value in sorted(environment.items()):
        name = variable[len(prefix) :].lower()
        is_ours = variable.upper().startswith(prefix) and name.strip("_")
        is_meltanos = name.startswith("_") and name.strip("_") not in known_names
        is_read = variable.isupper() and (name in known_names or name in _OF_THE_SDK)
        if not is_ours or not value.strip() or is_meltanos or is_read:
            continue
        written = f"Variable {variable} names no setting and"
        if "dry_run" not in known_names and _protection_near(name, ["dry_run"]):
            yield Stray(written, "dry_run of the target", protects=True)
        else:
            yield _stray(written, name, known_names)


def stray_protections(environment: Mapping[str, str], prefix: str, known: Iterable[str]) -> Iterator[Stray]:
    """Variables that would protect if they had the plugin's prefix, and have one like it, such as ``MICROPIM_``."""
    wanted, ends = _letters(prefix), [f"_{setting.upper()}" for setting in known if _is_protective(setting)]
    others = tuple(other for other in _OTHERS if other != wanted)
    for variable, value in sorted(environment.items()):
        named = variable.upper()
        if not named.endswith(tuple(ends)) or not value.strip() or named.startswith(prefix):
            continue
        for end in filter(named.endswith, ends):
            before = _letters(named.removesuffix(end))
            if not before.startswith(others) and SequenceMatcher(None, wanted, before).ratio() >= _NEAR_PREFIX:
                yield Stray(f"Variable {variable} names no setting and", f"{prefix}{end[1:]}", protects=True)


def unread_variables(
    environment: Mapping[str, str], prefix: str, known: Iterable[str], config: Mapping[str, object]
) -> Iterator[Stray]:
    """Variables that would be settings if they were read, which only ``--config=ENV`` asks for."""
    for name in known:
        variable = f"{prefix}{name.upper()}"
        if environment.get(variable, "").strip() and config.get(name) in (None, ""):
            yield Stray(f"Variable {variable} is not read without --config=ENV and", None, _is_protective(name))


def all_strays(
    config: Mapping[str, object], own_prefix: str, known: Iterable[str], *, reads_environment: bool
) -> list[Stray]:
    """All settings of a run that do nothing, from wherever they come."""
    environment, known_names = dict(os.environ), list(known)  # each look at the variables of a process encodes a name
    found = list(stray_settings(config, known_names))
    inherited = _inherited_prefixes(own_prefix, environment)
    others = _of_other_plugins(environment, own_prefix, known_names) if _MELTANO in environment else frozenset()
    mine = {name: value for name, value in environment.items() if name not in others and not name.startswith(inherited)}
    found += stray_variables(mine, own_prefix, known_names)
    for prefix in inherited:
        found += stray_variables(environment, prefix, known_names)
    found += stray_protections(environment, own_prefix, known_names)
    if not reads_environment and _MELTANO not in environment:
        found += unread_variables(environment, own_prefix, known_names, config)
    return found


def is_under_meltano(environment: Mapping[str, str]) -> bool:
    """Whether Meltano runs this plugin, and reads its settings for it."""
    return bool(environment.get(_MELTANO))


def prefix_of_variables(own: str, environment: Mapping[str, str]) -> str:
    """How the variables of this plugin begin: an inherited one has a name of its own."""
    return next(iter(_inherited_prefixes(own, environment)), own)


def _inherited_prefixes(own: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """How variables of this plugin begin too, where Meltano runs it under a name of its own."""
    names = (environment.get(variable, "") for variable in _NAMES_BY_MELTANO)
    prefixes = (re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_" for name in names)
    return tuple(prefix for prefix in prefixes if prefix.startswith(own) and prefix != own)


def _of_other_plugins(environment: Mapping[str, str], prefix: str, known: list[str]) -> frozenset[str]:
    """Variables that may belong to plugins which inherit from this one, such as ``TAP_MEDIPIM_SHOP2_MARKET``."""
    ends = tuple(f"_{name.upper()}" for name in known)
    return frozenset(
        name for name in environment if name.startswith(prefix) and name[len(prefix) :].lstrip("_").endswith(ends)
    )


def _stray(written: str, name: str, known: list[str]) -> Stray:
    if protecting := _protection_near(name, known):
        return Stray(written, protecting, protects=True)
    (similar, *_) = [*get_close_matches(name.lower(), known, 1), None]
    return Stray(written, similar, protects=not _MOST.isdisjoint(_words(name)))


def _is_protective(name: str) -> bool:
    return _PROTECTIVE.fullmatch(name) is not None


def _protection_near(name: str, known: list[str]) -> str | None:
    """The protecting setting that may have been meant."""
    written = _letters(name)
    protective = {_letters(setting): setting for setting in known if _is_protective(setting)}
    if _IN_OTHER_WORDS.get(written) in protective.values():
        return _IN_OTHER_WORDS[written]
    for letters, setting in protective.items():
        if letters in written or (len(written) >= _SHORTEST and letters.startswith(written)):
            return setting
    (nearest, *_) = [*get_close_matches(written, [*protective, *map(_letters, known)], 1, _CLOSE), ""]
    return protective.get(nearest) or _bound_near(name, protective)


def _bound_near(name: str, protective: Mapping[str, str]) -> str | None:
    """The bound that may have been meant by words in another order, such as ``archive_max``."""
    turned = "max" + "".join(word for word in _words(name) if word not in {*_MOST, _LIMIT})
    (nearest, *_) = [*get_close_matches(turned, protective, 1, _CLOSE), ""]
    return protective.get(nearest) if {*_MOST, _LIMIT}.intersection(_words(name)) else None


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
