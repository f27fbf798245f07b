"""One shop through its nights: the sandbox, its people, the source, the ledger, and the runs of the writer."""

from collections.abc import Collection
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from target_micropim.settings.schema import SETTINGS, SHAPING
from target_micropim.settings.values import TargetSettings
from trials.simulate.book import Book
from trials.simulate.clock import DAY
from trials.simulate.disturbances import Disturber, Stage
from trials.simulate.laws import Broken, Laws, Night
from trials.simulate.ledgers import Engines, SimConnection, new_ledger, pictures_of
from trials.simulate.people import People
from trials.simulate.process import Ended, Machine, Message, Process
from trials.simulate.reading import Medipim
from trials.simulate.scenario import NEVER_FOR_GOOD, Event, Scenario
from trials.simulate.source import TWIN_EAN, Source, text
from trials.simulate.transport import way_to

ENGINES = Engines()
MOST_LEDGERS = 6
AGAIN_SECONDS = 2.0  # until the next run, where what runs them does not wait for the next day


class World:
    """Made for one scenario. ``folder`` holds the reports."""

    def __init__(self, scenario: Scenario, machine: Machine, folder: Path, ignored: Collection[str] = ()) -> None:
        self.scenario, self.machine, self.folder = scenario, machine, folder
        self._ignored = ignored
        options = {"reads_per_minute": None, "writes_per_minute": None, **scenario.options}
        self._options = MicroPimOptions(**options, clock=lambda: machine.time.seconds)
        self.pim = MicroPimService(self._options)
        self.source = Source(machine.time)
        self.book = Book(self.pim, self.source)
        self.people = People(self.pim, self.book, self.source)
        self.ledger = new_ledger()
        self.kept_ledgers: list[bytes] = []
        self.state: dict[str, Any] | None = None
        self.settings = settings_of(
            str(folder),
            tuple({**scenario.settings, **({"match_on": "sku,ean"} if scenario.twins else {})}.items()),
        )
        self.laws = Laws(self.book, self.pim, self.source)
        self._stage = Stage(machine, self.pim, self.source, self.book, self.people, self.laws, self.run)
        reading = scenario.tap
        self.medipim = None if reading is None else Medipim(self.source, machine.time, machine.log, reading)
        self.broken: list[Broken] = []
        self.nights = 0
        self._begin(scenario)

    def _begin(self, scenario: Scenario) -> None:
        """What is there before the first night."""
        for _ in range(scenario.categories):
            self.source.new_category()
        for _ in range(scenario.products):
            self.source.new_product()
        for key in list(self.source.products)[: scenario.adopted]:
            number = self.source.next()
            self.book.adopt(
                key,
                self.pim.add(
                    self.source.products[key]["cnk"], name=text("Shop", number), description=text("Shop text", number)
                ),
            )

        if scenario.twins:
            shared = self.pim.add("SHOP-EAN", name=text("Shop", self.source.next()), ean=TWIN_EAN)
            self.book.shared = shared["id"]
        for _ in range(scenario.twins):
            self.source.new_twin()

    def live(self) -> list[Broken]:
        """All nights of the scenario, then calm ones. The laws that were broken, in their order."""
        is_at_once = False
        for number, night in enumerate(self.scenario.nights, start=1):
            # a person puts the ledger there; a product that is 404 while no list shows it yet is gone to everybody; two
            # writers without a common memory look once each for what both made
            is_at_once = is_at_once and not any(event.kind == "ledger" for event in night.before)
            is_at_once = is_at_once and not any(event.what == "404" for event in night.during)
            is_at_once = is_at_once and not self.book.two_wrote
            self._day(f"night {number}", is_at_once=is_at_once)
            for event in night.before:
                self._happens(event)
            self.night(night.during)
            is_at_once = any(event.b % 4 == 0 for event in night.during)
            if self.broken:
                return self.broken
        self._calm_nights()
        return self.broken

    def _calm_nights(self) -> None:
        """Nothing goes wrong any more: what is left comes in, every field changes and arrives, then all is still."""
        for words, change, from_start, must_be_still in (
            ("calm", False, False, False),
            ("all changes", True, False, False),
            ("from the start", False, True, False),
            ("from the start again", False, True, True),
        ):
            self._day(words)
            if change:
                for key in self.source.owners():
                    self.source.change(key, "both", 0)
            night = self.night([], from_start=from_start)
            self._blame(self.laws.after_calm(words, night, must_be_still=must_be_still))
            if self.broken:
                return

    def _day(self, words: str, *, is_at_once: bool = False) -> None:
        """A day goes by: a picture that shows after some reads shows by then, whoever reads (``media``: ``async``).

        ``is_at_once``: what runs the programs lets the next one begin as soon as this one has ended.
        """
        self.machine.time.jump(AGAIN_SECONDS if is_at_once else DAY)
        if is_at_once:
            self.machine.log(f"{words}, at once:")
            return
        self.pim.let_pictures_show()
        self.machine.log(f"{words}:")

    def _happens(self, event: Event) -> None:
        self.machine.log(f"  {event}")
        match event.kind:
            case "source":
                self._source_changes(event)
            case "hand":
                self.people.work(event)
            case "state" if self.medipim is not None:
                self.medipim.lose_state(event.what, event.a)
            case "ledger":
                self._ledger_is_lost(event)

    def _source_changes(self, event: Event) -> None:
        keys = self.source.owners()  # one that was replaced does not change any more
        match event.what:
            case "new product":
                self.source.new_product()
            case "succeeded":
                self.source.succeed(keys[event.a % len(keys)], old_first=bool(event.b % 2))
            case "new category":
                self.source.new_category()
            case "category renamed":
                self.source.rename_category(event.a)
            case change:
                self.source.change(keys[event.a % len(keys)], change, event.b)

    def _ledger_is_lost(self, event: Event) -> None:
        """Or an old one is back, or it is copied, which changes nothing."""
        if event.what == "copied":
            self.ledger = new_ledger(self.ledger.copy())
            return
        old = self.kept_ledgers if event.what == "old" else []
        self.ledger = new_ledger(old[event.a % len(old)] if old else b"")
        self.book.loosen_all()
        self.book.doubt_pictures(pictures_of(self.ledger))

    # A night

    def night(self, during: list[Event], *, from_start: bool = False) -> Night:
        """One run, with all that happens to it; judged at once."""
        self.nights += 1
        messages = self._read(during, from_start=from_start)
        disturber = Disturber(self._stage, messages)
        disturbances = disturber.plan(during)
        ended = self.run(self.ledger, [*messages, *disturber.stale], disturbances)
        self.pim.faults.clear()
        if ended.how != "killed":  # judged when it shows
            self.pim.keep_what_is_late()
        patch_kept = self.pim.options.patch_kept
        self.pim.switch(**{name: getattr(self._options, name) for name in NEVER_FOR_GOOD})
        self.pim.requests.clear()
        self.kept_ledgers = [*self.kept_ledgers, self.ledger.copy()][-MOST_LEDGERS:]
        if ended.states:
            self.state = ended.states[-1]
            if self.medipim is not None and "tap" in self.state:
                self.medipim.keep(self.state["tap"])
        self.machine.log(f"  {ended.how}, state {self.state}, rejects {[row['external_id'] for row in ended.rejects]}")
        night = Night(messages, ended, is_disturbed=bool(during), patch_kept=patch_kept)
        self._blame(self.laws.after_night(night))
        self._write_into_book(night)
        return night

    def _read(self, during: list[Event], *, from_start: bool) -> list[Message]:
        """What comes out of the source, by the real tap or by the model of one."""
        if self.medipim is None:
            return self.source.messages(0 if from_start or self.state is None else self.state["at"])
        if from_start:
            self.medipim.lose_state("lost", 0)
        messages = self.medipim.night(during)
        self._blame(self.laws.after_reading(messages, self.medipim, is_calm=not during))
        return messages

    def _blame(self, broken: list[Broken]) -> None:
        self.broken += [one for one in broken if one.law not in self._ignored]

    def _write_into_book(self, night: Night) -> None:
        ended = night.ended
        is_whole = ended.how == "finished" and not night.is_disturbed and not ended.rejects
        rejected = {str(row["external_id"]) for row in ended.rejects}
        self.book.waiting = rejected if ended.how == "finished" else self.book.waiting | rejected
        sent = self.book.see_sent(is_finished=ended.how == "finished")
        self.book.settle([record for stream, record in night.messages if stream == "products"], rejected, sent,
                         is_whole=is_whole)  # fmt: skip
        self.book.is_settled = is_whole

    def run(self, ledger: SimConnection, messages: list[Message], disturbances: list[Any]) -> Ended:
        """A process from its start to its end."""
        process = Process(self.machine, ledger, disturbances)
        return process.carry_out(self.settings, partial(way_to, self.pim), messages)


@cache
def settings_of(folder: str, given: tuple[tuple[str, Any], ...]) -> TargetSettings:
    """The settings of a run: all defaults, but what the scenario says and what would only make it long."""
    defaults = {
        name: setting["default"] for name, setting in SETTINGS.to_dict()["properties"].items() if "default" in setting
    }
    config = {
        **defaults,
        "api_key": "sandbox-micropim-key",
        "api_url": "http://127.0.0.1:9",
        "locale": "en",
        "report_dir": folder,
        "decisions_file": f"{folder}.decisions.csv",
        "reads_per_minute": 100_000,
        "writes_per_minute": 100_000,
        "state_interval_seconds": 0,
        "max_in_flight": 1,
        "sku_template": "{cnk}",
        "max_archive": 1000,
        **dict(given),
    }
    return TargetSettings.read(config, SHAPING)


def choices_of(seed: int) -> Random:
    """What the machine chooses while a scenario runs."""
    return Random(f"run {seed}")
