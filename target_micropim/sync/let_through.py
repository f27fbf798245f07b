"""What a policy held back goes as soon as another one lets it through, whether its record comes again or not.

The tap sends what changed at the source, and a change of ``field_policies`` changes nothing there. So the ledger keeps
each value that is held back (docs/decisions/0032), and the end of a run sends those that the policies of now let
through. A record that came in this run was judged by itself. A value that other settings would make otherwise waits for
its record.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from pim_wire.docs_site import docs_page
from pim_wire.wire import Tries
from target_micropim.errors import RecordRejected
from target_micropim.ledger import MAX_KEY, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import plan_update, policy_of
from target_micropim.plan.question import HELD_BACK, Question
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import KEPT, Row
from target_micropim.services import Services
from target_micropim.sync.late import INCOMPLETE
from target_micropim.sync.recognise import Recognition
from target_micropim.sync.update import ARCHIVED_STATUS, Changes, ProductUpdater, known_product
from target_micropim.sync.write import STREAM, Fields, ProductWriter

_LETS_THROUGH = frozenset({"if_empty", "if_source_changed", "always"})
_NOT_OF_NOW = object()
Texts = Mapping[str, str | None]


class LetThrough:
    """Called by one thread, when every record of the run is dealt with."""

    def __init__(
        self, services: Services, recognition: Recognition, updater: ProductUpdater, writer: ProductWriter
    ) -> None:
        self._services = services
        self._settings = services.settings
        self._ledger = services.ledger
        self._recognition = recognition
        self._updater = updater
        self._writer = writer
        policies = self._settings.policies.items()
        self._policies = {name: policy for name, policy in policies if policy in _LETS_THROUGH}
        self._waiting = 0

    def is_due(self) -> bool:
        """Whether anything that was held back before could go now."""
        if self._settings.write_mode == "create_only" or not self._ledger.has_questions():
            return False
        return any(True for _question in self._due())

    def send(self) -> None:
        """Send what may go; what cannot be sent now stays listed."""
        for key, questions in groupby(self._due(), key=lambda question: question.external_id):
            held = {one.fact: one for one in questions}
            values = {fact: value for fact, one in held.items() if (value := self._value(one)) is not _NOT_OF_NOW}
            if values:
                self._try(key, values, {fact: one.source for fact, one in held.items()})
        if self._waiting:
            what = (
                f"{self._waiting} values that the policies of now would let through wait for their records, since "
                f"other settings have changed as well: see {docs_page('how-to/mapping')}"
            )
            self._services.report.add("warnings", Row(STREAM, "", None, what))

    def _due(self) -> Iterable[Question]:
        """Those that another policy held back than that of now: what came in this run is not among them."""
        held = self._ledger.held_back(self._policies)
        return (one for one in held if len(one.fact) < MAX_KEY and (one.held_by or self._may_be_other(one)))

    def _may_be_other(self, one: Question) -> bool:
        """Of an older program's row: whether what is shown tells that another policy than that of now held it back."""
        return policy_of(one.fact, self._policies) != "if_empty" or one.micropim == ""

    def _value(self, question: Question) -> Any:
        """The source's value; of an older program's row its text, where that is the value itself."""
        if question.wanted is None:
            is_whole = (
                question.source is not None and fingerprint(question.fact, question.source) == question.source_print
            )
            return question.source if is_whole else _NOT_OF_NOW
        if question.mapped_by != self._settings.value_digest:
            self._waiting += 1
            return _NOT_OF_NOW
        return json.loads(question.wanted)

    def _try(self, key: str, fields: Fields, told: Texts) -> None:
        try:
            action = self._services.client.look_and_write(partial(self._send_once, key, fields, told))
        except RecordRejected as error:
            row = self._ledger.product(key)
            what = f"{', '.join(fields)}: let through by field_policies and not sent: {error.said or error}"
            self._services.report.add("manual_actions", Row(STREAM, key, row.sku if row else None, what))
            return
        if action is not None:
            self._services.report.settle(STREAM, action, again=KEPT)
            self._ledger.flush()

    def _send_once(self, key: str, fields: Fields, told: Texts, tries: Tries) -> str | None:
        """Look, plan, write, verify, remember; None for what waits for its record. ``told`` are the values in words."""
        row = self._ledger.product(key)
        if row is None or not self._is_free(row, fields):
            return None
        product = self._recognition.look(row.remote_id)
        if product.server.get("status") == ARCHIVED_STATUS or not self._recognition.is_same(row, product):
            return None
        desired = DesiredProduct(key, row.sku, fields)
        settings = self._settings
        plan = plan_update(fields, settings.policies, known_product(row, product), settings.of_settings)
        changes = Changes(dict(plan.fields), plan.conflicts, (), plan.held)
        write = self._updater.send(desired, changes, {}, product, row, tries)
        ignored = self._writer.verify(desired, write)
        after = self._writer.remembered(_about(row, fields), fields, write, ignored, changes.conflicts, changes.held)
        is_open = any(one.kind == "conflicts" for one in changes.conflicts)  # a person may settle it before it changes
        digest = INCOMPLETE if is_open else row.digest
        self._ledger.remember(replace(_with(row, after), digest=digest))
        questions = self._updater.questions(desired, fields, changes, product)
        self._ask(key, [replace(question, source=told[question.fact]) for question in questions], fields)
        return "updated" if write.fields else "unchanged"

    def _ask(self, key: str, questions: list[Question], fields: Fields) -> None:
        for question in questions:
            if question.kind != HELD_BACK:
                self._services.report.ask(question)
        self._ledger.ask_about(STREAM, key, fields.keys(), questions)

    def _is_free(self, row: ProductRow, fields: Fields) -> bool:
        """Whether nothing else is going on: an end of life, a newer version that was refused, a write of a record."""
        is_busy = bool(row.on_its_way.keys() - fields.keys()) or row.announced_at is not None
        return row.is_made and not row.archived and not is_busy and self._ledger.reject(STREAM, row.external_id) is None


def _with(row: ProductRow, after: ProductRow) -> ProductRow:
    """The row with what is remembered of a few fields now."""
    return replace(
        row,
        ours={**row.ours, **after.ours},
        acknowledged={**row.acknowledged, **after.acknowledged},
        on_its_way=after.on_its_way,
        shown_sku=after.shown_sku,
    )


def _about(row: ProductRow, fields: Fields) -> ProductRow:
    """What is remembered of these fields alone: of the others nothing is said here."""
    return replace(
        row,
        ours={name: row.ours[name] for name in fields if name in row.ours},
        acknowledged={name: row.acknowledged[name] for name in fields if name in row.acknowledged},
    )
