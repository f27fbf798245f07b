"""Pure: which fields of Medipim become product attributes in MicroPIM (micropim.md 4, rows 20 and 21).

One line an attribute. Its code is what a definition in MicroPIM is matched by, before its name; both can be changed
there, one at a time. Values are texts: a number could come back in another form and would look like a change.
"""

from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.prices import decimal_of, shown
from target_micropim.mapping.wanted import AttributeValue

ALL = ("be", "fr", "de", "es", "au", "us")
MAX_VALUE = 2000


@dataclass(frozen=True)
class AttributeRow:
    """An attribute, the fields it is taken from (the first that is filled) and the markets that have them."""

    code: str
    name: str
    paths: tuple[str, ...]
    markets: tuple[str, ...] = ALL
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
    found = ((row, _value(row, record, locales)) for row in ATTRIBUTES)
    return tuple(AttributeValue(row.code, row.name, row.kind, value) for row, value in found if value is not None)


def _value(row: AttributeRow, record: dict[str, Any], locales: tuple[str, ...]) -> str | bool | None:
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
    return f"{shown(number)} {unit}".rstrip()
