"""Descriptions: the types, languages and target groups that real ones have, and HTML with everything they hold.

See docs/api/medipim.md#description-types, docs/api/medipim.md#enumerations and docs/api/medipim.md#messy-texts.
"""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random

from sandbox.exchange import Json
from sandbox.medipim import words
from sandbox.medipim.head import Head
from sandbox.medipim.markets import Market
from sandbox.medipim.reference import localized

KINDS = ("full_description", "usage", "composition", "indication", "warnings", "properties", "legal_text")
PARTS = KINDS[1:-1]
CONSUMERS, PHARMACISTS, WEBSHOPS, EVERYBODY = ["public", "pharmacist"], ["pharmacist"], ["webshop"], list[str]()
EVIL = (
    "<script>alert('x')</script><p>Fine text.</p>",
    '<p><a href="javascript:alert(1)">Click</a> <img src=x onerror=alert(1)></p>',
    '<p style="background:url(javascript:x)">Text</p><iframe src="https://evil.example.test"></iframe>',
)


def requires_legal_text(head: Head) -> bool:
    """One product in three may be shown with its legal text only."""
    return head.index % 3 == 0


def descriptions(market: Market, head: Head, dice: random.Random, *, evil: bool) -> list[Json]:
    """One to five texts by type; a few products have none, or none for consumers."""
    i = head.index
    if i % 29 == 28:
        return []
    rows = [_row(market, head, k, kind, _content(market, head, dice, k)) for k, kind in enumerate(_kinds(i))]
    if evil and i % 40 == 6:
        rows[0]["content"][market.locales[0]] = EVIL[i % 3]
    if i % 29 == 11:
        for row in rows:
            row["targetGroups"] = PHARMACISTS
    if _has_legal_text(head):
        rows.append(_legal_text(market, head, len(rows)))
    return rows


def _kinds(index: int) -> list[str]:
    """A full text and parts, or parts alone: one, or several."""
    first = index % len(PARTS)
    if index % 4 != 2:
        return [KINDS[0], PARTS[first]][: 1 + index % 2]
    return [PARTS[(first + 3 * k) % len(PARTS)] for k in range(1 + index // 4 % 3)]


def _content(market: Market, head: Head, dice: random.Random, k: int) -> Json:
    """Two languages, sometimes more; one product in seven has its texts in one language only, not the first."""
    only = market.locales[1] if head.index % 7 == 3 and len(market.locales) > 1 else None
    return {
        locale: _html(locale, dice, head.index + k)
        for n, locale in enumerate(market.locales)
        if (only is None and (n < 2 or dice.random() < 0.2)) or locale == only
    }


def _row(market: Market, head: Head, k: int, kind: str, content: Json) -> Json:
    groups = (CONSUMERS, WEBSHOPS, EVERYBODY) if head.index % 4 == 2 else (CONSUMERS, PHARMACISTS)
    row: Json = {
        "id": 900_000 + head.index * 8 + k,
        "locales": list(content),
        "type": kind,
        "targetGroups": groups[k % len(groups)],
        "content": localized(market, content),
        "meta": {"createdAt": 1_700_000_001, "updatedAt": 1_700_000_002},
    }
    if market.code == "be":
        row["descriptionTag"] = ("user_generated", "system_generated")[k % 2]
    return row


def _has_legal_text(head: Head) -> bool:
    """Nearly all products that require one, and a few that do not."""
    return head.index % 45 != 30 if requires_legal_text(head) else head.index % 20 == 1


def _legal_text(market: Market, head: Head, k: int) -> Json:
    """In all languages of the market, now and then in the second only."""
    locales = market.locales[1:2] if head.index % 45 == 15 else market.locales
    content = {locale: f"<p>{words.LEGAL[locale]}</p>" for locale in locales or market.locales}
    return {**_row(market, head, k, "legal_text", content), "targetGroups": CONSUMERS}


FORMS = (
    "<div>\n<p>{0}</p>\n</div>\n",
    "<p>{1}</p>\n",
    "<h3>Info</h3><ul><li>{0}</li><li>&lt; 25 &deg;C &amp; dry</li></ul>",
    "{0}",
    "<!--StartFragment--><section>{0}</section><section>CO<sub>2</sub> &lt; 5 %</section>",
    "<p>{0}</p>\n",
    '<p class="MsoNormal">{0}<o:p></o:p></p><img src="data:image/png;base64,' + "iVBORw0K" * 40 + '">',
)


def _html(locale: str, dice: random.Random, number: int) -> str:
    text = " ".join(dice.choices(words.SENTENCES[locale], k=dice.randrange(3, 6)))
    return FORMS[number % len(FORMS)].format(text, text.upper())
