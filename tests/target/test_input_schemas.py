"""What the target cannot use is refused at the SCHEMA: before the first record, with exit code 1 and no STATE."""

from typing import Any

import orjson
import pytest

TREE = {"type": ["object", "null"], "properties": {"nl": {"type": ["string", "null"]}}}
TEXT = {"type": ["string", "null"]}


def schema(fields: dict[str, Any], stream: str = "products", keys: tuple[str, ...] = ("id",)) -> bytes:
    """A SCHEMA message."""
    return orjson.dumps(
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": fields}, "key_properties": list(keys)}
    )


UNUSABLE = [
    ({"id": TEXT, "name__nl": TEXT, "meta__updatedAt": {"type": "integer"}}, {}, "flattened"),
    ({"id": TEXT, "name.nl": TEXT}, {}, "flattened"),
    ({"id": TEXT, "name": TREE, "photos": TEXT}, {}, "photos would come as text"),
    ({"id": TEXT, "status": TEXT}, {}, "no name"),
    ({"name": TREE}, {}, "no id"),
    ({"id": TEXT, "name": TREE}, {"sku_template": "{cnk}"}, "no cnk"),
    ({"title": TEXT, "code": TEXT}, {"profile": "native"}, "no sku, no"),
]


@pytest.mark.parametrize(("fields", "settings", "words"), UNUSABLE)
def test_a_schema_of_which_every_record_would_be_a_reject_is_refused(
    fields: dict[str, Any], settings: dict[str, Any], words: str, world: Any, singer: Any
) -> None:
    """Nothing is asked or written, and the run says why."""
    outcome = world.run(
        [schema(fields), singer.record("products", singer.product(1)), singer.state({"n": 1})], **settings
    )

    assert words in str(outcome.failure)
    assert outcome.states == []
    assert world.writes() == []


USABLE = [
    {"id": TEXT},
    {},
    {"id": TEXT, "name": TREE},
    {"id": TEXT, "name": {}, "photos": {"type": ["array", "null"]}},
    {"id": TEXT, "name": TEXT},
]


@pytest.mark.parametrize("fields", USABLE)
def test_an_open_schema_and_one_with_what_is_needed_are_taken(fields: dict[str, Any], world: Any, singer: Any) -> None:
    """Also one that declares nothing beside its key."""
    outcome = world.run([schema(fields), singer.record("products", singer.product(1)), singer.state({"n": 1})])

    assert outcome.failure is None
    assert outcome.states == [{"n": 1}]


LONG = b'{"type":"STATE","value":{"n":18446744073709551617,"d":0.12345678901234567,"s":"\xc3\xa9"}}'


def test_a_state_leaves_as_it_came(world: Any) -> None:
    """A bookmark of another tap may hold numbers that no float holds."""
    outcome = world.spawn([schema({"id": TEXT}), LONG])

    assert outcome.out == '{"n":18446744073709551617,"d":0.12345678901234567,"s":"é"}\n'


def test_flattening_is_refused_where_the_tree_is_needed(world: Any) -> None:
    """A setting that would empty the shop stops the run; with ``profile: native`` it may do its work."""
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}

    assert "flattening_enabled" in str(getattr(world.run([], **flat).failure, "errors", ""))
    assert world.run([schema({"sku": TEXT}, keys=("sku",))], profile="native", **flat).failure is None


def test_a_batch_is_refused_by_its_name(world: Any) -> None:
    """The files that it names are not read."""
    outcome = world.run([schema({"id": TEXT}), b'{"type":"BATCH","stream":"products","manifest":[]}'])

    assert "batch_config" in str(outcome.failure)


@pytest.mark.parametrize(
    "maps", [{"slug": "status.upper()"}, {"__filter__": "status[0] == 'a'"}, {"slug": "nobody + 1"}], ids=str
)
def test_a_value_that_a_map_cannot_take_costs_its_record(maps: dict[str, str], world: Any, singer: Any) -> None:
    """The others go in; it is not tried again, since the ledger would try it without the map."""
    odd = {**singer.product(1), "status": None}
    whole = singer.product(2, **({} if "nobody" not in str(maps) else {"nobody": 1}))
    given = singer.lines(products=[odd, whole])

    first = world.load(given, stream_maps={"products": maps})
    again = world.load(singer.lines(products=[]), stream_maps={"products": maps})

    assert [product["sku"] for product in world.pim.products.values()] == ["2"]
    assert [row["reason"].partition(" (")[0] for row in first.rejects] == [
        "$: stream_maps: an expression cannot take its values"
    ]
    assert '"id":"1"' in first.rejects[0]["record"].replace(" ", "")
    assert again.rejects == []
