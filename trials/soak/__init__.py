"""The long proof: nights in a row, one process fed for long, a huge stream, a huge ledger. ``make soak``."""
