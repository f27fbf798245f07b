"""A product whose numbers became texts is known again: the upgrade of the tap costs no request."""

from typing import Any

import orjson
import pytest

from pim_wire import exact_json
from target_micropim.ledger import ABSENT, Known, Ledger
from target_micropim.ledger.schema import ProductRow
from target_micropim.sync.older_forms import OlderForms, OlderRows, is_older
from target_micropim.sync.products import digest_of
from tests.support.declared import declared

OLD: list[dict[str, Any]] = [
    {"id": "1", "packageQuantity": 750},
    {"id": "1", "packageQuantity": 7.5, "packageContent": "1", "hsCode": "33049900"},
    {"id": "1", "ean": [5400000123450, 1234565, "x"], "eanGtin13": 5400000123450, "packageQuantity": "200"},
    {"id": "1", "gs1Category": {"code": 10001, "parent": 1, "title": "x"}, "packageQuantity": 3},
    {"id": "1", "organizations": [{"id": 1, "contactInformation": {"zipcode": "0900", "city": "Gent"}}]},
    {"id": "1", "organizations": [{"id": 1, "contactInformation": {"zipcode": "0900", "region": "Oost"}}]},
    {"id": "1", "conservationLabel": "cold", "packageQuantity": 3, "productFamilies": [{"id": 4, "name": "Sun"}]},
    {"id": "1", "brands": [{"id": 4, "name": {"nl": None, "fr": "Soleil"}}, {"id": 5, "name": "Sun"}]},
    {"id": "1", "gs1Category": {"code": 7, "title": {"en": "Tea", "fr": None}, "definition": "x"}},
    {"id": "1", "name": "A plain name", "descriptions": [{"id": 1, "type": "usage", "content": "<p>x</p>"}]},
]


@pytest.mark.parametrize("old", OLD)
def test_the_older_form_of_a_record_is_known_again(old: dict[str, Any]) -> None:
    """Whatever mixture of numbers and texts the source had."""
    forms, digest = OlderForms(), digest_of(old, "settings")
    new = declared(old)
    assert digest_of(new, "settings") != digest
    assert forms.has(new, digest, lambda record: digest_of(record, "settings"))
    assert forms.has(new, digest, lambda record: digest_of(record, "settings"))


def test_a_number_that_was_rounded_is_known_again() -> None:
    """Its digits were lost before they were compared."""
    text = b'{"id": "1", "extRef": 123456789012345678901234567890, "list": [0.12345678901234567]}'
    digest = digest_of(orjson.loads(text), "settings")
    assert OlderForms().has(exact_json.loads(text), digest, lambda record: digest_of(record, "settings"))


@pytest.mark.parametrize("old", OLD)
def test_an_older_form_is_seen_when_it_comes(old: dict[str, Any]) -> None:
    """Only then can the ledger hold the digest of one."""
    assert is_older(old)
    assert not is_older(declared(old))


def ledger_at(folder: Any, moment: float) -> Ledger:
    """The ledger of one run, at this moment."""
    return Ledger.open(f"sqlite:///{folder}/ledger.db", lambda: moment)


def test_only_what_was_settled_before_the_last_older_form_is_tried(tmp_path: Any) -> None:
    """A new ledger has none; while they come, all that is settled may be one; the run after that draws the line."""
    settled = Known("digest", None, ABSENT, 50.0)
    new = OlderRows(ledger_at(tmp_path, 10.0))
    new.saw(declared(OLD[0]))
    assert not new.may_hold(settled)
    new.saw(OLD[0])
    assert OlderRows(ledger_at(tmp_path, 60.0)).may_hold(settled)
    assert not OlderRows(ledger_at(tmp_path, 70.0)).may_hold(settled._replace(settled_at=65.0))


def test_a_ledger_of_an_earlier_release_may_hold_them(tmp_path: Any) -> None:
    """It noted nothing of forms."""
    ledger = ledger_at(tmp_path, 60.0)
    ledger.settle(ProductRow("1", "1", 7), "digest", [])
    assert OlderRows(ledger).may_hold(Known("digest", None, 7, 60.0))
    assert not OlderRows(ledger).may_hold(Known("digest", None, 7, 61.0))


def test_a_changed_record_is_changed() -> None:
    """Another quantity is no other form of the same."""
    digest = digest_of({"id": "1", "packageQuantity": 750}, "settings")
    assert not OlderForms().has({"id": "1", "packageQuantity": "751"}, digest, lambda record: digest_of(record, ""))


def test_the_upgrade_of_the_tap_costs_no_request(world: Any, singer: Any) -> None:
    """The first night with numbers and texts as they come, the second with one form of each."""
    supplier = {"id": 4, "type": "supplier", "name": "Zon", "contactInformation": {"region": "Oost", "zipcode": "9000"}}
    old = singer.product(1, packageQuantity=750, hsCode=33049900, conservationLabel="cold", organizations=[supplier])
    old["brands"] = [{"id": 5, "name": {"nl": None, "fr": "Soleil", "de": "Sonne"}}]
    world.load(singer.lines(products=[old]))
    world.forget_requests()

    outcome = world.load(singer.lines(products=[declared(old)]))

    assert outcome.report["streams"]["products"]["unchanged"] == 1
    assert [request.path for request in world.pim.requests if "/products" in request.path] == []
