"""What both Airbyte hosts share: the protocol's messages, the form of settings, the command line. Knows no plugin."""
