"""YAML that every reader reads alike: a text that could be taken for something else stands in quotation marks."""

import re
from typing import Any

import yaml

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./-]*(?<! )")
# What YAML 1.1 or 1.2 takes for a value: no, on, .inf, 1e3 (which begins with a digit and is never plain here).
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", ""))


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """Quotes texts; keeps the order; no aliases, which a reader of the file would have to follow."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        """Write each value where it stands."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's
        """Lists stand deeper than their name."""
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)


def as_yaml(content: Any) -> str:
    """A document; short lists and mappings of values stand on one line."""
    text: str = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, width=10_000, default_flow_style=None, allow_unicode=True
    )
    return text
