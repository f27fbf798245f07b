"""Any JSON as a record: the run goes on, the counts add up, a second run writes nothing."""

from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

NAMES = [
    "id", "sku", "name", "status", "parent", "parent_id", "photos", "frontals", "images", "brands", "organizations",
    "publicCategories", "category_ids", "descriptions", "ean", "publicPrice", "price", "stock", "cnk",
]  # fmt: skip
WORDS = [
    "1",
    "2",
    "active",
    "inactive",
    "archived",
    "Name",
    "https://m.example.test/1.jpg",
    "4006381333931",
    "supplier",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*NAMES, "en", "huge", "formats"]), inner, max_size=3),  # noqa: E501
    max_leaves=6,
)  # fmt: skip
RECORD = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=7) | JSON
SANE: Any = st.fixed_dictionaries(
    {"id": st.sampled_from(WORDS), "sku": st.sampled_from(WORDS), "name": st.just({"en": "N"})}
)
STREAMS = st.sampled_from(["products", "products", "categories", "brands", "other"])


def joined(both: tuple[Any, Any]) -> Any:
    """A record that is sane in its key and strange in the rest."""
    sane, strange = both
    return {**strange, **sane} if isinstance(strange, dict) else sane


ANY_NUMBER = {"max_archive": 100, "max_rejects": 100}


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking whole runs takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(
    records=st.lists(st.tuples(STREAMS, RECORD | st.tuples(SANE, RECORD).map(joined)), min_size=15, max_size=25),
    profile=st.sampled_from(["medipim", "native"]),
)
def test_no_record_ends_a_run(make_world: Any, singer: Any, records: Any, profile: str) -> None:
    """Whatever comes in: each record has its end, none is an internal surprise, and again is nothing new."""
    world = make_world()
    if profile == "native":  # brands are unknown there, and the SDK wants unknown streams to have their keys
        records = [("other" if stream == "brands" else stream, record) for stream, record in records]
    lines = [singer.schema(stream) for stream in ("products", "categories", "brands", "other")]
    lines += [singer.record(stream, orjson.loads(orjson.dumps(record))) for stream, record in records]
    lines.append(singer.state({"at": len(records)}))
    outcome = world.load(lines, profile=profile, **ANY_NUMBER)
    assert outcome.states == [{"at": len(records)}]
    for ends in outcome.report["streams"].values():
        assert ends.pop("received") == sum(ends.values())
        assert "unsettled" not in ends
    assert [row for row in outcome.rejects if row["stage"] == "internal"] == []
    before = world.pim.snapshot()
    world.load(lines, profile=profile, **ANY_NUMBER)
    assert world.pim.snapshot()["categories"] == before["categories"]
    assert world.pim.snapshot()["products"].keys() == before["products"].keys()
