"""What people do in MicroPIM's own application: no HTTP, no limits, no switch stands in their way."""

from threading import RLock

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.categories import delete_branch
from sandbox.micropim.fields import READ_ONLY, default_of
from sandbox.micropim.products import snapshot, update_product
from sandbox.micropim.store import Store

NOT_CHECKED = READ_ONLY | {"slug", "category_ids"}


class People:
    """The hands of the organization's own people; each method is one thing that somebody does."""

    def __init__(self, store: Store, lock: RLock) -> None:
        """Work on the catalogue of one organization, under the lock of its service."""
        self._store = store
        self._lock = lock

    def id_of(self, sku: str) -> int:
        """The id of the one product with this SKU, in the archive too."""
        with self._lock:
            (product,) = [row for row in self._store.products.values() if row["sku"] == sku]
            return int(product["id"])

    def category_id(self, name: str) -> int:
        """The id of the one category with this name."""
        with self._lock:
            (row,) = [row for row in self._store.categories.values() if row["name"] == name]
            return int(row["id"])

    def add(self, sku: str, **fields: JsonValue) -> Json:
        """Make a product."""
        with self._lock:
            return self._store.insert_product({"name": f"Product {sku}", "sku": sku, **fields})

    def edit(self, product_id: int, **fields: JsonValue) -> Json:
        """Type values into fields, the SKU and the status included."""
        unchecked = {key: fields.pop(key) for key in list(fields) if key in NOT_CHECKED}
        with self._lock:
            product = self._store.products[product_id]
            before = snapshot(product)
            update_product(self._store, product, fields)
            product.update(unchecked)
            self._store.journal.note(product, "hand", "changed", before)
            return product

    def empty(self, product_id: int, *fields: str) -> Json:
        """Empty fields, whatever the API makes of null."""
        with self._lock:
            product = self._store.products[product_id]
            before = snapshot(product)
            product.update({field: default_of(field) for field in fields})
            self._store.journal.note(product, "hand", "emptied", before)
            return product

    def change_sku(self, product_id: int, sku: str) -> Json:
        """Give a product another SKU."""
        return self.edit(product_id, sku=sku)

    def archive(self, product_id: int) -> Json:
        """Put a product into the archive."""
        return self.edit(product_id, status="archived")

    def revive(self, product_id: int, status: str = "active") -> Json:
        """Take a product out of the archive."""
        return self.edit(product_id, status=status)

    def remove(self, product_id: int) -> None:
        """Delete a product for good (docs/api/micropim.md#ids-again)."""
        with self._lock:
            self._store.journal.note(self._store.products[product_id], "hand", "removed")
            self._store.remove_product(product_id)

    def give_id_again(self, product_id: int, sku: str, **fields: JsonValue) -> Json:
        """Delete a product for good; its id shows another product from now on (docs/api/micropim.md#ids-again)."""
        with self._lock:
            if product_id in self._store.products:
                self.remove(product_id)
            return self.add(sku, id=product_id, **fields)

    def add_picture(self, product_id: int, url: str = "https://people.example/1.jpg") -> Json:
        """Upload a picture."""
        with self._lock:
            product = self._store.products[product_id]
            item: Json = {
                "id": self._store.next_id("media"), "file_url": url, "alt_text": None,
                "position": len(product["_media"]), "shows_at": 0,
            }  # fmt: skip
            product["_media"].append(item)
            self._store.journal.note(product, "hand", "got a picture")
            return item

    def remove_pictures(self, product_id: int, *urls: str) -> None:
        """Take away these pictures, by the addresses they came from; all of them unless told which."""
        with self._lock:
            product = self._store.products[product_id]
            product["_media"] = [item for item in product["_media"] if urls and item["file_url"] not in urls]
            self._store.journal.note(product, "hand", "lost pictures")

    def assign(self, product_id: int, category_id: int) -> None:
        """Put a product into a category."""
        ids = self._store.products[product_id]["category_ids"]
        self.edit(product_id, category_ids=[*ids, *({category_id} - set(ids))])

    def unassign(self, product_id: int, category_id: int) -> None:
        """Take a product out of a category."""
        ids = self._store.products[product_id]["category_ids"]
        self.edit(product_id, category_ids=[key for key in ids if key != category_id])

    def add_category(self, name: str, parent_id: int | None = None) -> Json:
        """Make a category."""
        with self._lock:
            row: Json = {
                "id": self._store.next_id("category"), "name": name, "description": None, "parent_id": parent_id,
                "position": len(self._store.children(parent_id)),
            }  # fmt: skip
            self._store.categories[row["id"]] = row
            return row

    def give_category_id_again(self, category_id: int, name: str, parent_id: int | None = None) -> Json:
        """Delete a category; its id shows another one from now on (docs/api/micropim.md#ids-again)."""
        with self._lock:
            if category_id in self._store.categories:
                self.delete_category(category_id)
            row = {**self.add_category(name, parent_id), "id": category_id}
            del self._store.categories[max(self._store.categories)]
            self._store.categories[category_id] = row
            return row

    def rename_category(self, category_id: int, name: str) -> None:
        """Give a category another name."""
        with self._lock:
            self._store.categories[category_id]["name"] = name

    def move_category(self, category_id: int, parent_id: int | None) -> None:
        """Put a category below another one, or at the root."""
        with self._lock:
            self._store.categories[category_id]["parent_id"] = parent_id

    def delete_category(self, category_id: int) -> None:
        """Delete a category and all below it; products are no longer in them."""
        with self._lock:
            delete_branch(self._store, self._store.categories[category_id])

    def merge_brands(self, gone: int, kept: int) -> None:
        """One brand takes over the name and the products of another, whose id is refused from then on.

        See docs/api/micropim.md#merged-brand.
        """
        self._merge("brand_id", self._store.brands, gone, kept)

    def merge_suppliers(self, gone: int, kept: int) -> None:
        """The same for suppliers (docs/api/micropim.md#merged-brand)."""
        self._merge("supplier_id", self._store.suppliers, gone, kept)

    def _merge(self, field: str, names: dict[int, str], gone: int, kept: int) -> None:
        with self._lock:
            name = names.pop(gone)
            names.setdefault(kept, name)
            for product in self._store.products.values():
                if product[field] == gone:
                    product[field] = kept
