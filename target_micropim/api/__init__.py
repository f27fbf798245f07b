"""MicroPIM's API: verbs, status table, payload schemas, POSTs carried out once, the category tree, picture URLs."""
