"""The dry run: a client that only pretends to write, and the file it leaves."""
