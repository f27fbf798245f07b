"""`make clients`: what counts as the same value, what is told, and what its page says."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trials.singer_clients.comparison import differences, line_differences, same, same_cell
from trials.singer_clients.environments import Client, NotInstalled
from trials.singer_clients.extractor_table import EXTRACTORS
from trials.singer_clients.loader_table import LOADERS
from trials.singer_clients.page import kept_results, text
from trials.singer_clients.results import Result, Verdict
from trials.singer_clients.trial import SHORT_CLIENTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (None, None),
        (True, "true"),
        (7, Decimal(7)),
        (Decimal("2.1"), 2.1),
        ({"nl": "a", "fr": None}, '{"fr": null, "nl": "a"}'),
        ([{"a": 1}], ['{"a": 1}']),
        ("2026-11-30T07:00:00Z", datetime(2026, 11, 30, 7)),  # noqa: DTZ001 - a column without a zone
        ("2026-11-30T07:00:00Z", "2026-11-30 08:00:00+01:00"),
        ("", ""),
    ],
)
def test_a_form_may_differ(sent: Any, stored: Any) -> None:
    """Types and notations that databases have."""
    assert same(sent, stored)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("", None),
        ("007", "7"),
        ("a", "a "),
        (0, False),
        (None, "null"),
        ({"a": 1}, "{}"),
        ({"a": 1}, "no JSON"),
        ([1, 2], [2, 1]),
        (Decimal("2.1"), 2.2),
        (7, "seven"),
    ],
)
def test_a_value_may_not(sent: Any, stored: Any) -> None:
    """Whatever is lost or made up."""
    assert not same(sent, stored)


def test_cells_of_a_file() -> None:
    """Python's words for values, and nothing for nothing."""
    assert same_cell(None, "")
    assert same_cell({"a": None}, "{'a': None}")
    assert same_cell("2026-11-30T07:00:00Z", "2026-11-30 07:00:00+00:00")
    assert not same_cell(7, "")


def test_each_difference_of_a_table_is_told() -> None:
    """Rows, columns, values; names whatever their case."""
    sent = {"1": {"Name": "a", "size": 1}, "2": {"Name": "b"}, "3": {"Name": "c", "size": 3}}
    stored = {"1": {"name": "a", "size": 2}, "3": {"name": "c"}, "4": {"name": "d"}}

    assert list(differences(sent.items(), stored, ["Name", "size"])) == [
        "2: is not there",
        "4: was never sent",
        "1: size: sent 1, stored 2",
        "3: there is no column size",
    ]


def test_each_difference_of_a_file_is_told() -> None:
    """Order, number, and what no record had."""
    assert list(line_differences([{"a": 1}, {"a": 2}], [{"a": 1, "b": 5}])) == [
        "2 records sent, 1 stored",
        "line 1: b: sent None, stored 5",
    ]


def test_a_client_without_its_python_is_left_out() -> None:
    """With the version that it needs."""
    with pytest.raises(NotInstalled, match=r"Python 2\.99"):
        Client("target-old", "1", "target-old", python="2.99").install()


def test_the_page_shows_results_reasons_and_faults() -> None:
    """A row each; bars would be columns."""
    results = [
        Result("a", "1", "loader", "all", Verdict.WAY_ROUND, faults=("It drops rows.",)),
        Result("b", "2", "loader", "", Verdict.LEFT_OUT, ("no x|y here",)),
    ]

    page = text(results)

    assert "| `a` | 1 | loader | all | passed, by a way round |" in page
    assert "not tried: no x\\|y here" in page
    assert "### a 1\n\nIt drops rows.\n" in page


def test_the_page_is_of_these_clients_and_without_a_failure_of_ours() -> None:
    """`make clients` renews it."""
    page = PAGE.read_text(encoding="utf-8")
    clients = {one.client for one in (*LOADERS, *EXTRACTORS)}

    assert page == text(kept_results())
    for client in clients:
        assert f"| `{client.distribution}` | {client.version} |" in page
    assert Verdict.FAILED not in page
    assert set(SHORT_CLIENTS) <= {client.distribution for client in clients}
