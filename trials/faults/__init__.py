"""``make faults``: every fault of the sandbox and of the machine, struck at tap, target and pair."""
