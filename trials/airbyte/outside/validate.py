"""Runs in PyAirbyte's environment: each line of stdin against the protocol's models; one line per fault.

A message passes when both packages of models read it, and the newer one gives back the same JSON: nothing unknown.
"""

import json
import sys
from typing import Any

from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_protocol.models import AirbyteMessage

NEWER = {"rejectedRecordCount"}  # what the dataclasses of the CDK do not have yet
SHOWN = 300


def without(value: Any, names: set[str]) -> Any:
    """The JSON value, with no object holding any of these names."""
    if isinstance(value, dict):
        return {name: without(inner, names) for name, inner in value.items() if name not in names}
    return [without(inner, names) for inner in value] if isinstance(value, list) else value


for number, line in enumerate(sys.stdin, 1):
    try:
        given = json.loads(line)
        read = AirbyteMessage.model_validate(given)
        if json.loads(read.model_dump_json(exclude_unset=True, by_alias=True)) != given:
            print(f"line {number}: not as the model has it: {line[:SHOWN]}")
        AirbyteMessageSerializer.load(without(given, NEWER))
    except Exception as error:  # noqa: BLE001 - what fails is the answer
        print(f"line {number}: {type(error).__name__}: {str(error)[:SHOWN]}: {line[:SHOWN]}")
