"""The order of work: which stream goes which way, and when a STATE may leave. Knows no framework.

A host (the Singer target) calls receive and checkpoint as lines come in, and finish or abort at the end. Categories go
one by one, parents first; products go through a pool; archives wait for the end, so that their guard can count first.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pim_wire import exact_json
from pim_wire.errors import InvalidInput, InvalidSettings
from target_micropim.catalog.attribute_names import AttributeNames
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.picture_audit import PictureAudit
from target_micropim.connection import Connection
from target_micropim.mapping.profiles import Profile
from target_micropim.report.journal import JournalFile
from target_micropim.report.run_report import Row
from target_micropim.report.unmapped import Unmapped
from target_micropim.services import Services
from target_micropim.sync.categories import CategorySync
from target_micropim.sync.checkpoints import Checkpoints
from target_micropim.sync.decisions import Decisions
from target_micropim.sync.full_reads import FullReads
from target_micropim.sync.outcomes import Outcomes, rejection
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.products import ProductsSync
from target_micropim.sync.questions import OpenQuestions
from target_micropim.sync.undo import Undo
from target_micropim.sync.write import STREAM as PRODUCTS

logger = logging.getLogger("target-micropim")


class Pipeline:
    """One run. Its methods are called by one thread."""

    def __init__(
        self,
        connection: Connection,
        profile: Profile,
        services: Services,
        checkpoints: Checkpoints,
        outcomes: Outcomes,
        pool: KeyedPool,
        languages: SourceLanguages,
    ) -> None:
        self._connection = connection
        self._profile = profile
        self._services = services
        self._checkpoints = checkpoints
        self._outcomes = outcomes
        self._pool = pool
        catalog = Catalog.of(services)
        self._catalog = catalog
        self._names = catalog.names
        self._categories = CategorySync(profile, catalog.categories, outcomes, services)
        self._products = ProductsSync(profile, services, catalog, outcomes, pool)
        self._attribute_names = AttributeNames(services, profile.attribute_names, profile.attribute_options)
        self._attribute_names.load()
        self._announced: set[str] = set()  # streams that MicroPIM has no place for, told once each
        self._is_connected = False
        self.full_reads = FullReads(services, self._connect)
        self._languages = languages
        self._is_decided = languages.is_decided
        self._questions = OpenQuestions(services)
        self._decisions = Decisions(services, catalog.names)
        self._began = services.ledger.now()
        self._again: dict[str, Callable[[dict[str, Any]], None]] = {
            "products": self._products.receive_again,
            profile.category_source.stream: self._categories.receive_again,
        }
        self._receivers: dict[str, Callable[[dict[str, Any], bytes | None, tuple[str, ...]], None]] = {
            "products": self._products.receive,
            profile.category_source.stream: self._receive_category,
        }

    @property
    def unmapped(self) -> Unmapped:
        """Names without an id, for the report."""
        return self._names.unmapped

    def takes(self, stream: str) -> bool:
        """Whether the profile knows this stream: its records are judged here, record by record."""
        return self._meant(stream) in self._receivers or stream in self._profile.acknowledged

    def _meant(self, stream: str) -> str:
        """The name under which the profile knows a stream."""
        return self._services.settings.streams.get(stream, stream)

    def refusal(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str]) -> str | None:
        """Judge a SCHEMA: why no record of it could be used; None when some can, or nothing is made of the stream."""
        meant = self._meant(stream)
        if meant == self._profile.category_source.stream:
            self._categories.declared()
        return self._profile.refusal(meant, schema, keys)

    def receive(self, stream: str, record: Any, text: bytes | None = None, within: tuple[str, ...] = ()) -> None:
        """Take one record, and the JSON that holds it as it is, if there is one. Raises StopRun.

        ``within`` names the members of the text that lead to the record.
        """
        stream = self._services.settings.streams.get(stream, stream)
        self._services.report.receive(stream)
        if stream not in self._receivers:
            self._acknowledge(stream, record)
            return
        if not self._is_decided:
            self._languages.look(record, is_product=stream == PRODUCTS)
            return
        if not self._is_connected:
            self._ready()
        if stream == PRODUCTS:
            self._languages.count(record)
        if isinstance(record, dict):
            self._receivers[stream](record, text, within)
        else:
            error = rejection("map", "$", "the record is not an object")
            self._outcomes.reject(stream, self._outcomes.open(), None, record, error)

    def has_category(self, key: str) -> bool:
        """Whether the category of the record with this id has been dealt with, in this run or an earlier one."""
        return self._categories.is_known(key)

    def refuse(self, stream: str, kept: Any, reason: str) -> None:
        """Take a record that could not be read: a reject, with what is kept of it, where its stream is taken."""
        stream = self._meant(stream)
        self._services.report.receive(stream)
        if stream not in self._receivers:
            self._acknowledge(stream, kept)
            return
        key = self._profile.key(kept) if isinstance(kept, dict) else None
        self._outcomes.reject(stream, self._outcomes.open(), key, kept, rejection("read", "$", reason))

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Take a STATE: every record before it is handed out first."""
        self.full_reads.see(state)
        if not self._is_decided and self._languages.is_asked_for:
            return  # nothing before it was written
        self._products.flush()
        self._checkpoints.checkpoint(state)
        self._checkpoints.release()

    def finish(self) -> None:
        """The input has ended: settle everything, and let the last STATE leave."""
        if self._languages.is_asked_for or (not self._languages.is_decided and self._outcomes.waiting_rejects()):
            self._languages.demand()
        self._products.flush()
        self._pool.drain()
        self._try_rejects_again()
        taken = self._take_again()
        self._categories.finish()
        self._products.finish()
        self._send_what_was_held_back()
        self._products.close()
        for stream, key in taken:
            if not (stream == PRODUCTS and self._products.is_left(key)):
                self._services.ledger.taken_again(stream, key)
        self._names.save()
        self._attribute_names.save()
        self._questions.look_again()
        self._write_decisions()
        self._products.tell_of_a_new_ledger()
        if remark := self._languages.remark():
            logger.warning("%s", remark)
            self._services.report.add("warnings", Row("settings", "", None, remark))
        self._outcomes.judge()
        self._checkpoints.release(now=True)
        # A plan sent no picture that could be looked at.
        if not self._services.settings.dry_run and PictureAudit(self._services).look():
            self._write_decisions()

    def undo(self, journal: JournalFile) -> None:
        """Take back what an earlier run has written, in place of an input. Raises StopRun, Interrupted."""
        self._connect()
        Undo(self._services, self._catalog, self._outcomes.guards).take_back(journal)

    def abort(self) -> None:
        """Something went wrong or somebody asked to stop: let what is in flight end, write the last safe STATE."""
        self._pool.close()
        self._products.close()
        self._questions.tell_all()
        self._checkpoints.release(now=True)

    def _try_rejects_again(self) -> None:
        """What earlier runs refused, unless this run has seen a newer version of it."""
        for stream, key in self._outcomes.waiting_rejects():
            reject = None if stream not in self._receivers else self._services.ledger.reject(stream, key)
            if reject is None or reject.rejected_at >= self._began or self._products.is_pending(key):
                continue
            self._ready()
            self._services.rejects.note_attempts(
                stream, record := exact_json.loads(reject.record.encode()), reject.attempts
            )
            self._again[stream](record)
        self._products.flush()
        self._pool.drain()

    def _send_what_was_held_back(self) -> None:
        """What a policy of an earlier run held back, and those of now let through."""
        if self._products.let_through.is_due():
            self._ready()
            self._products.let_through.send()

    def _write_decisions(self) -> None:
        """A plan leaves the file as it is."""
        if not self._services.settings.dry_run:
            self._decisions.write()

    def _take_again(self) -> list[tuple[str, str]]:
        """What people have decided, and what MicroPIM did not keep before, unless a newer version came; which it was.

        What it did not keep in this run is left to the next one.
        """
        self._decisions.tell()
        if self._decisions.is_due() or self._products.has_late_names:
            self._ready()
        ledger, taken, refused = self._services.ledger, [], set(self._outcomes.waiting_rejects())
        for stream, key in ledger.due():
            if (stream, key) in refused or (stream == PRODUCTS and self._products.is_left(key)):
                continue
            if (record := ledger.kept_record(stream, key)) is None:
                continue
            taken.append((stream, key))
            if stream == PRODUCTS and not self._products.has_seen(key):
                self._products.receive_kept(exact_json.loads(record))
            elif stream == "categories" and not self._categories.has_seen(key):
                self._categories.receive_again(exact_json.loads(record))
        self._products.flush()
        self._pool.drain()
        return taken

    def _ready(self) -> None:
        """Before the first record, what people have decided is noted. Raises StopRun."""
        if not self._is_connected:
            self._connect()
            self._decisions.take()

    def _connect(self) -> None:
        """The cheapest question proves key and organization before anything else is asked. Raises StopRun.

        Only now is a new ledger bound to them: a mistyped address must not make it another organization's.
        """
        if self._is_connected:
            return
        settings = self._services.settings
        if warning := settings.capabilities.warning:
            logger.warning("%s", warning)
        missing = self._connection.missing_channels()
        self._services.ledger.claim_for(self._connection.organization)
        self._languages.note(self._services.ledger)
        if missing:
            names = ", ".join(missing)
            if settings.on_missing_channel == "fail":
                raise InvalidSettings(
                    f"publishing_channels: {names} not set up in this organization (on_missing_channel)"
                )
            logger.warning("publishing_channels: %s not set up in this organization", names)
        self._is_connected = True

    def _receive_category(self, record: dict[str, Any], _text: bytes | None, _within: tuple[str, ...]) -> None:
        """Products in flight land first: whether they see this category must not depend on which thread is faster."""
        self._pool.drain()
        self._categories.receive(record)

    def _acknowledge(self, stream: str, record: Any) -> None:
        """Streams that MicroPIM has no place for."""
        is_known = stream in self._profile.acknowledged
        self._attribute_names.take(stream, record)
        if stream not in self._announced:
            self._announced.add(stream)
            self._announce(stream, is_known=is_known)
        ticket = self._outcomes.open()
        if not is_known and self._services.settings.on_unknown_stream == "reject":
            self._outcomes.reject(stream, ticket, None, record, rejection("map", "$", "unknown stream"))
        else:
            self._outcomes.settle(stream, ticket, "acknowledged" if is_known else "skipped")

    def _announce(self, stream: str, *, is_known: bool) -> None:
        policy = self._services.settings.on_unknown_stream
        if self._attribute_names.takes(stream):
            logger.info("%s: taken for the names of attributes", stream)
            return
        if is_known:
            logger.info("%s: MicroPIM has no place for this stream; its records are acknowledged and left out", stream)
            return
        if policy == "fail":
            raise InvalidInput(f"Stream {stream} is unknown to the profile {self._profile.name}: see on_unknown_stream")
        way_out = f'; streams: {{"{stream}": "products"}} takes it' if self._profile.name == "native" else ""
        what = f"{stream}: unknown stream, its records are left out (on_unknown_stream: {policy}){way_out}"
        logger.warning("%s", what)
        self._services.report.add("warnings", Row(stream, "", None, what))
