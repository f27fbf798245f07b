"""Twenty shops of two markets: what the fleet file says of each, and the same asked of a record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EGRESSES = ("north", "south")
CODE = {"be": "cnk", "fr": "cip13"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """A shop as the file tells it. ``codes`` of ``match``: its list; ``wanted``: its filter."""

    number: int
    market: str
    locale: str
    codes: tuple[str, ...] | None = None
    match: str = "id"
    wanted: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in the fleet file."""
        return f"s{self.number:02}"

    @property
    def egress(self) -> str:
        """In turns."""
        return EGRESSES[self.number % len(EGRESSES)]

    def told(self) -> Json:
        """What the fleet file says of its products."""
        listed: Json = {} if self.codes is None else {"codes": list(self.codes), "match": self.match}
        return ({"assortment": listed} if listed else {}) | ({"filter": dict(self.wanted)} if self.wanted else {})

    def gets(self, record: Json) -> bool:
        """Whether a product of Medipim is in the assortment and fits the filter."""
        listed = self.codes is None or values_of(record, self.match) & set(self.codes)
        return bool(listed) and all(
            values_of(record, name) & set(map(str, values)) for name, values in self.wanted.items()
        )


def values_of(record: Json, name: str) -> set[str]:
    """The values of a field, one or a list; of named things their ids."""
    value = record.get(name)
    values = value if isinstance(value, list) else [value]
    return {str(each["id"] if isinstance(each, dict) else each) for each in values if each is not None}


def twenty(products: Mapping[str, Sequence[Json]], count: int = 20) -> list[Shop]:
    """So many shops over the products of each market: three of five are in Belgium; five ways to ask for products."""
    return [_shop(number, "be" if number % 5 < 3 else "fr", products) for number in range(count)]


def _shop(number: int, market: str, products: Mapping[str, Sequence[Json]]) -> Shop:
    locale = ("nl", "fr")[number // 2 % 2] if market == "be" else "fr"
    rows = list(_slice(products[market], number))
    ids = tuple(str(row["id"]) for row in rows)
    match number % 7:
        case 0:
            return Shop(number, market, locale)
        case 1 | 4:
            return Shop(number, market, locale, ids)
        case 2:
            return Shop(number, market, locale, wanted={"status": ["active"]})
        case 3:
            codes = {value for row in rows for value in values_of(row, CODE[market])}
            return Shop(number, market, locale, tuple(sorted(codes)), CODE[market])
        case 5:
            brands = sorted({int(value) for row in rows[:6] for value in values_of(row, "brands")})
            return Shop(number, market, locale, wanted={"brands": brands, "status": ["active"]})
        case _:
            return Shop(number, market, locale, ids, settings={"sku_template": "X-{id}", "media_mode": "off"})


def _slice(rows: Sequence[Json], number: int) -> Iterator[Json]:
    """Three of four products; another fourth is left out each time."""
    return (row for place, row in enumerate(rows) if (place + number) % 4)
