"""What an undo cannot take back: pictures, categories and attributes. Each is listed for a person.

MicroPIM has no way to take a picture away, and a category may be in use by now (docs/api/micropim.md#picture-change,
docs/api/micropim.md#category-delete).
"""

from target_micropim.ledger import MediaRow
from target_micropim.plan.pictures import IN_SHOP
from target_micropim.report.journal import Other
from target_micropim.report.run_report import Row
from target_micropim.services import Services


class Rest:
    """Called by one thread."""

    def __init__(self, services: Services) -> None:
        self._report = services.report
        self._ledger = services.ledger
        self._clean = services.client.redactor.clean
        self._told: set[str] = set()  # requests that were sent twice, after an unclear answer

    def tell(self, other: Other, made: set[str]) -> None:
        """List it once; a picture goes into the archive with the product that the run has made."""
        if other.request.endswith("/media"):
            if other.external_id is not None and other.external_id not in made:
                self._tell_of_picture(other.external_id, str(other.body.get("file_url")))
            return
        what = _words(other)
        if what not in self._told:
            self._told.add(what)
            self._report.add("manual_actions", Row(other.stream, other.external_id or "", None, self._clean(what)))

    def _tell_of_picture(self, key: str, url: str) -> None:
        rows = self._ledger.media(key).values()
        if url in self._told or not any(_is_there(row, url) for row in rows):
            return
        self._told.add(url)
        product = self._ledger.product(key)
        what = self._clean(f"a picture that the run has sent cannot be taken back: remove it by hand (address {url})")
        row = Row("products", key, product.sku if product else None, what, "picture", "pictures")
        self._report.add("manual_actions", row)


def _is_there(row: MediaRow, url: str) -> bool:
    return row.url == url and (row.state in IN_SHOP or row.state == "intent")


def _words(other: Other) -> str:
    name = other.body.get("name") or other.body.get("code") or ""
    method, _, path = other.request.partition(" ")
    number = next((part for part in path.split("/") if part.isdigit()), "")
    if path == "/api/categories":
        return f"the category {name} was made by the run: delete it by hand if nobody uses it"
    if path == "/api/product-attributes":
        return f"the attribute {name} was defined by the run: delete it by hand if nobody uses it"
    if path.endswith("/move"):
        return f"the category {number} was moved by the run: move it back by hand"
    what = "category" if "/categories/" in path else "attribute" if "/product-attributes/" in path else path
    return f"the {what} {number} was changed by the run ({method}, {name}): change it back by hand"
