"""``destination-micropim``: the target as Airbyte starts it."""
