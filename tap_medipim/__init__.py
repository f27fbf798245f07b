"""tap-medipim: a Singer tap for Medipim, the database of pharmacy products."""
