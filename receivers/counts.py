"""What was pushed, by format: requests, rows, what could not be taken, and why.

Bounded: formats and reasons are tables of the code.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from series.ranges import RangeCounts, Ranges

if TYPE_CHECKING:
    # Late: an agent without pushes does not load what translates them.
    from receivers.otlp.cumulate import CumulationStatistics


@attrs.frozen(kw_only=True)
class PushStatistics:
    """By the type that vmagent gives the format. `refused` by type and reason, in requests.
    `cumulation`: of points with delta temporality, None where they are not added up."""

    rows: Mapping[str, int] = attrs.field(factory=dict)
    invalid: Mapping[str, int] = attrs.field(factory=dict)
    requests: Mapping[str, int] = attrs.field(factory=dict)
    refused: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    metadata: Mapping[str, int] = attrs.field(factory=dict)
    rows_per_insert: Ranges = attrs.field(factory=Ranges)
    cumulation: "CumulationStatistics | None" = None


class PushCounts:
    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._invalid: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._metadata: Counter[str] = Counter()
        self._per_insert = RangeCounts()

    def taken(self, kind: str, rows: int, invalid: int, metadata: int = 0) -> None:
        self._requests[kind] += 1
        self._rows[kind] += rows
        self._invalid[kind] += invalid
        self._metadata[kind] += metadata
        self._per_insert.observe(rows)

    def refused(self, kind: str, reason: str) -> None:
        self._requests[kind] += 1
        self._refused[kind, reason] += 1

    def statistics(self) -> PushStatistics:
        return PushStatistics(
            rows=dict(self._rows),
            invalid=dict(self._invalid),
            requests=dict(self._requests),
            refused=dict(self._refused),
            metadata=dict(self._metadata),
            rows_per_insert=self._per_insert.snapshot(),
        )
