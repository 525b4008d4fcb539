"""The vocabulary of the house: labels, templates, layouts, batches and what rides in them.

A leaf: imports nothing of the house, knows no network, no clock, no YAML.
"""
