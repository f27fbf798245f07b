"""Pure: what should be there against what is there; which fields travel."""
