"""Pure: a table of attributes under the description, only by attributes_to_description.

The table is part of the text that is compared and remembered, so it follows the rules of ``description``: made again
from the source each time, sent when it differs, left alone where a person edited the text. Its heading marks it; a
marked table that is in the text already is taken out first, so that it is never there twice.
"""

import re
from collections.abc import Callable, Iterable
from html import escape

from target_micropim.mapping.attributes import ALL_CODES
from target_micropim.mapping.desired import AttributeValue

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
    description: str | None,
    values: Iterable[AttributeValue],
    locale: str,
    clean_html: Callable[[str], str],
    *,
    legal: str = "",
) -> str | None:
    """The description with the table at its end, before its ``legal`` text; None when there is neither.

    It is cleaned like any text.
    """
    text = without_table(description or "").removesuffix(legal)
    end = legal if legal and (description or "").endswith(legal) else ""
    rows = "".join(f"<tr><th>{escape(value.name)}</th><td>{escape(_cell(value))}</td></tr>" for value in values)
    if rows:
        heading = HEADINGS.get(locale, HEADINGS["en"])
        text += f'<table><thead><tr><th colspan="2">{heading}</th></tr></thead><tbody>{rows}</tbody></table>'
    return clean_html(text + end) or None


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
