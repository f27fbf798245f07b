"""``--check``: what a run would find, told beforehand. Asks MicroPIM a few questions; writes nothing, keeps no lock.

``--check --input`` also tells how many products of a file a run would recognise, make or refuse (match_preview.py),
over one reading of MicroPIM's list.
"""

from collections.abc import Callable, Iterator
from math import ceil

from pim_wire.docs_site import docs_page
from pim_wire.errors import InvalidSettings, StopRun, StrangeAnswer, Unclear, page_of
from target_micropim.api.client import PAGE_LIMIT
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.ownership import enter_shop, fingerprint
from target_micropim.catalog.picture_audit import last_failure
from target_micropim.commands.language_look import LanguageLook
from target_micropim.commands.match_preview import MatchPreview
from target_micropim.commands.places import check_places, other_places
from target_micropim.connection import Connection
from target_micropim.errors import RecordRejected
from target_micropim.ledger import Ledger, LedgerSummary, copy_of, summarize
from target_micropim.plan.limit import Limit
from target_micropim.report.notice import check_lines
from target_micropim.settings.markets import wrong_for
from target_micropim.settings.rates import RATES
from target_micropim.sync.outcomes import ARCHIVES_UNSET, REJECTS_UNSET

Part = Callable[[], Iterator[str]]
Feed = Callable[[MatchPreview | LanguageLook], None]


