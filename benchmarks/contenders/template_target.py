"""A target as the Meltano SDK's template makes it, that only validates: its sink does nothing."""

from typing import Any

from singer_sdk.sinks import RecordSink
from singer_sdk.target_base import Target


class NowhereSink(RecordSink):
    """Validated records end here."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Nothing."""


class TemplateTarget(Target):
    """The template's target."""

    name = "target-template"
    config_jsonschema = {"type": "object", "properties": {}}  # noqa: RUF012 - as the template writes it
    default_sink_class = NowhereSink


if __name__ == "__main__":
    TemplateTarget.cli()
