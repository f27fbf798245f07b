"""First contact: what nobody says about MicroPIM, asked of an organization that its owner calls throw-away."""
