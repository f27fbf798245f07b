"""Plugins killed at every moment of a run: ``make kill``."""
