"""Pure: a source record becomes what MicroPIM should hold (html.py alone needs a library)."""
