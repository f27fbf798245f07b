"""What a row of the service becomes in a record: the same values in the types that the schema has for them."""

from copy import deepcopy
from typing import Any

from pim_wire.schema_files import read_schema
from tap_medipim.conform import Conformer


def declared(row: dict[str, Any], stream: str = "products") -> dict[str, Any]:
    """The record of a row, but for the update time."""
    return Conformer(read_schema("medipim", stream)).bring(deepcopy(row))
