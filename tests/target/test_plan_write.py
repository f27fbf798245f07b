"""What a write sends, whether it took, and whether one that was cut off had arrived."""

from typing import Any

import pytest

from target_micropim.plan.values import (
    fingerprint,
)
from target_micropim.plan.write import (
    Verdict,
    body_of,
    shows_no_attribute,
    verify,
    without_attributes,
    without_extras,
)


@pytest.mark.parametrize("name", ["name", "attributes.x", "extra_fields.x"])
@pytest.mark.parametrize("values", ["abc", "bca", "cab", "acb", "bac", "cba"])
def test_what_shows_tells_what_took(name: str, values: str) -> None:
    """The old value: ignored; a third one: altered; ours: taken. Whatever order the digests have."""
    sent, old, third = values
    before = {name: fingerprint(name, old)}
    assert verify({name: sent}, before, {name: fingerprint(name, sent)}) == Verdict((), ())
    assert verify({name: sent}, before, {name: fingerprint(name, old)}) == Verdict((name,), ())
    assert verify({name: sent}, before, {name: fingerprint(name, third)}) == Verdict((), (name,))


def test_what_does_not_show_is_ignored_but_for_extra_fields() -> None:
    """Those are taken on trust, and the fields after them are judged all the same."""
    sent = {"extra_fields.x": "a", "name": "a", "attributes.y": "a"}
    assert verify(sent, {}, {}) == Verdict(("name", "attributes.y"), ())
    assert verify({"name": "a"}, {"name": fingerprint("name", "b")}, {}) == Verdict((), ("name",))


def test_what_did_not_take_is_told() -> None:
    """In one sentence, or none."""
    assert Verdict((), ()).message is None
    assert Verdict(("a",), ("b",)).message == (
        "did not take: a (still shows what was there before), b (was stored in another form)"
    )


@pytest.mark.parametrize("values", ["abc", "bca", "cab"])
def test_attributes_that_do_not_show(values: str) -> None:
    """None of those sent, although some were."""
    one, other, third = values
    sent = {"name": "N", "attributes.x": one, "attributes.y": other}
    assert shows_no_attribute(sent, {"name": fingerprint("name", "N")})
    assert shows_no_attribute(sent, {"attributes.x": fingerprint("attributes.x", third)})
    assert not shows_no_attribute(sent, {"attributes.y": fingerprint("attributes.y", other)})
    assert not shows_no_attribute({"name": "N"}, {})


FIELDS = {"name": "N", "attributes.x": 1, "extra_fields.y": 2}


@pytest.mark.parametrize(
    ("product", "sent"),
    [
        (None, {"x": 1}),
        ({}, {"x": 1}),
        ({"attributes": [{"code": "z", "value": 1}]}, {"x": 1}),
        ({"attributes": {"x": 5, "z": "old", "n": None, "o": {}, "l": [1]}}, {"z": "old", "l": [1], "x": 1}),
    ],
)
def test_attributes_travel_as_one_map(product: Any, sent: Any) -> None:
    """Those that MicroPIM shows go along where they can, and ours win; extra fields travel under their own names."""
    assert body_of(FIELDS, product) == {"name": "N", "y": 2, "attributes": sent}
    assert body_of({"name": "N"}, product) == {"name": "N"}


def test_families_can_be_left_out() -> None:
    """What is refused is sent again without."""
    assert without_attributes(FIELDS) == {"name": "N", "extra_fields.y": 2}
    assert without_extras(FIELDS) == {"name": "N", "attributes.x": 1}
