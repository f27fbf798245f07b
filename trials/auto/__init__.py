"""Limits that nobody knows, in real time: how soon ``auto`` uses them, what is refused, and how long a load takes."""
