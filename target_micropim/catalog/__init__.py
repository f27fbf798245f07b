"""What MicroPIM holds beside products' fields: who is who, categories, pictures, names, attributes."""
