"""``make airbyte``: both connectors beside Airbyte's own software; writes docs/airbyte-clients.md."""
