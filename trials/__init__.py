"""Long trials of both plugins: faults, kills, soak, mutation, fuzzing. ``make trials`` runs all."""
