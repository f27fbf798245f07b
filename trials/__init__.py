"""Trials: what the plugins do, tried from outside, as a user would."""