class Check:
    """``is_good`` says, after the last line, whether a run could begin.

    ``feed`` hands the records of a file to a preview; without it nothing is read but MicroPIM and the ledger.
    """

    def __init__(self, connection: Connection, feed: Feed | None = None) -> None:
        self._feed = feed
        self._languages: SourceLanguages | None = None
        self._connection = connection
        self._settings = connection.settings
        self._wrong: list[str] = []

    @property
    def is_good(self) -> bool:
        """Whether nothing was wrong up to now."""
        return not self._wrong

    @property
    def verdict(self) -> str:
        """One line for the end, which stands for all others where only stderr is kept."""
        if self.is_good:
            return "Check: good; nothing stands in the way of a run"
        first, *others = self._wrong
        return "Check: NOT GOOD" + (f", and {len(others)} more above" if others else "") + f": {first}"

    def lines(self) -> Iterator[str]:
        """What there is to say, one line each; what is wrong does not hide the rest."""
        yield f"Address: {self._settings.base_url}"
        yield from self._section(self._organization)
        yield from self._section(self._ledger)
        yield from self._section(self._language)
        yield from self._section(self._places)
        yield from self._section(self._market)
        yield from self._limits()
        yield from check_lines(self._settings.notify_urls, self._settings.notify_on)
        yield from self._pictures()
        if self.is_good:
            yield from self._section(self._matches)

    def _matches(self) -> Iterator[str]:
        """What the ledger knows and what a file holds, against MicroPIM's list; the list is read only for these."""
        ledger = copy_of(self._settings.ledger_url)
        try:
            ledger.upgrade()
            ledger.bind(self._connection.organization)  # in the copy: it is ours, or not bound yet
            products = summarize(ledger).products
            if products or self._feed is not None:
                yield from self._against_the_list(ledger, products)
            if self._feed is None:
                yield "To count it here: give the tap's output as a file, --check --input FILE"
        finally:
            ledger.close()

    def _against_the_list(self, ledger: Ledger, products: int) -> Iterator[str]:
        if self._settings.lookup == "search":
            yield "Matches: not counted, since lookup is search and MicroPIM's list is not read"
            return
        yield "Reading MicroPIM's list now"
        languages = self._languages or SourceLanguages(self._settings, ledger)
        preview = MatchPreview(self._connection, ledger, languages)
        preview.read_list()
        if products:
            there = ledger.count_known_and_seen()
            yield f"Of the ledger's {products} products {there} are still in MicroPIM, {products - there} are not"
        if self._feed is not None:
            self._feed(preview)
            yield f"Language: {languages.found()}"
            lasting = _lasting(preview.products, self._settings.writes_per_minute)
            yield f"To write each product of the input once: {lasting}, without pictures"
            yield from preview.lines()

    def _section(self, part: Part) -> Iterator[str]:
        try:
            yield from part()
        except (StopRun, RecordRejected, Unclear, OSError) as error:
            section = error.section if isinstance(error, StopRun) else StrangeAnswer.section
            self._wrong.append(f"{error} ({page_of(section)})")
            yield f"NOT GOOD: {self._wrong[-1]}"

    def _organization(self) -> Iterator[str]:
        offered = self._connection.channels()
        yield "Key: accepted, with an organization behind it"
        yield f"Channels of the organization: {', '.join(offered) or 'none'}"
        missing = [name for name in self._settings.publishing_channels if name not in offered]
        if missing:
            yield f"publishing_channels: {', '.join(missing)} not set up in this organization"
        yield from self._catalogue()

    def _catalogue(self) -> Iterator[str]:
        live = self._connection.client.products_page(1).total
        archived = self._connection.client.products_page(1, status="archived").total
        yield f"Catalogue: {_counted(live)} listed, {_counted(archived)} archived"
        if live is not None:
            size = self._settings.capabilities.page_cap or PAGE_LIMIT
            pages = 2 * max(1, ceil(max(live, archived or 0) / size))
            yield f"Reading the whole list: {pages} requests, {_lasting(pages, self._settings.reads_per_minute)}"
            yield f"Writing every listed product once: {_lasting(live, self._settings.writes_per_minute)}"

    def _ledger(self) -> Iterator[str]:
        ledger = copy_of(self._settings.ledger_url)
        try:
            summary = summarize(ledger)
            self._settle_language(ledger)
            if summary.organization is None:
                yield "Ledger: none yet; the first run makes it and takes over what MicroPIM holds already"
                yield f"Organization: {fingerprint(ledger, self._connection)} (setting organization)"
                enter_shop(ledger, self._connection)
                return
            yield from described(summary)
            ledger.upgrade()
            if (failure := last_failure(ledger)) and self._settings.media_mode == "append":
                yield f"PICTURES FAIL. The last run that sent any, on {failure}"
            yield enter_shop(ledger, self._connection) or "Ledger's owner: this organization"
            yield f"Organization: {fingerprint(ledger, self._connection)} (setting organization)"
        finally:
            ledger.close()

    def _settle_language(self, ledger: Ledger) -> None:
        self._languages = SourceLanguages(self._settings, ledger)
        self._settings = self._languages.settled(self._settings)
        self._connection.use(self._settings)

    def _language(self) -> Iterator[str]:
        """Which language a run writes. Raises InvalidSettings where nothing has decided it, with those of the file."""
        if self._languages is None:  # no ledger could be looked at
            return
        if not self._languages.is_decided:
            if self._feed is not None:
                self._feed(LanguageLook(self._languages))
            self._languages.demand()
        yield f"Language: {self._languages.told()}"
        if change := self._languages.change():
            yield change

    def _places(self) -> Iterator[str]:
        """Silent where all is well. Raises CannotWrite."""
        check_places(self._settings)
        yield from other_places(self._settings)

    def _market(self) -> Iterator[str]:
        """Market, currency, language, and what is odd about settings. Raises InvalidSettings for a wrong currency."""
        settings = self._settings
        is_decided = self._languages is not None and self._languages.is_decided
        language = settings.locales[0] if is_decided else "not set"
        yield f"Market: {settings.market or 'not set'}; language {language}, prices in {settings.currency}"
        yield from settings.remarks
        if wrong := wrong_for(settings.source_market, settings.currency):
            raise InvalidSettings(wrong)
        if settings.unknown_in_sku and self._feed is None and not settings.stream_maps:
            raise InvalidSettings(f"{settings.unknown_in_sku[0]}; if a map of the tap does, --check --input tells")

    def _pictures(self) -> Iterator[str]:
        """What nobody can try out beforehand: MicroPIM fetches pictures from where it stands.

        See docs/api/micropim.md#picture-fetch and docs/api/medipim.md#pictures.
        """
        if self._settings.media_mode == "append":
            yield (
                f"Pictures: at most {self._settings.max_images} a product. MicroPIM fetches them by itself, and "
                "Medipim's picture host answers only programs with a descriptive User-Agent: if none arrives, see "
                f"{docs_page('how-to/pictures')}"
            )

    def _limits(self) -> Iterator[str]:
        settings = self._settings
        reads, writes, pictures = (
            f"auto (from {rate} on)" if name in settings.searched_rates else rate
            for name, rate in ((name, getattr(settings, name)) for name in RATES)
        )
        yield (
            f"Limits: {reads} reads and {writes} writes a minute, "
            + (f"at most {pictures} of them pictures, " if pictures else "")
            + f"{settings.max_in_flight} in flight"
        )
        yield f"max_rejects: {_limit(settings.max_rejects, REJECTS_UNSET)}"
        yield f"max_archive: {_limit(settings.max_archive, ARCHIVES_UNSET)}"
        yield f"Products are recognised by {' and '.join(settings.match_on)}"
        yield "How many of a tap's products would be recognised: send its output to target-micropim --dry-run"


def described(summary: LedgerSummary) -> Iterator[str]:
    """A ledger in words."""
    yield f"Ledger: version {summary.version}, made for {summary.address}"
    yield (
        f"Products known to the ledger: {summary.products}, of them {summary.archived} archived and "
        f"{summary.unfinished} not finished"
    )
    yield f"Pictures sent: {summary.pictures}; categories known: {summary.categories}"
    yield f"Lock: {summary.writer or 'nobody'} is writing"


def _counted(number: int | None) -> str:
    return "an unknown number of products" if number is None else f"{number} products"


def _limit(limit: Limit, unset: str) -> str:
    if limit.number is not None:
        return str(limit.number)
    return unset if limit.share is None else f"{limit.share:.0%}"


def _lasting(requests: int, per_minute: int) -> str:
    minutes = ceil(requests / per_minute)
    hours, rest = divmod(minutes, 60)
    return f"about {hours} h {rest:02d} min" if hours else f"about {minutes} min"
