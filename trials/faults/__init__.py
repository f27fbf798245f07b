"""``make faults``: every fault of the sandbox and of the machine, injected into tap, target and pair."""
