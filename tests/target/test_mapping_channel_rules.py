"""Channels and status of a new product by rule: which row fits, and what is wrong with a table."""

from typing import Any

import pytest

from target_micropim.mapping.channel_rules import channels_of, checked_channel_rules, status_of

FIELDS = ("vat", "prescription", "status", "bcfiCategory", "scheduleCode", "name", "biocide")
NO_WEB = {"when": {"prescription": True}, "publishing_channels": ["api"]}
FITS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"prescription": True}, {"prescription": True}, True),
    ({"prescription": True}, {"prescription": False}, False),
    ({"prescription": True}, {}, False),
    ({"prescription": True}, {"prescription": 1}, False),
    ({"vat": 6}, {"vat": 6.0}, True),
    ({"vat": "6"}, {"vat": 6.0}, True),
    ({"vat": 6}, {"vat": "06"}, True),
    ({"vat": 6}, {"vat": 21}, False),
    ({"scheduleCode": "06"}, {"scheduleCode": "6"}, False),  # codes are texts
    ({"prescription": "true"}, {"prescription": True}, True),
    ({"prescription": True}, {"prescription": "True"}, True),
    ({"prescription": "true"}, {"prescription": False}, False),
    ({"prescription": False}, {"prescription": False}, True),
    ({"prescription": None}, {"prescription": None}, True),
    ({"prescription": None}, {"prescription": False}, False),
    ({"scheduleCode": ["S2", "S4"]}, {"scheduleCode": "s4"}, True),
    ({"scheduleCode": ["S2", "S4"]}, {"scheduleCode": "S3"}, False),
    ({"bcfiCategory.id": "0017566"}, {"bcfiCategory": {"id": "0017566"}}, True),
    ({"prescription": True, "status": "active"}, {"prescription": True, "status": "inactive"}, False),
    ({}, {}, True),
]


@pytest.mark.parametrize(("when", "record", "fits"), FITS)
def test_which_records_a_row_fits(when: Any, record: Any, fits: bool) -> None:
    """Every field of it, one of the values of each."""
    (rule,) = checked_channel_rules([{"when": when, "status": "active"}], FIELDS)
    assert rule.fits(record, ("nl",)) is fits


def test_the_first_row_that_fits_decides_for_each_field_apart() -> None:
    """And the settings where none does."""
    rows = [{"when": {"prescription": True}, "status": "active"}, NO_WEB, {"when": {}, "publishing_channels": ["web"]}]
    rules = checked_channel_rules(rows, FIELDS)
    record = {"prescription": True}
    assert (status_of(rules, record, ("nl",), "draft"), channels_of(rules, record, ("nl",), ())) == ("active", ("api",))
    assert (status_of(rules, {}, ("nl",), "draft"), channels_of(rules, {}, ("nl",), ())) == ("draft", ("web",))


@pytest.mark.parametrize(
    "setting",
    [
        [NO_WEB],
        NO_WEB,
        {"publishing_channels": {"when": {"prescription": True}, "value": ["api"]}},
        {"publishing_channels": [{"when": {"prescription": True}, "value": ["api"]}]},
    ],
)
def test_the_shapes_of_a_table(setting: Any) -> None:
    """Rows, one row, or by field."""
    rules = checked_channel_rules(setting, FIELDS)
    assert channels_of(rules, {"prescription": True}, ("nl",), ("web",)) == ("api",)
    assert channels_of(rules, {"prescription": False}, ("nl",), ("web",)) == ("web",)


WRONG: list[tuple[Any, str]] = [
    ("web", "must be a list of rows"),
    ([{"publishing_channels": []}], "row 1: must be"),
    ([{"when": {"prescription": True}}], "row 1: says nothing"),
    ([NO_WEB, {"when": {}, "channels": []}], "row 2: channels is none of"),
    ([{"when": {}, "publishing_channels": ["shop"]}], "row 1: publishing_channels is a list of web"),
    ([{"when": {}, "status": "archived"}], "row 1: status of a new product is draft or active"),
    ([{"when": {"perscription": True}, "status": "draft"}], "is prescription meant?"),
    ([{"when": {"prescription": []}, "status": "draft"}], "one value or a list"),
    ([{"when": {"a b": 1}, "status": "draft"}], "is no field"),
    ([{"when": {"descriptions.usag": "x"}, "status": "draft"}], "usag is no type of description"),
    ([{"when": {}, "status": "draft"}, {"when": {"biocide": True}, "status": "active"}], "row 2: is never reached"),
]


@pytest.mark.parametrize(("setting", "words"), WRONG)
def test_what_is_wrong_with_a_table(setting: Any, words: str) -> None:
    """By the number of the row."""
    with pytest.raises(ValueError, match=words.replace("[", r"\[").replace("?", r"\?")):
        checked_channel_rules(setting, FIELDS)
