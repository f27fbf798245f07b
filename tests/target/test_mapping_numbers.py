"""Codes with check digits, prices and plain numbers."""

from typing import Any

import pytest

from target_micropim.mapping.numbers import best_code, codes, decimal_of, decimal_text, has_check_digit, money


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (1495, "14.95"),
        ("1495", "14.95"),
        (5, "0.05"),
        (0, "0.00"),
        (None, None),
        ("", None),
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


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (1, "0.01"), ("1E2", "1.00"), (10**14 - 1, "999999999999.99")]
)
def test_prices_at_their_bounds(minor: Any, text: str) -> None:
    """The lowest and the highest that is one; a cent beyond is none."""
    assert money(minor) == text
    for beyond in (-1, 10**14):
        with pytest.raises(ValueError, match="is no price"):
            money(beyond)


def test_a_shorter_code_comes_before_one_of_14_digits() -> None:
    """MicroPIM shows 13 digits, so what fits into them goes first."""
    assert best_code(["14006381333938", "96385074"]) == "96385074"
    assert best_code(["14006381333938"]) == "14006381333938"


def test_a_blank_is_no_code() -> None:
    """It would be told as one with a wrong check digit."""
    assert codes({"ean": [" ", "", None, True], "eanGtin13": " 4006381333931 "}) == ["4006381333931"]
