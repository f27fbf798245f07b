"""``source-medipim``: the tap as Airbyte starts it."""
