# cython: language_level=3
"""The compiled twin of `scraper.exposition.outline`'s hot loops."""

INTERFACE = 1
