"""Values as common taps write them: read where the meaning is plain, else refused with words."""

from typing import Any

import pytest

from target_micropim.mapping.native_categories import category_names, path_key, paths_in
from target_micropim.mapping.plain_values import (
    addresses_of,
    code_of,
    id_of,
    items_of,
    number_id_of,
    pieces_of,
    price_of,
    row_id_of,
    words_of,
)


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (8.95, "8.95"), ("8.95", "8.95"), (" 8.9500 ", "8.9500"), (10, "10"), (10.0, "10.0"), (0, "0"), ("+8", "8"),
        (8.950000000000001, "8.95"), ("8.9500000", "8.95"), ("1.234,50", "1234.5"), ("1,234.50", "1234.5"),
        ("1 234.50", "1234.5"), ("1\u202f234.5", "1234.5"), ("1'234.50", "1234.5"), ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"), (".5", "0.5"), ("1e2", "100"), (1e2, "100.0"),
    ],
)  # fmt: skip
def test_prices(value: Any, price: str) -> None:
    """As they stand where they are prices; marks between thousands go where they are plain."""
    assert price_of(value) == price


@pytest.mark.parametrize(
    "value",
    ["8,95", "1,234", "free", "-1", -1, True, [8], {}, "8.95 EUR", 1e12, "8.12345", "1.23,45", "1,23,45", "1e400",
     "8-9", "1,234.567.8", "1 23", "nan", "9" * 50],
)  # fmt: skip
def test_what_is_no_plain_price(value: Any) -> None:
    """A price is never guessed."""
    with pytest.raises(ValueError, match=r"."):
        price_of(value)


@pytest.mark.parametrize(
    ("value", "price"),
    [("8,95", "8.95"), ("1.234,50", "1234.5"), ("8.95", "8.95"), (8.95, "8.95"), (1.234, "1.234"),
     ("1 234,5", "1234.5"), ("0.123", "0.123"), ("8.9500", "8.9500"), ("12", "12")],
)  # fmt: skip
def test_decimal_commas(value: Any, price: str) -> None:
    """By the setting; a point alone stays one where it cannot be a mark of thousands."""
    assert price_of(value, decimal_comma=True) == price


def test_a_point_that_may_be_thousands_is_doubtful_beside_decimal_commas() -> None:
    """1234, or 1.234: nobody knows."""
    with pytest.raises(ValueError, match="thousands"):
        price_of("1.234", decimal_comma=True)


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("7", 7), (12.0, 12), ("12.0", 12), ("12.", 12), (0, 0), (" 3 ", 3), ("1 000", 1000)]
)
def test_pieces(value: Any, number: int) -> None:
    """Whole numbers, however they are written."""
    assert pieces_of(value) == number


@pytest.mark.parametrize("value", ["1.000", "1,000", 2.5, -1, "x", True, None, "", [1], 1e30, "7,0"])
def test_what_is_no_plain_number_of_pieces(value: Any) -> None:
    """A thousand, or one: nobody knows."""
    with pytest.raises(ValueError, match=r"."):
        pieces_of(value)
    assert pieces_of("7,0", decimal_comma=True) == 7


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5400000123450, "5400000123450"), (5400000123450.0, "5400000123450"), ("5400000123450.0", "5400000123450"),
        ("540-0000 123450", "5400000123450"), (12345678905, "0012345678905"), ("12345678905", "0012345678905"),
        (1234567890128, "1234567890128"), (12345670, "12345670"), (1234565, "01234565"),
        ("012345678905", "012345678905"), ("00012345678905", "00012345678905"), ("123", "123"), (123, "123"),
        (12345678906, "12345678906"),
        ("1234565", "1234565"), ("5.4E+12", "5.4E+12"), (True, ""), (None, ""),
    ],
)  # fmt: skip
def test_codes(value: Any, code: str) -> None:
    """Zeros come back by the check digit alone; a text of seven digits is another kind of code."""
    assert code_of(value) == code


@pytest.mark.parametrize(
    ("value", "text"),
    [(1003.0, "1003"), (1003, "1003"), (" 1003 ", "1003"), ("1003.0", "1003.0"), (1.5, "1.5"), (True, ""), (None, ""),
     ({}, ""), (1e17, "")],
)  # fmt: skip
def test_ids(value: Any, text: str) -> None:
    """A text is an id as it stands; a number that has lost digits is none."""
    assert id_of(value) == text


def test_ids_of_micropim() -> None:
    """Whole numbers from 1 on."""
    assert [number_id_of(value) for value in (2, "2", 2.0, "2.0", "2,0")] == [2, 2, 2, 2, 2]
    assert [row_id_of(value) for value in (5, "5.0", 5.0, "5.00", "a.0")] == ["5", "5", "5", "5.00", "a.0"]
    for value in ("2.000", 0, "0", "x", True, 2.5, -1, 2**64, "", None):
        with pytest.raises(ValueError, match=r"."):
            number_id_of(value)


def test_lists() -> None:
    """As a list, as JSON, as a text with marks between; an address has commas of its own."""
    assert items_of('["a", 1]') == ["a", 1]
    assert items_of("[broken") == ["[broken"]
    assert (items_of("a, b"), items_of(None), items_of(5), items_of([])) == (["a, b"], [], [5], [])
    assert words_of("5, 6;7|8 9") == ["5", "6", "7", "8", "9"]
    assert (words_of([5, "6"]), words_of("[5, 6]"), words_of(5.0)) == ([5, "6"], [5, 6], [5.0])
    one, two = "https://a.example/1,2.jpg", "http://a.example/3.jpg"
    for between in (",", " ", ", ", "|", ";", "\n"):
        assert addresses_of(f"{one}{between}{two}") == [one, two]
    assert addresses_of([one, {"url": two}]) == [one, {"url": two}]


def test_places() -> None:
    """Ids and paths, each once; what is neither is told."""
    warnings: list[str] = []
    record = {"category_ids": "5,6", "categories": ["Care > Sun", " care>SUN", 7, {"id": 1}], "category": "Tea|5"}
    found = category_names(record, warnings)
    assert found.ids == ("5", "6", "7")
    assert found.keys == ("path:care > sun", "path:tea")
    assert len(warnings) == 1
    assert [path_key(path) for path in paths_in(record)] == ["path:care > sun", "path:care > sun", "path:tea"]
