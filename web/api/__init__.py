"""The JSON API, as Prometheus' where it exists; pure functions from snapshots to JSON."""
