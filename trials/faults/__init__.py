"""``make faults``: every fault of the sandbox and of the machine, planned at tap, target and pair."""
