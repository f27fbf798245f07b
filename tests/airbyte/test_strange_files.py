"""Whatever JSON the files of a command hold: it is read, or refused in one line, and nothing else happens."""

from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pim_airbyte.files import configured
from pim_wire.errors import InvalidInput, InvalidSettings
from tap_medipim.airbyte.form import FORM
from tap_medipim.airbyte.states import bookmarks
from tap_medipim.airbyte.streams import chosen
from tap_medipim.settings import setting_errors
from tests.support.examples import examples

WORDS = [
    "type", "stream", "STREAM", "GLOBAL", "LEGACY", "STATE", "global", "data", "state", "stream_descriptor", "name",
    "stream_state", "stream_states", "products", "replication_key_value", "bookmarks", "streams", "sync_mode",
    "destination_sync_mode", "incremental", "append", "json_schema", "supported_sync_modes", "namespace", "primary_key",
]  # fmt: skip
PLAIN = st.sampled_from([None, True, False, -5, 0, 2**53, 1.5, "", " ", "{", "[x", "2026-01-31", *WORDS])
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=8,
)
STREAMS = st.fixed_dictionaries(
    {"stream": st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4) | st.just({"name": "products"})},
    optional={"sync_mode": VALUES | st.just("incremental"), "destination_sync_mode": VALUES | st.just("append")},
)


@given(VALUES)
@examples(60)
def test_any_state(value: Any) -> None:
    """A bookmark is an object, whatever it came from."""
    with suppress(InvalidInput):
        found = bookmarks(orjson.dumps(value), {"products": True})
        assert all(isinstance(blob, dict) for blob in found.values())


@given(VALUES | st.fixed_dictionaries({"streams": st.lists(STREAMS, max_size=3)}))
@examples(60)
def test_any_catalog(value: Any) -> None:
    """A stream has a name and a mode."""
    with suppress(InvalidInput):
        assert all(isinstance(name, str) for name in chosen(configured(value).streams))


@given(VALUES | st.dictionaries(st.sampled_from(sorted(FORM.names)), VALUES))
@examples(60)
def test_any_configuration(value: Any) -> None:
    """What the form takes, the settings can judge."""
    with suppress(InvalidSettings):
        list(setting_errors(FORM.settings(value), 1_790_000_000.0))
