"""Talking to MicroPIM: verbs, status table, payload schemas, POSTs carried out once."""
