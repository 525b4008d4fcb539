"""When a wall clock can be believed. Edge hosts start in 1970 and step when NTP arrives."""

# 2020-01-01. No clock of a running host is before: it has not been set yet, its dates mean nothing.
PLAUSIBLE_MS = 1_577_836_800_000
