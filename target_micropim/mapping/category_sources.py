"""Pure: the trees of categories that Medipim has, one of which a shop takes, and a product's places in it.

See docs/api/medipim.md#market-fields and docs/api/medipim.md#reference-records.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.attribute_rows import ALL_MARKETS
from target_micropim.mapping.numbers import as_whole
from target_micropim.mapping.texts import objects

Record = dict[str, Any]


@dataclass(frozen=True)
class CategorySource:
    """A tree: the stream that tells it, the fields of a product that name its places there, and who has it."""

    name: str
    stream: str
    fields: tuple[str, ...]
    markets: tuple[str, ...] = ALL_MARKETS
    prefix: str = ""
    has_codes: bool = False  # a product names codes, no objects

    def key(self, number: Any) -> str:
        """The external id of a category: two trees may use one id."""
        return f"{self.prefix}{number}"

    def keys_of(self, record: Record) -> tuple[str, ...]:
        """The categories of a product, each once."""
        for field in self.fields:
            value = record.get(field)
            if value and (ids := dict.fromkeys(self.key(number) for number in self._ids(value))):
                return tuple(ids)
        return ()

    def _ids(self, value: Any) -> Iterator[str]:
        """Ids of objects in a list or of one object, or ids and codes as they stand."""
        for item in value if isinstance(value, list) else objects(value) or [value]:
            number = item.get("id") if isinstance(item, dict) else item if self._is_bare(item) else None
            number = as_whole(number)
            if isinstance(number, str | int) and not isinstance(number, bool) and str(number).strip() not in {"", "0"}:
                yield str(number).strip()

    def _is_bare(self, item: Any) -> bool:
        """Whether something stands for its category alone: a code where products name those, else a number."""
        return self.has_codes or str(item).strip().isdecimal()


def _source(name: str, fields: tuple[str, ...], *markets: str, has_codes: bool = False) -> CategorySource:
    return CategorySource(name, f"{name}_categories", fields, markets, f"{name}:", has_codes)


CATEGORY_SOURCES = {
    source.name: source
    for source in (
        CategorySource("public", "categories", ("publicCategories",)),
        _source("fine_line", ("fineLineCategory",), "us"),
        _source("bcfi", ("bcfiCategory",), "be"),
        _source("apb", ("apbCategory",), "be"),
        _source("atc", ("atcCategory", "atc"), "be", has_codes=True),
        _source("osp", ("ospCategory",), "fr"),
        _source("medipim", ("medipimCategories",), "be", "fr"),
    )
}
PUBLIC = CATEGORY_SOURCES["public"]
