"""What the routes of Medipim read and change: the catalogue of one market, its media, its filters and sortings."""

from sandbox.exchange import Json
from sandbox.medipim.catalogue import Catalogue, Entry
from sandbox.medipim.filters import FilterGrammar, members, since
from sandbox.medipim.matches import Matches
from sandbox.medipim.media_table import MediaTable
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.paging import plain_parts
from sandbox.medipim.product_filters import product_grammar, sort_names
from sandbox.medipim.resources import MEDIA_FILTERS, MEDIA_SORTINGS
from sandbox.medipim.rows import Record, Row
from sandbox.state import ServiceState


class MedipimState(ServiceState):
    """One market."""

    def __init__(self, options: MedipimOptions) -> None:
        """Generate the heads of the catalogue."""
        super().__init__()
        self.options = options
        self.catalogue = Catalogue(options)
        self.market = self.catalogue.market
        self.grammar = product_grammar(self.market, options)
        self.matches = Matches(self.catalogue.entries)
        self._media = MediaTable(self.catalogue)

    def catalogue_rows(self, table: str) -> list[Json]:
        """The rows of a reference table."""
        rows: list[Json] = getattr(self.catalogue.reference, table)
        return rows

    def media_rows(self) -> list[Record]:
        """All media items of all products, each once."""
        return self._media.rows()

    def media_grammar(self) -> FilterGrammar:
        """The filters of media; ``product`` needs the links, which only products have.

        See docs/api/medipim.md#reference-records.
        """
        makers = {
            **MEDIA_FILTERS,
            "product": members(lambda row: self._media.products_of(row.head.id)),
            "updatedSince": since(lambda row: row.head.updated_at, inclusive=self.options.updated_since_inclusive),
        }
        return FilterGrammar(makers, self.options.several_keys)

    def sortings(self, kind: str) -> tuple[str, ...]:
        """Names of the sortings of products or media."""
        return sort_names(self.market) if kind == "products" else MEDIA_SORTINGS

    def parts(self, row: Row) -> tuple[bytes, bytes]:
        """A record, serialised, with a gap for the volatile part."""
        return row.parts() if isinstance(row, Entry) else plain_parts(row)
