"""All media items, collected from the products that show them."""

from sandbox.medipim.catalogue import Catalogue, Entry
from sandbox.medipim.rows import Record, record


class MediaTable:
    """Collected on first use and again after any product has changed."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Nothing is collected yet."""
        self._catalogue = catalogue
        self._seen: tuple[int, int] | None = None
        self._records: dict[int, Record] = {}
        self._products: dict[int, list[str]] = {}

    def rows(self) -> list[Record]:
        """Each item once, although a photo may belong to several products (docs/api/medipim.md#pictures)."""
        self._refresh()
        return list(self._records.values())

    def products_of(self, media_id: int) -> list[str]:
        """Ids of the products that show an item."""
        self._refresh()
        return self._products.get(media_id, [])

    def _refresh(self) -> None:
        state = (self._catalogue.version, len(self._catalogue.entries))
        if state == self._seen:
            return
        self._seen = state
        self._records, self._products = {}, {}
        for entry in self._catalogue.entries.values():
            self._collect(entry)

    def _collect(self, entry: Entry) -> None:
        media = entry.media
        for item in (*media["photos"], *media["frontals"], *media["links"]):
            newest = self._records.get(item["id"])
            if newest is None or newest.head.updated_at < item["meta"]["updatedAt"]:
                self._records[item["id"]] = record(item)
            self._products.setdefault(item["id"], []).append(entry.head.id)
