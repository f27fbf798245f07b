"""Codes with check digits, prices and plain numbers."""

from typing import Any

import pytest

from target_micropim.mapping.numbers import (
    Code,
    best_code,
    codes,
    decimal_of,
    decimal_text,
    has_check_digit,
    moment_of,
    money,
    read_codes,
)

EAN13, EAN8, UPC, GTIN14 = "4006381333931", "96385074", "012345678905", "14006381333938"
CIP13, ACL13 = "3400935955838", "3401344408137"


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (1495, "14.95"),
        ("1495", "14.95"),
        (5, "0.05"),
        (None, None),
        ("", None),
        (" ", None),
        ("1495.0", "14.95"),
        (1495.0, "14.95"),
        ("1e3", "10.00"),
        (99999999999999, "999999999999.99"),
    ],
)
def test_minor_units_become_decimal_text(minor: Any, text: str | None) -> None:
    """No float ever, nothing rounded away."""
    assert money(minor) == text


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("4006381333931", True), ("4006381333930", False), ("96385074", True), ("012345678905", True),
        ("10012345678902", True), ("00000000", False), ("", False), ("123", False), ("٤٠٠٦٣٨١٣٣٣٩٣١", False),
        ("400638133393X", False),
    ],
)  # fmt: skip
def test_check_digits(code: str, right: bool) -> None:
    """GTIN-8, -12, -13 and -14, and nothing else."""
    assert has_check_digit(code) is right


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        (True, None),
        ("", None),
        (" 1E3 ", "1000"),
        ("2.50", "2.5"),
        (0, "0"),
        ("\u0661", None),
        (-1, "-1"),
    ],
)
def test_a_number_in_any_form(value: Any, read: str | None) -> None:
    """Decimal text, never by way of a float; digits of other scripts are none."""
    number = decimal_of(value)
    assert (None if number is None else decimal_text(number)) == read


@pytest.mark.parametrize(("minor", "text"), [(1, "0.01"), ("1E2", "1.00"), (10**14 - 1, "999999999999.99")])
def test_prices_at_their_bounds(minor: Any, text: str) -> None:
    """The lowest and the highest that is one; a cent beyond is none."""
    assert money(minor) == text
    for beyond in (-1, 10**14):
        with pytest.raises(ValueError, match="is no price"):
            money(beyond)


@pytest.mark.parametrize("minor", [0, "0", 0.0, "0.00", 14.95, "1.495", "0.5", 1e-3])
def test_nothing_is_guessed_of_a_price(minor: Any) -> None:
    """0 is none, and a fraction of a cent is a price in another unit, or a mistake."""
    with pytest.raises(ValueError, match=r"0 is no price|no whole number of cents"):
        money(minor)


def test_a_shorter_code_comes_before_one_of_14_digits() -> None:
    """MicroPIM shows 13 digits, so what fits into them goes first."""
    assert best_code(read_codes([GTIN14, EAN8])) == EAN8
    assert best_code(read_codes([GTIN14])) == GTIN14


def test_a_blank_is_no_code() -> None:
    """It would be told as one with a wrong check digit; so is the 0 of a number without a value."""
    assert codes({"ean": [" ", "", None, True, 0, "0"], "eanGtin13": f" {EAN13} "}) == [Code(EAN13)]


@pytest.mark.parametrize(
    ("record", "ean"),
    [
        ({"gtin": EAN13}, EAN13),
        ({"cip13": CIP13, "acl13": None}, CIP13),
        ({"acl13": ACL13}, ACL13),
        ({"cip13": CIP13, "acl13": ACL13}, CIP13),
        ({"acl13": ACL13, "gtin": "0" + EAN13}, EAN13),
        ({"upc12": UPC, "cip13": CIP13}, CIP13),
        ({"upc12": UPC}, UPC),
        ({"gtin": "00" + UPC}, "0" + UPC),
        ({"eanGtin14": "0" + EAN13}, EAN13),
        ({"eanGtin14": GTIN14, "gtin": EAN13}, GTIN14),
        ({"eanGtin8": EAN8, "eanGtin14": "000000" + EAN8}, EAN8),
        ({"eanGtin13": [EAN13], "eanGtin12": UPC}, EAN13),
        ({"ean": EAN13}, EAN13),
        ({"eanGtin13": "4006381333930", "upc12": [UPC]}, UPC),
        ({"brandEquivalent": EAN13, "upc10": "1234567890", "upc11": "01234567890", "ndc": EAN13}, None),
    ],
)
def test_every_code_that_is_a_gtin_counts_in_its_order(record: Any, ean: str | None) -> None:
    """13, 12, 8, 14 digits of the EAN fields; then the codes that are GTINs by another name."""
    assert best_code(codes(record)) == ean


