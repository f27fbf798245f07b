"""MicroPIM: the 25 documented routes over an in-memory catalogue."""
