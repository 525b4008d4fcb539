"""What agents lose under faults, each measured in the same way.

`python -m tests.durability` races vmagent, Prometheus' agent and promferry through the faults and
prints the table of docs/durability.md; tests/integration/test_hardship.py holds promferry to it.
"""
