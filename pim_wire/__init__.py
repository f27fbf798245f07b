"""What both plugins need and neither API knows: politeness on the wire, quiet failures, where the schemas are."""
