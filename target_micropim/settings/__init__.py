"""Settings: their schema, their values as objects, and what they make of the road."""
