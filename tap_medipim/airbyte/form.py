"""The settings of tap-medipim as Airbyte's form: which fields stand together."""

from pim_airbyte.form import Form, Group
from tap_medipim.settings import SETTINGS

FORM = Form(
    title="Medipim",
    declared=SETTINGS.to_dict(),
    groups=(
        Group("access", "Access", ("api_key_id", "api_key_secret", "market")),
        Group(
            "selection", "What is read", ("start_date", "filter", "sorting", "full_read_every_days", "lookback_seconds")
        ),
        Group("records", "Records", ("unknown_fields", "keep_embed_url")),
        Group(
            "requests",
            "Requests",
            (
                "products_endpoint",
                "page_size",
                "requests_per_minute",
                "throttle_url",
                "throttle_scope",
                "max_wait_seconds",
                "request_timeout_seconds",
                "stream_timeout_seconds",
                "user_agent",
            ),
        ),
        Group(
            "other",
            "Other addresses and limits",
            ("api_version", "environment", "api_url", "max_line_bytes", "max_nesting"),
        ),
    ),
    locations=frozenset({"throttle_url"}),
    examples={"start_date": "2026-01-31T00:00:00Z", "filter": '{"brand": [21]}', "sorting": '{"id": "ASC"}'},
)
