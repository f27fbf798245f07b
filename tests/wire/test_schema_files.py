"""Where the schemas are."""

import pytest
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema, schema_dir


@pytest.mark.parametrize("side", ["medipim", "micropim"])
def test_every_schema_can_be_found_and_is_one(side: str) -> None:
    """Each file of a side is read by its name and is a valid JSON Schema."""
    names = [entry.name.removesuffix(".json") for entry in schema_dir(side).iterdir() if entry.name.endswith(".json")]
    assert len(names) >= 8
    for name in names:
        Draft202012Validator.check_schema(read_schema(side, name))


def test_a_schema_is_read_once() -> None:
    """The second reader gets the same object."""
    assert read_schema("medipim", "products") is read_schema("medipim", "products")


def test_a_schema_that_does_not_exist_is_an_error() -> None:
    """A wrong name is a mistake in our code."""
    with pytest.raises(FileNotFoundError):
        read_schema("medipim", "no_such_stream")
