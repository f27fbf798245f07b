"""A destination of Airbyte's CDK that only validates each record against its stream's schema; states come back."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Status,
    Type,
)
from jsonschema import Draft7Validator


class Validating(Destination):
    """Nothing is written."""

    def spec(self, *_: Any, **_more: Any) -> ConnectorSpecification:
        """A form without fields."""
        return ConnectorSpecification(connectionSpecification={"type": "object", "properties": {}})

    def check(self, *_: Any, **_more: Any) -> AirbyteConnectionStatus:
        """All is well."""
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],  # noqa: ARG002 - the CDK's names
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterable[AirbyteMessage]:
        """Validate, and give states back."""
        schemas = {one.stream.name: Draft7Validator(one.stream.json_schema) for one in configured_catalog.streams}
        for message in input_messages:
            if message.type == Type.RECORD:
                schemas[message.record.stream].validate(message.record.data)
            elif message.type == Type.STATE:
                yield message


if __name__ == "__main__":
    Validating().run(sys.argv[1:])
