"""Pure: product attributes: what they are made of, how a definition is sent, and a table of them in the description.

The code of an attribute is what a definition in MicroPIM is matched by, before its name; both can be changed there, one
at a time. Values are texts: a number could come back in another form and would look like a change. No page shows the
body of a definition, so it is made by the setting attribute_template (docs/api/micropim.md#attribute-values,
docs/api/micropim.md#attribute-definitions).

The table is part of the text that is compared and remembered, so it follows the rules of ``description``: made again
from the source each time, sent when it differs, left alone where a person edited the text. Its heading marks it; a
marked table that is in the text already is taken out first, so that it is never there twice.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from string import Formatter
from typing import Any

from target_micropim.mapping.desired import AttributeValue
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import decimal_of, decimal_text

ALL_MARKETS = ("be", "fr", "de", "es", "au", "us")
MAX_VALUE = 2000


@dataclass(frozen=True)
class AttributeRow:
    """An attribute, the fields it is taken from (the first that is filled) and the markets that have them."""

    code: str
    name: str
    paths: tuple[str, ...]
    markets: tuple[str, ...] = ALL_MARKETS
    kind: str = "text"
    unit: str = ""
    is_list: bool = False


def _code(code: str, name: str, path: str, *markets: str) -> AttributeRow:
    return AttributeRow(code, name, (path,), markets)


ATTRIBUTES: tuple[AttributeRow, ...] = (
    _code("cnk", "CNK", "cnk", "be"),
    _code("udi", "UDI", "udi", "be"),
    _code("nut", "NUT", "nut", "be"),
    _code("cti_extended", "CTI extended", "ctiExtended", "be"),
    _code("cip7", "CIP/ACL 7", "cipOrAcl7", "fr"),
    _code("cip13", "CIP13", "cip13", "fr"),
    _code("acl13", "ACL13", "acl13", "fr"),
    _code("osp_id", "OSP id", "ospId", "fr"),
    _code("cis_code", "CIS", "cisCode", "fr"),
    _code("pzn", "PZN", "pzn", "de"),
    _code("cn", "Código Nacional", "cn", "es"),
    _code("artg_id", "ARTG id", "artgId", "au"),
    _code("pbs", "PBS", "pbs", "au"),
    _code("fred", "Fred", "fred", "au"),
    _code("z_code", "Z code", "zCode", "au"),
    _code("snomed_ctpp", "SNOMED CTPP", "snomedCtpp", "au"),
    _code("snomed_tpp", "SNOMED TPP", "snomedTpp", "au"),
    _code("snomed_mpp", "SNOMED MPP", "snomedMpp", "au"),
    _code("schedule", "Schedule", "scheduleCode", "au"),
    _code("ndc", "NDC", "ndc", "us"),
    _code("upc10", "UPC 10", "upc10", "us"),
    _code("upc11", "UPC 11", "upc11", "us"),
    _code("upc12", "UPC 12", "upc12", "us"),
    _code("hri", "HRI", "hri", "us"),
    _code("pin", "PIN", "pin", "us"),
    _code("hamacher_code", "Hamacher code", "hamacherCode", "us"),
    AttributeRow("atc", "ATC", ("atcCategory", "atc"), is_list=True),
    AttributeRow("active_ingredients", "Active ingredients", ("activeIngredients",), is_list=True),
    AttributeRow("prescription", "Prescription", ("prescription",), ("be", "fr"), kind="boolean"),
    AttributeRow("conservation", "Conservation", ("conservationLabel", "conservation")),
    AttributeRow("conservation_min", "Conservation from", ("conservationMin.celsius",)),
    AttributeRow("conservation_max", "Conservation up to", ("conservationMax.celsius",)),
    AttributeRow("weight", "Weight", ("weightWithUnit", "weight"), unit="g"),
    AttributeRow("width", "Width", ("widthWithUnit", "width"), unit="mm"),
    AttributeRow("length", "Length", ("lengthWithUnit", "length"), unit="mm"),
    AttributeRow("depth", "Depth", ("depthWithUnit", "depth"), unit="mm"),
    AttributeRow("package_content", "Package content", ("packageContent",)),
    AttributeRow("package_quantity", "Package quantity", ("packageQuantity",)),
    AttributeRow("packaging_unit", "Packaging unit", ("packagingUnit",)),
    AttributeRow("vat", "VAT", ("vat",), ("be", "fr", "de", "es", "au"), unit="%"),
    AttributeRow("leaflet", "Patient leaflet", ("leaflets.pil",)),
    AttributeRow("summary_of_characteristics", "Summary of product characteristics", ("leaflets.spc",)),
    AttributeRow("video", "Video", ("links.video",)),
    AttributeRow("brochure", "Brochure", ("links.brochure",)),
    AttributeRow("supplier_reference", "Supplier reference", ("supplierReference",)),
)


def attribute_values(record: dict[str, Any], locales: tuple[str, ...]) -> tuple[AttributeValue, ...]:
    """The attributes a record holds a value for."""
    values = ((row, _attribute_value(row, record, locales)) for row in ATTRIBUTES)
    return tuple(AttributeValue(row.code, row.name, row.kind, value) for row, value in values if value is not None)


def _attribute_value(row: AttributeRow, record: dict[str, Any], locales: tuple[str, ...]) -> str | bool | None:
    for path in row.paths:
        values = list(leaves(record, path, locales))
        unit = row.unit if path == row.paths[-1] else ""
        if row.kind == "boolean":
            return values[0] if values and isinstance(values[0], bool) else None
        if texts := list(dict.fromkeys(text for value in values if (text := _text(value, unit)))):
            return ", ".join(texts if row.is_list else texts[:1])[:MAX_VALUE]
    return None


def _text(value: Any, unit: str) -> str | None:
    """A value as text; a bare number gets the unit that Medipim documents for it."""
    if isinstance(value, str):
        return value if not unit or not value.isdigit() else f"{value} {unit}"
    number = decimal_of(value)
    if number is None:
        return None
    return f"{decimal_text(number)} {unit}".rstrip()


# The body of a definition

PLACEHOLDERS = ("name", "code", "type")
DEFAULT_TEMPLATE: Mapping[str, Any] = {"name": "{name}", "code": "{code}", "type": "{type}"}  # the fewest fields


def checked_attribute_template(setting: Mapping[str, Any]) -> dict[str, Any]:
    """The template. Raises ValueError with everything that is wrong; an empty one is the default."""
    template = dict(setting) or dict(DEFAULT_TEMPLATE)
    problems = [problem for name, value in template.items() if (problem := _template_problem(name, value))]
    if "name" not in _placeholders(template.get("name")):
        problems.append("name: must hold {name}, or all attributes would be one")
    if "code" in template and "code" not in _placeholders(template["code"]):
        problems.append("code: must hold {code}, or all attributes would be one")
    if problems:
        raise ValueError("; ".join(problems))
    return template


def attribute_body(template: Mapping[str, Any], *, name: str, code: str, kind: str) -> dict[str, Any]:
    """The body for one attribute: texts with their placeholders filled in, everything else as it stands."""
    texts = {"name": name, "code": code, "type": kind}
    return {key: value.format(**texts) if isinstance(value, str) else value for key, value in template.items()}


def _placeholders(value: Any) -> set[str]:
    try:
        return {name for _text, name, _spec, _conversion in Formatter().parse(value) if name is not None}
    except (TypeError, ValueError):
        return set()


def _template_problem(key: str, value: Any) -> str | None:
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


# The table under the description; only by attributes_to_description

ALL_CODES = "all"
HEADINGS = {
    "en": "Product data", "nl": "Productgegevens", "fr": "Données du produit", "de": "Produktdaten",
    "es": "Datos del producto",
}  # fmt: skip
_HEADING = "|".join(re.escape(text) for text in HEADINGS.values())
_MARKED = re.compile(
    rf'\s*<table>\s*(?:<thead>|<tbody>)?\s*<tr>\s*<th colspan="2">(?:{_HEADING})</th>\s*</tr>.*?</table>',
    re.DOTALL,
)
_YES, _NO = "\N{CHECK MARK}", "\N{MULTIPLICATION SIGN}"


def with_table(
    description: str | None, values: Iterable[AttributeValue], locale: str, clean_html: Callable[[str], str]
) -> str | None:
    """The description with the table at its end, cleaned like any text; None when there is neither."""
    text = without_table(description or "")
    rows = "".join(f"<tr><th>{escape(value.name)}</th><td>{escape(_cell(value))}</td></tr>" for value in values)
    if rows:
        heading = HEADINGS.get(locale, HEADINGS["en"])
        text += f'<table><thead><tr><th colspan="2">{heading}</th></tr></thead><tbody>{rows}</tbody></table>'
    return clean_html(text) or None


def without_table(html: str) -> str:
    """The text without any marked table."""
    return _MARKED.sub("", html)


def selected(values: Iterable[AttributeValue], codes: tuple[str, ...]) -> tuple[AttributeValue, ...]:
    """The values to show, in the order in which the setting names them; ``all`` names every one."""
    by_code = {value.code: value for value in values}
    if ALL_CODES in codes:
        return tuple(by_code.values())
    return tuple(by_code[code] for code in codes if code in by_code)


def _cell(value: AttributeValue) -> str:
    if isinstance(value.value, bool):
        return _YES if value.value else _NO
    if isinstance(value.value, list):
        return ", ".join(str(item) for item in value.value)
    return str(value.value)
