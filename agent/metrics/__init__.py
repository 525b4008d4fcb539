"""The agent's own metrics: rows that name a metric and read it from a snapshot.

Nothing counts for the sake of /metrics; every box has `statistics()` and the rows read them when
somebody asks. Where vmagent has a metric for the thing, the row bears its name and labels
(reference/vmagent.md 1.14), so that its dashboard and alerts work.
"""
