"""What targets say: exposition formats, parsed without I/O.

A leaf inside the scraper: bytes in, series texts and numbers out; no clock, no network, no labels
of the target.
"""
