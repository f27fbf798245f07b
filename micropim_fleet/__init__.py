"""micropim-fleet: many shops from one extraction, told in one file.

It knows files, reports and executables: neither plugin, no framework. Meltano carries the runs out, PostgreSQL keeps
what was extracted, an engine of your choice starts the runs.
"""
