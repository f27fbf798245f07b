"""Descriptions: HTML with everything that real ones hold (docs/api/medipim.md#messy-texts)."""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random

from sandbox.exchange import Json
from sandbox.medipim import words
from sandbox.medipim.head import Head
from sandbox.medipim.markets import Market
from sandbox.medipim.reference import localized

KINDS = ("full_description", "usage", "composition", "indication", "warnings", "properties")
EVIL = (
    "<script>alert('x')</script><p>Fine text.</p>",
    '<p><a href="javascript:alert(1)">Click</a> <img src=x onerror=alert(1)></p>',
    '<p style="background:url(javascript:x)">Text</p><iframe src="https://evil.example.test"></iframe>',
)


def descriptions(market: Market, head: Head, dice: random.Random, *, evil: bool) -> list[Json]:
    """Two to four texts by type; a few products have none."""
    if head.index % 29 == 28:
        return []
    rows = []
    for k in range(dice.randrange(2, 4) if len(market.locales) < 3 else dice.choice((1, 2, 2))):
        content = {
            locale: _html(locale, dice, head.index + k)
            for n, locale in enumerate(market.locales)
            if n < 2 or dice.random() < 0.2
        }
        if evil and k == 0 and head.index % 40 == 6:
            content[market.locales[0]] = EVIL[head.index % 3]
        row: Json = {
            "id": 900_000 + head.index * 8 + k,
            "locales": list(content),
            "type": KINDS[(head.index + k) % 6 if k else 0],
            "targetGroups": ["public", "pharmacist"] if k % 2 == 0 else ["pharmacist"],
            "content": localized(market, content),
            "meta": {"createdAt": 1_700_000_001, "updatedAt": 1_700_000_002},
        }
        if market.code == "be":
            row["descriptionTag"] = ("user_generated", "system_generated")[k % 2]
        rows.append(row)
    return rows


def _html(locale: str, dice: random.Random, number: int) -> str:
    text = " ".join(dice.choices(words.SENTENCES[locale], k=dice.randrange(3, 6)))
    match number % 6:
        case 0:
            return f"<div>\n<p>{text}</p>\n</div>\n"
        case 1:
            return f"<p>{text.upper()}</p>\n"
        case 2:
            return f"<h3>Info</h3><ul><li>{text}</li><li>&lt; 25 &deg;C &amp; dry</li></ul>"
        case 3:
            return text
        case _:
            return f"<p>{text}</p>\n"
