"""Long trials of both plugins: faults, kills, soak, real clients, mutation, fuzzing. ``make trials`` runs all."""
