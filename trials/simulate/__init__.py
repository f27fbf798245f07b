"""The writer, the sandbox and its people in one process: no socket, a virtual clock, every choice from one seed."""
