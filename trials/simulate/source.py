"""What Medipim would show: products and categories in versions, and the order in which they changed."""

import copy
import html
import re
import unicodedata
from typing import Any

from trials.simulate.clock import EPOCH, Time
from trials.simulate.process import Message

Json = dict[str, Any]
PICTURE = "https://m.example.test/{}.jpg"
TWIN_EAN = "4006381333931"
FIRST_CHANGE = 1_780_000_000


def text(what: str, number: int) -> str:
    """A text that is like no other: also when a service changes its case or its spaces."""
    return f"{what} Crème  Number {number:05d}"


def same(one: Any, other: Any) -> bool:
    """Whether two texts are one to a reader: a service may store them in another form."""
    return bare(one) == bare(other)


def bare(text: Any) -> str:
    """What a reader sees of a text, whatever its form."""
    plain = html.unescape(unicodedata.normalize("NFC", str(text or ""))).replace(" /", "")
    return re.sub(r"\s+", " ", plain).strip().casefold()


class Source:
    """Every value is new: none is ever used twice, but where a change says so."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.categories: dict[str, Json] = {}
        self.products: dict[str, Json] = {}
        self.earlier: dict[str, list[Json]] = {}
        self.changed_at: dict[str, int] = {}
        self.twins: list[str] = []  # records that share their EAN with a product that the shop has
        self.name_of: dict[str, str] = {}  # the category by each name that it ever had
        self._last = 0

    def next(self) -> int:
        """A number that was never used."""
        self._last += 1
        return self._last

    # What a tap sends

    def messages(self, after: int) -> list[Message]:
        """All categories, then the products that changed since, a STATE behind each."""
        sent: list[Message] = [("categories", copy.deepcopy(row)) for row in self.categories.values()]
        sent.append(("", {"at": after}))
        for key in sorted(self.changed_at, key=self.changed_at.__getitem__):
            if self.changed_at[key] > after:
                sent.append(("products", copy.deepcopy(self.products[key])))
                sent.append(("", {"at": self.changed_at[key]}))
        return sent

    # Changes

    def new_product(self, code: str = "") -> str:
        """A product more, with a code of its own or with that of the one it succeeds."""
        key = f"M{len(self.products) + 1:05d}"
        there = list(self.categories)
        inside = [{"id": there[(len(self.products) + step) % len(there)]} for step in range(min(2, len(there)))]
        code = code or f"C{len(self.products) + 1:05d}"
        record = {
            "id": key,
            "cnk": code,
            "status": "active",
            **self._name(),
            **self._description(),
            "photos": [self._photo()],
        }
        self.products[key] = {**record, "publicCategories": inside}
        self._touch(key)
        return key

    def new_twin(self) -> str:
        """A record with the EAN of a product that the shop has, as another one has it too."""
        key = self.new_product()
        self.products[key]["ean"] = [TWIN_EAN]
        self.twins.append(key)
        return key

    def new_category(self) -> str:
        """A category more, at the top or below the first one."""
        key = f"c{len(self.categories) + 1}"
        parent = "c1" if len(self.categories) % 3 == 2 else None
        self._put_category({"id": key, "name": {"en": text("Category", self.next())}, "parent": parent})
        return key

    def change(self, key: str, what: str, choice: int) -> None:
        """One product changes in one way."""
        match what:
            case "name":
                self._set(key, **self._name())
            case "description":
                self._set(key, **self._description())
            case "both":
                self._set(key, **self._name(), **self._description())
            case "back" if self.earlier.get(key):
                self._set(key, name=self.earlier[key][choice % len(self.earlier[key])]["name"])
            case "active" | "inactive" | "replaced":
                self._set(key, status=what)
            case _:
                self._change_links(key, what, choice)

    def _change_links(self, key: str, what: str, choice: int) -> None:
        """Pictures and categories."""
        record = self.products[key]
        match what:
            case "picture":
                self._set(key, photos=[*record["photos"], self._photo()])
            case "picture replaced" if record["photos"]:
                first, *others = copy.deepcopy(record["photos"])
                first["formats"]["huge"] = PICTURE.format(f"{first['id']}-{self.next()}")
                self._set(key, photos=[first, *others])
            case "category":
                self._enter(key, list(self.categories)[choice % len(self.categories)])
            case "category left" if record["publicCategories"]:
                self._set(key, publicCategories=record["publicCategories"][1:])

    def succeed(self, key: str, *, old_first: bool) -> None:
        """A product is replaced by a new one that has its code; either of them comes first."""
        if old_first:
            self._set(key, status="replaced")
        self.new_product(self.products[key]["cnk"])
        if not old_first:
            self._set(key, status="replaced")

    def owner(self, code: str) -> str:
        """The record that has a code: the last one, since the others were replaced by it."""
        return next(key for key in reversed(self.products) if self.products[key]["cnk"] == code)

    def line_of(self, key: str) -> set[str]:
        """A record with those that it replaced, or that replaced it."""
        code = self.products[key]["cnk"]
        return {one for one, record in self.products.items() if record["cnk"] == code}

    def owners(self) -> list[str]:
        """The records that no other one has replaced."""
        return [
            key for key, record in self.products.items() if self.owner(record["cnk"]) == key and key not in self.twins
        ]

    def rename_category(self, choice: int) -> str:
        """A category has another name."""
        key = list(self.categories)[choice % len(self.categories)]
        self._put_category({**self.categories[key], "name": {"en": text("Category", self.next())}})
        return key

    def _enter(self, key: str, category: str) -> None:
        inside = self.products[key]["publicCategories"]
        if {"id": category} not in inside:
            self._set(key, publicCategories=[*inside, {"id": category}])

    def _put_category(self, row: Json) -> None:
        self.categories[row["id"]] = row
        self.name_of[bare(row["name"]["en"])] = row["id"]

    def _set(self, key: str, **fields: Any) -> None:
        self.earlier.setdefault(key, []).append(self.products[key])
        self.products[key] = {**self.products[key], **fields}
        self._touch(key)

    def _touch(self, key: str) -> None:
        """It comes last from now on: a second passes with each change, and the service's clock is the same."""
        self._time.jump(1.0)
        self.changed_at[key] = at = int(EPOCH + self._time.seconds) - FIRST_CHANGE
        updated = {"updated_at": str(FIRST_CHANGE + at), "meta": {"updatedAt": FIRST_CHANGE + at}}
        self.products[key] = {**self.products[key], **updated}

    def _name(self) -> Json:
        return {"name": {"en": text("Name", self.next())}}

    def _description(self) -> Json:
        content = {"en": f"<p>{text('Text', self.next())}<br>next line</p>"}
        row = {"type": "full_description", "content": content, "targetGroups": ["public"]}
        return {"descriptions": [row]}

    def _photo(self) -> Json:
        number = self.next()
        return {"id": number, "formats": {"huge": PICTURE.format(number)}, "targetGroups": ["public"], "locales": []}


def wanted(record: Json) -> dict[str, str]:
    """The fields under ``if_source_changed``, as MicroPIM should show them."""
    return {"name": record["name"]["en"], "description": record["descriptions"][0]["content"]["en"]}


def as_sent(field: str, value: str) -> str:
    """A value as it goes out: a name is one line."""
    return " ".join(value.split()) if field == "name" else value


def photo_keys(record: Json) -> set[str]:
    """Which pictures a record has, whatever version."""
    return {str(photo["id"]) for photo in record["photos"]}


def inside(record: Json) -> set[str]:
    """The categories that a record is in."""
    return {row["id"] for row in record["publicCategories"]}
