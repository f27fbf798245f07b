"""Medipim: the read routes of v4 (and BE v3) over a generated catalogue."""