@pytest.mark.parametrize(
    ("record", "ean"),
    [
        ({"eanGtin12": 12345678905}, UPC),
        ({"eanGtin13": 12345678905}, "0" + UPC),
        ({"eanGtin13": 12345678905.0}, "0" + UPC),
        ({"eanGtin12": "12345678905"}, UPC),
        ({"upc12": 12345678905}, UPC),
        ({"eanGtin8": 1234565}, "01234565"),
        ({"ean": [12345678905]}, UPC),
        ({"ean": 1234565}, "01234565"),
        ({"gtin": 12345678905}, UPC),
        ({"eanGtin14": 4006381333931}, EAN13),
        ({"eanGtin14": 14006381333938}, GTIN14),
        ({"eanGtin12": 12345678906}, None),
        ({"ean": ["12345678905"]}, UPC),
        ({"gtin": "12345678905"}, UPC),
        ({"ean": ["1234565"]}, None),
        ({"ean": ["12345678906"]}, None),
        ({"eanGtin8": -1234565}, None),
        ({"eanGtin8": 1234565.5}, None),
    ],
)
def test_zeros_that_a_code_lost_are_put_back(record: Any, ean: str | None) -> None:
    """To the length of its field; the check digit decides, which no zero in front changes."""
    assert best_code(codes(record)) == ean


@pytest.mark.parametrize(
    "code", ["4006 3813 33931", "4-006381-333931", "\u00a04006381333931 ", "\u200b4006381333931", "4006381333931.0"]
)
def test_what_stands_between_the_digits_is_no_part_of_a_code(code: str) -> None:
    """People and spreadsheets write codes so; the check digit still decides."""
    assert best_code(codes({"eanGtin13": code})) == best_code(read_codes([code])) == EAN13


def test_a_code_of_another_shape_is_told() -> None:
    """It costs the field, and is no silence."""
    assert codes({"eanGtin13": {"value": EAN13}})
    assert best_code(codes({"eanGtin13": {"value": EAN13}, "gtin": EAN13})) == EAN13


@pytest.mark.parametrize(
    "told",
    [
        1_700_000_000, 1_700_000_000_000, 1_700_000_000.0, "1700000000", "1700000000.0", " 1700000000000 ",
        "2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-15T00:13:20+02:00", "2023-11-14T22:13:20.000000000Z",
        "2023-11-14 22:13:20 UTC", "2023-11-14T22:13:20 GMT", "2023-11-14 22:13:20 Z", "2023-11-14 22:13:20 +0000",
        "2023-11-15 00:13:20 +02:00", "2023-11-14 22:13:20+00",
    ],
)  # fmt: skip
def test_a_moment_in_any_form(told: Any) -> None:
    """As JSON, CSV files, PostgreSQL, BigQuery and Ruby write it."""
    assert moment_of(told) == 1_700_000_000


@pytest.mark.parametrize(
    "told", [None, True, "", "yesterday", "14/11/2023", 0, -1, 10**15, str(10**15), "1" * 400, 10**400, []]
)
def test_what_is_no_moment(told: Any) -> None:
    """Nothing is guessed."""
    assert moment_of(told) is None


def test_eight_digits_are_a_date() -> None:
    """In a text they are no seconds; more of them are, also where they could be a date with a time behind it."""
    assert moment_of("20231114") == 1_699_920_000
    assert moment_of("1712110112159") == 1_712_110_112.159
