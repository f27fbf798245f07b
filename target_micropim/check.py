"""``--check``: what a run would find, told beforehand. Asks MicroPIM a few questions; writes nothing, keeps no lock."""

from collections.abc import Callable, Iterator
from math import ceil

from pim_wire.errors import StopRun, Unclear
from target_micropim.api.client import PAGE_LIMIT
from target_micropim.contact import Contact
from target_micropim.errors import RecordRejected
from target_micropim.forecast import Forecast
from target_micropim.ledger import Census, Ledger, census, copy_of
from target_micropim.plan.limit import Limit

Part = Callable[[], Iterator[str]]


class Check:
    """``is_good`` says, after the last line, whether a run could begin.

    ``feed`` hands the records of a file to a forecast; without it nothing is read but MicroPIM and the ledger.
    """

    def __init__(self, contact: Contact, feed: Callable[[Forecast], None] | None = None) -> None:
        self._feed = feed
        self._contact = contact
        self._config = contact.config
        self.is_good = True

    def lines(self) -> Iterator[str]:
        """What there is to say, one line each; what is wrong does not hide the rest."""
        yield f"Address: {self._contact.settings.base_url}"
        yield from self._told(self._organization)
        yield from self._told(self._ledger)
        yield from self._limits()
        if self.is_good:
            yield from self._told(self._matches)

    def _matches(self) -> Iterator[str]:
        """What the ledger knows and what a file holds, against MicroPIM's list; the list is read only for these."""
        ledger = copy_of(self._config["ledger_url"])
        try:
            ledger.upgrade()
            ledger.claim_for(self._contact.organization)
            known = census(ledger).products
            if known or self._feed is not None:
                yield from self._against_the_list(ledger, known)
            if self._feed is None:
                yield "To count it here: give the tap's output as a file, --check --input FILE"
        finally:
            ledger.close()

    def _against_the_list(self, ledger: Ledger, known: int) -> Iterator[str]:
        if self._config["lookup"] == "search":
            yield "Matches: not counted, since lookup is search and MicroPIM's list is not read"
            return
        yield "Reading MicroPIM's list now"
        forecast = Forecast(self._contact, ledger)
        forecast.read_list()
        if known:
            there = ledger.count_known_and_seen()
            yield f"Of the ledger's {known} products {there} are still in MicroPIM, {known - there} are not"
        if self._feed is not None:
            self._feed(forecast)
            yield from forecast.lines()

    def _told(self, part: Part) -> Iterator[str]:
        try:
            yield from part()
        except (StopRun, RecordRejected, Unclear, OSError) as why:
            self.is_good = False
            yield f"NOT GOOD: {why}" + (f" ({why.page})" if isinstance(why, StopRun) else "")

    def _organization(self) -> Iterator[str]:
        offered = self._contact.channels()
        yield "Key: accepted, with an organization behind it"
        yield f"Channels of the organization: {', '.join(offered) or 'none'}"
        missing = [name for name in self._contact.settings.publishing_channels if name not in offered]
        if missing:
            yield f"publishing_channels: {', '.join(missing)} not set up in this organization"
        yield from self._catalogue()

    def _catalogue(self) -> Iterator[str]:
        live = self._contact.client.products_page(1).total
        archived = self._contact.client.products_page(1, status="archived").total
        yield f"Catalogue: {_counted(live)} listed, {_counted(archived)} archived"
        if live is not None:
            size = self._contact.settings.capabilities.page_cap or PAGE_LIMIT
            pages = 2 * max(1, ceil(max(live, archived or 0) / size))
            yield f"Reading the whole list: {pages} requests, {_lasting(pages, self._config['reads_per_minute'])}"
            yield f"Writing every listed product once: {_lasting(live, self._config['writes_per_minute'])}"

    def _ledger(self) -> Iterator[str]:
        ledger = copy_of(self._config["ledger_url"])
        try:
            found = census(ledger)
            if found.organization is None:
                yield "Ledger: none yet; the first run makes it and takes over what MicroPIM holds already"
                return
            yield from described(found)
            ledger.upgrade()
            ledger.claim_for(self._contact.organization)
            yield "Ledger's owner: this organization"
        finally:
            ledger.close()

    def _limits(self) -> Iterator[str]:
        config, settings = self._config, self._contact.settings
        pictures = config.get("pictures_per_minute")
        yield (
            f"Limits: {config['reads_per_minute']} reads and {config['writes_per_minute']} writes a minute, "
            + (f"at most {pictures} of them pictures, " if pictures else "")
            + f"{config['max_in_flight']} in flight"
        )
        yield f"max_rejects: {_limit(settings.max_rejects, 'none')}"
        yield f"max_archive: {_limit(settings.max_archive, '20%, at least 50')}"
        yield f"Products are recognised by {' and '.join(settings.match_on)}"
        yield "How many of a tap's products would be recognised: send its output to target-micropim --dry-run"


def described(found: Census) -> Iterator[str]:
    """A ledger in words."""
    yield f"Ledger: version {found.version}, made for {found.address}"
    yield (
        f"Products known to the ledger: {found.products}, of them {found.archived} archived and "
        f"{found.unfinished} not finished"
    )
    yield f"Pictures sent: {found.pictures}; categories known: {found.categories}"
    yield f"Lock: {found.writer or 'nobody'} is writing"


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
