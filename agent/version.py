"""The version of this promferry; a test holds it equal to pyproject.toml's.

A constant, because asking the installed package's metadata for it costs 30 ms at each start.
"""

VERSION = "0.1.0"
