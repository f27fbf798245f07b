"""Pure: the body of an attribute definition, which no page shows: made by the setting attribute_template (row 21)."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

PLACEHOLDERS = ("name", "code", "type")
DEFAULT_TEMPLATE: Mapping[str, Any] = {"name": "{name}", "code": "{code}", "type": "{type}"}  # the fewest fields


def checked_attribute_template(given: Mapping[str, Any]) -> dict[str, Any]:
    """The template. Raises ValueError with everything that is wrong; an empty one is the default."""
    template = dict(given) or dict(DEFAULT_TEMPLATE)
    wrong = [told for name, value in template.items() if (told := _problem(name, value))]
    if "name" not in _placeholders(template.get("name")):
        wrong.append("name: must hold {name}, or all attributes would be one")
    if "code" in template and "code" not in _placeholders(template["code"]):
        wrong.append("code: must hold {code}, or all attributes would be one")
    if wrong:
        raise ValueError("; ".join(wrong))
    return template


def attribute_body(template: Mapping[str, Any], *, name: str, code: str, kind: str) -> dict[str, Any]:
    """The body for one attribute: texts with their placeholders filled in, everything else as it stands."""
    known = {"name": name, "code": code, "type": kind}
    return {key: value.format(**known) if isinstance(value, str) else value for key, value in template.items()}


def _placeholders(value: Any) -> set[str]:
    try:
        return {name for _text, name, _spec, _conversion in Formatter().parse(value) if name is not None}
    except (TypeError, ValueError):
        return set()


def _problem(key: str, value: Any) -> str | None:
    if not key.strip():
        return "a field without a name"
    if not isinstance(value, str):
        return None
    try:
        parts = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(value)]
    except ValueError as error:
        return f"{key}: {error}"
    if any(name is not None and (name not in PLACEHOLDERS or spec or conversion) for name, spec, conversion in parts):
        return f"{key}: only the placeholders {{{'}, {'.join(PLACEHOLDERS)}}} can be filled in"
    return None
