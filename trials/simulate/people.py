"""What people do in MicroPIM by hand, to every kind of fact; the book writes down whose it is."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from sandbox.micropim.service import MicroPimService
from trials.simulate.book import FACTS, FIELDS, Book
from trials.simulate.scenario import Event
from trials.simulate.source import Source, as_sent, inside, text, wanted

Json = dict[str, Any]


def picture_key(url: str) -> str:
    """Which picture an address is of, whatever version."""
    return PurePosixPath(url).stem.partition("-")[0]


class People:
    """Everybody who works in this shop."""

    def __init__(self, pim: MicroPimService, book: Book, source: Source) -> None:
        self._pim = pim
        self._book = book
        self._source = source
        self._works: dict[str, Callable[[Json, Event], None]] = {
            "type name": lambda product, _event: self._type(product, "name"),
            "type description": lambda product, _event: self._type(product, "description"),
            "type price": lambda product, _event: self._type_price(product),
            "empty description": lambda product, _event: self._write(product, "description", None),
            "agree": self._agree,
            "archive": lambda product, _event: self._archive(product),
            "revive": lambda product, _event: self._revive(product),
            "delete": lambda product, _event: self._delete(product),
            "id given again": lambda product, _event: self._give_id_again(product),
            "take out": self._take_out,
            "assign": self._assign,
            "add picture": lambda product, _event: self._add_picture(product),
            "remove picture": self._remove_picture,
            "change SKU": lambda product, _event: self._change_sku(product),
        }

    def work(self, event: Event) -> None:
        """Do one thing, if there is something to do it to; nobody can defend it against what is stored after it."""
        self._pim.keep_what_is_late()
        match event.what:
            case "rename category" | "move category" | "delete category":
                self._to_a_category(event)
            case "shop product":
                self._shop_product()
            case what:
                products = [row for row in self._pim.products.values() if not self._book.is_nobodys(row["id"])]
                if products:
                    self._works[what](products[event.a % len(products)], event)

    # Values

    def _write(self, product: Json, field: str, value: Any) -> None:
        if value is None:
            self._pim.people.empty(product["id"], field)
        else:
            value = self._pim.edit(product["id"], **{field: value})[field]  # as MicroPIM stores it, whoever types
        self._book.type(product["id"], field, value)

    def _type(self, product: Json, field: str) -> None:
        self._write(product, field, text("By hand", self._source.next()))

    def _type_price(self, product: Json) -> None:
        self._write(product, "price", f"{self._source.next()}.5000")

    def _agree(self, product: Json, event: Event) -> None:
        """A person types what the source says."""
        key = self._book.record_of(product["id"])
        if key is not None:
            field = FIELDS[event.b % len(FIELDS)]
            self._write(product, field, as_sent(field, wanted(self._source.products[key])[field]))

    def _change_sku(self, product: Json) -> None:
        key = self._book.record_of(product["id"])
        self._pim.edit(product["id"], sku=f"{product['sku']}-OLD{self._source.next()}")
        self._book.loosen(product["id"], *FACTS)
        if key is not None:
            self._book.other_sku.add(self._source.products[key]["cnk"])

    # Existence and status

    def _archive(self, product: Json) -> None:
        if product["status"] == "archived":
            return
        self._pim.edit(product["id"], status="archived")
        self._book.archived.add(product["id"])
        if product["id"] in self._book.revived:
            self._book.revived.discard(product["id"])
            self._book.loosen(product["id"], "status")

    def _revive(self, product: Json) -> None:
        number = product["id"]
        if product["status"] != "archived":
            return
        self._pim.edit(number, status="active")
        if number in self._book.archived:  # what came meanwhile was left out
            self._book.archived.discard(number)
            self._book.loosen(number, *FACTS)
        elif self._book.is_settled:
            self._book.revived.add(number)
        else:
            self._book.loosen(number, "status")

    def _delete(self, product: Json) -> None:
        self._pim.people.remove(product["id"])
        self._book.delete(product["id"])

    def _give_id_again(self, product: Json) -> None:
        """It is deleted, and another one gets its id (docs/api/micropim.md#ids-again)."""
        number = self._source.next()
        self._book.delete(product["id"])
        fields = {"name": text("Shop", number), "description": text("Shop text", number)}
        other = self._pim.people.give_id_again(product["id"], f"SHOP-{number}", **fields)
        self._book.foreign[other["id"]] = dict(other)

    def _shop_product(self) -> None:
        """A product that only the shop knows."""
        number = self._source.next()
        product = self._pim.add(f"SHOP-{number}", name=text("Shop", number), description=text("Shop text", number))
        self._book.foreign[product["id"]] = dict(product)

    # Categories

    def _take_out(self, product: Json, event: Event) -> None:
        numbers = product["category_ids"]
        if not numbers:
            return
        number = numbers[event.b % len(numbers)]
        self._pim.edit(product["id"], category_ids=[one for one in numbers if one != number])
        self._book.assigned.discard((product["id"], number))
        if self._book.is_remembered(product["id"]):
            self._book.taken_out.add((product["id"], number))
        else:
            self._book.loosen(product["id"], "categories")
        self._book.leave_category(product["id"])

    def _assign(self, product: Json, event: Event) -> None:
        others = [number for number in self._pim.categories if number not in product["category_ids"]]
        if not others:
            return
        number = others[event.b % len(others)]
        self._pim.edit(product["id"], category_ids=[*product["category_ids"], number])
        self._book.taken_out.discard((product["id"], number))
        self._book.assigned.add((product["id"], number))

    def _to_a_category(self, event: Event) -> None:
        rows = list(self._pim.categories.values())
        if not rows:
            return
        row = rows[event.a % len(rows)]
        if not self._book.is_settled:  # a killed run may not know yet that it made it
            self._book.loose_categories |= {key for key, ids in self._book.categories.items() if row["id"] in ids}
        if event.what == "rename category":
            row["name"] = text("Renamed", self._source.next())
        elif event.what == "move category":
            parents = [one["id"] for one in rows if one["id"] != row["id"] and one["parent_id"] is None]
            if row["parent_id"] is not None or not self._pim.store.children(row["id"]):
                row["parent_id"] = None if row["parent_id"] is not None or not parents else parents[0]
        elif not self._pim.store.children(row["id"]):
            self._delete_category(row["id"])

    def _delete_category(self, number: int) -> None:
        for product in self._pim.products.values():
            if number in product["category_ids"]:
                product["category_ids"].remove(number)
                self._book.leave_category(product["id"])
        del self._pim.categories[number]
        key = next((key for key, numbers in self._book.categories.items() if number in numbers), None)
        if key is None:
            return
        self._book.once_deleted.add(key)
        if self._book.is_settled:
            self._book.deleted_categories.add(key)
        for record in self._source.products.values():
            if key in inside(record):
                for product in self._book.products_of(record["id"]):
                    self._book.loosen(product["id"], "categories")

    # Pictures

    def _add_picture(self, product: Json) -> None:
        """Ours that come later may be left to the person, and one on its way may be taken for it."""
        number = self._source.next()
        url = f"https://hand.example.test/{number}.jpg"
        product["_media"].append({"id": -number, "file_url": url, "alt_text": None, "position": 9, "shows_at": 0})
        self._book.loosen(product["id"], "media")

    def _remove_picture(self, product: Json, event: Event) -> None:
        media = product["_media"]
        if not media:
            return
        item = media.pop(event.b % len(media))
        self._book.loosen(product["id"], "media")
        if self._book.is_remembered(product["id"]):
            self._book.removed_pictures.add((product["id"], picture_key(item["file_url"])))
