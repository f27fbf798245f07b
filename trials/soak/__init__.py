"""Soak tests: nights in a row, one process fed for long, a large stream, a large ledger. ``make soak``."""
