"""``--check``: what a run would find, told beforehand. Asks MicroPIM a few questions; writes nothing, keeps no lock.

``--check --input`` also tells how many products of a file a run would recognise, make or refuse. The file goes the
target's own way (messages, stream maps, mapping, matching) up to the decision, over a private copy of the ledger and
one reading of MicroPIM's list. What was judged is noted in the copy, so memory does not grow.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from pim_wire.docs_site import docs_page
from pim_wire.errors import InvalidSettings, StopRun, StrangeAnswer, Unclear, page_of
from target_micropim.api.client import PAGE_LIMIT
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.matching import ProductMatching
from target_micropim.catalog.ownership import enter_shop, fingerprint
from target_micropim.catalog.picture_audit import last_failure
from target_micropim.commands.language_look import LanguageLook
from target_micropim.commands.places import check_places, other_places
from target_micropim.connection import Connection
from target_micropim.errors import RecordRejected
from target_micropim.ledger import Ledger, LedgerSummary, ProductRow, copy_of, summarize
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.limit import Limit
from target_micropim.report.notice import check_lines
from target_micropim.report.plan_file import FIRST_PLANNED_ID
from target_micropim.report.shown import visible
from target_micropim.settings.markets import wrong_for
from target_micropim.settings.rates import RATES
from target_micropim.settings.shaping import profile_of
from target_micropim.sync.outcomes import ARCHIVES_UNSET, REJECTS_UNSET, check_key, rejection
from target_micropim.sync.write import STREAM

EXAMPLES = 3
_JUDGED = "judged by --check"  # stands where a real run keeps its digest


class MatchPreview:
    """Takes the place of a run's pipeline. ``ledger`` must be a private copy, claimed for this organization."""

    def __init__(self, connection: Connection, ledger: Ledger, languages: SourceLanguages) -> None:
        self._ledger = ledger
        self._languages = languages
        self._profile = profile_of(connection.settings, connection.clock.wall)
        self._streams = connection.settings.streams
        self._creates = connection.settings.write_mode != "update_only"
        self._matching = ProductMatching(connection.client, ledger, connection.settings)
        self._ends: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {"Ambiguous": [], "Unmappable": []}

    def read_list(self) -> None:
        """Read MicroPIM's whole list into the copy. Raises StopRun."""
        self._ledger.forget_seen()
        self._matching.build_index()
        if not self._matching.is_indexed:
            raise StrangeAnswer(
                "MicroPIM's product list changed while it was read, twice: check again when nobody edits"
            )

    @property
    def products(self) -> int:
        """How many products of the file would be made, or are there."""
        return sum(self._ends[end] for end in ("made", "ledger", "sku", "ean"))

    # What a pipeline offers to the target

    def takes(self, stream: str) -> bool:
        """Products, and what the profile knows: their records are judged here."""
        return self._streams.get(stream, stream) in {STREAM, "categories"} or stream in self._profile.acknowledged

    def refusal(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str]) -> str | None:
        """Why no record of this schema could be used."""
        return self._profile.refusal(self._streams.get(stream, stream), schema, keys)

    def receive(self, stream: str, record: Any, _text: bytes | None = None, _within: tuple[str, ...] = ()) -> None:
        """Judge one record."""
        if self._streams.get(stream, stream) == STREAM:
            self._ends["records"] += 1
            self._languages.count(record)
            try:
                self._judge(record)
            except RecordRejected as error:
                self._reject(record, error)

    def refuse(self, stream: str, kept: Any, reason: str) -> None:
        """A record that could not be read."""
        if self._streams.get(stream, stream) == STREAM:
            self._ends["records"] += 1
            self._reject(kept, rejection("read", "$", reason))

    def checkpoint(self, _state: dict[str, Any]) -> None:
        """No state leaves."""

    # The judgement

    def _judge(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise rejection("map", "$", "the record is not an object")
        key = self._profile.key(record)
        if key is None:
            raise rejection("map", self._profile.key_field, "is missing")
        check_key(key, self._profile.key_field)
        if self._profile.left_out and self._profile.left_out(record):
            self._ends["status"] += 1
            return
        desired = self._profile.product(record)
        row = self._ledger.product(desired.external_id)
        if row is not None and row.digest == _JUDGED:
            self._ends["again"] += 1
            return
        end, remote_id = self._matched(desired, row)
        self._ends[end] += 1
        self._ends["inactive"] += desired.inactive and remote_id < FIRST_PLANNED_ID
        if end != "left":
            made = row.made if row is not None else end == "made"
            self._ledger.settle(ProductRow(desired.external_id, desired.sku, remote_id, made=made), _JUDGED, [])

    def _matched(self, desired: DesiredProduct, row: ProductRow | None) -> tuple[str, int]:
        """How it is known, in the order of a run: ledger, SKU, EAN. Raises RecordRejected for two candidates."""
        if row is not None and row.remote_id in self._ledger.seen_among([row.remote_id]):
            return "ledger", row.remote_id
        self._refuse_taken("sku", desired.sku, self._ledger.owner_of_sku(desired.sku), desired)
        match = self._matching.find(desired.sku, desired.fields.get("ean"))
        if match is None:
            is_created = self._creates and not desired.inactive
            return ("made" if is_created else "left"), FIRST_PLANNED_ID + self._ends["records"]
        owner, is_by_sku = self._ledger.owner(match.remote_id), bool(self._ledger.seen(sku=desired.sku))
        if owner not in (None, desired.external_id) and not is_by_sku:
            known = self._ledger.product(str(owner))
            if known is not None and known.was_made_by_us:  # docs/api/medipim.md#shared-codes
                return "made", FIRST_PLANNED_ID + self._ends["records"]
        self._refuse_taken("id", match.remote_id, owner, desired)
        return ("sku" if is_by_sku else "ean"), match.remote_id

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, desired: DesiredProduct) -> None:
        if owner not in (None, desired.external_id):
            raise rejection("recognise", field, f"{value} already belongs to {owner} of this source")

    def _reject(self, record: Any, error: RecordRejected) -> None:
        kind = "Ambiguous" if error.stage == "recognise" else "Unmappable"
        self._ends[kind] += 1
        if len(self._examples[kind]) < EXAMPLES:
            key = self._profile.key(record) if isinstance(record, dict) else None
            self._examples[kind].append(visible(f"{key or 'a record without a key'}: {error}")[:200])

    def lines(self) -> Iterator[str]:
        """What came of the file."""
        ends = self._ends
        match = ends["ledger"] + ends["sku"] + ends["ean"]
        yield f"Input: {ends['records']} product records, {ends['again']} of them a product's later version"
        yield (
            f"Would match: {match} ({ends['ledger']} by the ledger, {ends['sku']} by SKU, {ends['ean']} by EAN), "
            f"of them {ends['inactive']} inactive in the source"
        )
        yield f"Would be made: {ends['made']}"
        yield f"Would be left out, since inactive or write_mode is update_only: {ends['left']}"
        if ends["status"]:
            yield f"Would be left out by their status (statuses): {ends['status']}"
        for kind, examples in self._examples.items():
            yield f"{kind}: {ends[kind]}" + (f", such as {'; '.join(examples)}" if examples else "")


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
