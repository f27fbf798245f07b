"""How records travel: products, categories, and how each record ends."""
