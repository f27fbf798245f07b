"""``get-fields`` (docs/api/medipim.md#get-fields)."""

from sandbox.exchange import Json, JsonValue
from sandbox.medipim.texts import KINDS

GROUPS = {"publicPrice": "prices", "manufacturerPrice": "prices", "pharmacistPrice": "prices", "vat": "prices"}


def field_list(raw: Json, locales: tuple[str, ...], *, grouped: bool) -> list[Json]:
    """Describe the fields of a record."""
    rows = [
        _described(code, value, locales, grouped=grouped) for code, value in raw.items() if code not in {"id", "meta"}
    ]
    if grouped:
        rows += [_described(f"descriptions.{kind}", dict.fromkeys(locales), locales, grouped=True) for kind in KINDS]
        rows.append(_described("media", [], locales, grouped=True))
    return rows


def _described(code: str, value: JsonValue, locales: tuple[str, ...], *, grouped: bool) -> Json:
    localized = isinstance(value, dict) and set(value) == set(locales)
    row: Json = {"code": code, "type": _type_of(value, localized=localized)}
    if grouped:
        row["attributeGroup"] = GROUPS.get(code, "general")
    return {**row, "isMulti": isinstance(value, list), "isLocalized": localized, "allowedToUpdate": False}


def _type_of(value: JsonValue, *, localized: bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if localized or value is None or isinstance(value, str) else "object"
