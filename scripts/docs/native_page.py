"""Keep docs/native.md equal to the table of native fields: ``--write`` it, or check (the default)."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from target_micropim.mapping.native_rows import (
    CATEGORY_ROWS,
    FIELD_READERS,
    PRODUCT_ROWS,
    NativeRules,
    Row,
    read_field,
)  # fmt: skip

PAGE = Path(__file__).resolve().parents[2] / "docs" / "native.md"
_TOP = """
# Records of any tap: profile native

<!-- made by scripts/docs/native_page.py --write of the tables in target_micropim/mapping/native_rows.py -->

With `profile: native` the target takes products and categories of any Singer tap. Fields have MicroPIM's names; rename
others with `stream_maps`. Values may be written as your tap writes them: a file of texts, a sheet of numbers, JSON.

**What is plain goes in. What is not is left out and named** in the report (`warnings`), or its record is refused
(`rejects.jsonl`, with MicroPIM's own words where it was MicroPIM that refused it).

## Streams

The streams are `products` and `categories`. Others are named by a setting:

```json
{"profile": "native", "streams": {"shop_articles": "products", "tree": "categories"}}
```

A stream that is neither is left out with a warning (`on_unknown_stream`).
"""
_AFTER_PRODUCTS = """
Any other field is told once a run, with the number of its products. `extra_fields` sends it under a name of MicroPIM's.
Empty texts and null are nothing. In the tables, examples stand as in a JSON record.

## Numbers and codes

- `"7"`, `7` and `7.0` are the same number. `8.950000000000001` of a sheet is 8.95.
- `1.234,50`, `1,234.50` and `1 234.50` are plain. `8,95` is so with `decimal_comma: true` only. With it, `"1.234"` as a
  text is left out: it may be 1234. `"1.000"` as a number of pieces is left out: it may be 1 or 1000.
- A price has no sign of a currency: `8.95 EUR` is left out.
- An `ean` that lost its zeros gets them back where the check digit then is right. One without a right check digit goes
  by `invalid_ean`: left out (`drop`), the record refused (`error`), or sent as it stands (`send`).
- A `sku` of `1003.0` is `1003`. As a text, `"1003.0"` stays: it is what your tap says. A product that an earlier
  release made as `1003.0` keeps that SKU.

## Categories

- **By id**: `category_ids` names records of your stream `categories`. The order of the streams does not matter.
- **By MicroPIM's id**: the same field, where your tap has no stream of categories. In the first run that is known at
  the end of the input; products get their categories then, by one write more. Later runs do it at once.
- **By path**: `"Care > Sun"`, from the top or from `category_root`. Missing ones are made. Several paths are a list, or
  one text with `|` between them.

Ids that nobody knows stand in `unmapped.csv`.

## Brands and suppliers

MicroPIM has no route for them. A name becomes an id by `brand_map` and `supplier_map`, or as MicroPIM's products show
it. Names without an id stand in `unmapped.csv`, which you can fill in and give back.

## Fields of a category
"""


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from _TOP.strip().splitlines()
    yield from ("", "## Fields of a product", "")
    yield from _table(PRODUCT_ROWS)
    yield from _AFTER_PRODUCTS.splitlines()
    yield ""
    yield from _table(CATEGORY_ROWS)


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield "| field | takes | examples | in MicroPIM |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        becomes = "; ".join(filter(None, (_results(row), row.becomes))) or "as it stands"
        yield f"| `{row.name}` | {row.takes} | {_codes(row.examples)} | {becomes} |"


def _codes(values: Iterable[Any]) -> str:
    return " · ".join(dict.fromkeys(f"`{json.dumps(value, ensure_ascii=False)}`" for value in values))


def _results(row: Row) -> str:
    """What the program itself makes of the examples, where that is another value."""
    if row not in PRODUCT_ROWS or row.name not in FIELD_READERS:
        return ""
    made = [read_field(row.name, example, NativeRules()) for example in row.examples]
    return "" if made == [*row.examples] and list(map(type, made)) == list(map(type, row.examples)) else _codes(made)


def main() -> int:
    """Write the page, or say that it is out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the page instead of checking it")
    text = "\n".join(page()).rstrip() + "\n"
    if flags.parse_args().write:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/native.md is out of step with the tables; run: python scripts/docs/native_page.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
