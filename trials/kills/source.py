"""A source for test_any_order.py: what Medipim would show, and the order in which its products changed."""

import copy
from typing import Any

from trials.kills.deployment import line, schema_line

PICTURE = "https://m.example.test/{}.jpg"
CHANGES = ["new", "name", "name", "description", "attribute", "category", "picture", "picture", "replaced picture",
           "dropped", "active", "inactive", "replaced"]  # fmt: skip


class Source:
    """Products and categories, and numbers that were never used."""

    def __init__(self) -> None:
        self.categories: dict[int, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.changed_at: dict[str, int] = {}
        self.names: dict[int, set[str]] = {}  # all that a category was ever called
        self._last = 0

    def next(self) -> int:
        """A number that was never used."""
        self._last += 1
        return self._last

    def text(self, what: str) -> dict[str, str]:
        """A text that was never there, in two languages."""
        number = self.next()
        return {"en": f"{what} {number} en", "nl": f"{what} {number} nl"}

    def lines(self, after: int) -> list[bytes]:
        """What a tap sends: all categories, then the products that changed since, a STATE behind each."""
        made = [schema_line("categories")]
        made += [line({"type": "RECORD", "stream": "categories", "record": row}) for row in self.categories.values()]
        made.append(schema_line("products"))
        for key in sorted(self.changed_at, key=self.changed_at.__getitem__):
            if self.changed_at[key] > after:
                made.append(line({"type": "RECORD", "stream": "products", "record": self.products[key]}))
                made.append(line({"type": "STATE", "value": {"at": self.changed_at[key]}}))
        return made

    def change(self, key: str, what: str) -> None:
        """A product changes, one comes or goes."""
        record = self.products[key]
        match what:
            case "new":
                self.new_product()
            case "name" | "description" | "attribute":
                self._set(key, **self._value(what))
            case "category":
                self._set(key, publicCategories=[*record["publicCategories"], {"id": self.new_category()}])
            case "picture":
                self._set(key, photos=[*record["photos"], self._picture()])
            case "replaced picture":
                first, *others = copy.deepcopy(record["photos"])
                first["formats"]["huge"] = PICTURE.format(f"{first['id']}-{self.next()}")
                self._set(key, photos=[first, *others])
            case "dropped" if len(self.changed_at) > 1:
                del self.changed_at[key]
            case "active" | "inactive" | "replaced":
                self._set(key, status=what)

    def change_category(self, *, moves: bool) -> None:
        """The newest is renamed, or moved below the first."""
        number = max(self.categories)
        row = self.categories[number]
        parent = None if row["parent"] or number == 1 else 1
        self._put_category({**row, **({"parent": parent} if moves else {"name": self.text("C")})})

    def new_category(self) -> int:
        """A category more, at the top."""
        number = len(self.categories) + 1
        self._put_category({"id": number, "name": self.text("C"), "parent": None})
        return number

    def _put_category(self, row: dict[str, Any]) -> None:
        self.categories[row["id"]] = row
        self.names.setdefault(row["id"], set()).update(row["name"].values())

    def new_product(self) -> None:
        """A product more."""
        key = str(len(self.products))
        first = {"id": key, "status": "active", "updated_at": "2026-01-01T00:00:00Z"}
        values = self._value("name") | self._value("description") | self._value("attribute")
        categories = [{"id": number} for number in (1, 2)][: 1 + len(self.products) % 2]
        self.products[key] = {**first, **values, "photos": [self._picture()], "publicCategories": categories}
        self._set(key)

    def _set(self, key: str, **fields: Any) -> None:
        """It comes last from now on."""
        self.products[key] = {**self.products[key], **fields}
        self.changed_at[key] = self.next()

    def _value(self, what: str) -> dict[str, Any]:
        if what == "attribute":
            return {"packageQuantity": self.next()}
        if what == "name":
            return {"name": self.text("N")}
        return {"descriptions": [{"type": "full_description", "content": self.text("D"), "targetGroups": ["public"]}]}

    def _picture(self) -> dict[str, Any]:
        number = self.next()
        return {"id": number, "formats": {"huge": PICTURE.format(number)}, "targetGroups": ["public"]}
