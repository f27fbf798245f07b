"""target-micropim: a Singer target for MicroPIM, a product-information manager."""
