"""Errands of people: flags, --check, --replay, --ledger, --probe. Imported when asked for."""
