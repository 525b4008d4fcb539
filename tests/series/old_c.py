"""Stands for an extension module that was built before the interface changed."""

INTERFACE = 0
