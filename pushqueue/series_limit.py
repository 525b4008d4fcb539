"""The most different series in an hour or a day (`-remoteWrite.maxHourlySeries` and its twin).

Takes batches and `now`; gives what of them may pass. As vmagent: what was seen in the period
passes, new series pass while there is room, samples of others are dropped and counted.
Invariant: decided once in a period for a layout and the labels that fill it, never per sample.
"""

from hashlib import blake2b

import attrs

from pushqueue.decided import Decided
from pushqueue.selection import Choice
from pushqueue.series_count import SeriesSet, SeriesSketch
from series.batch import Batch
from series.layout import Layout

HOUR_S, DAY_S = 3600.0, 86_400.0


@attrs.frozen(kw_only=True)
class SeriesLimitStatistics:
    """`limit` 0: no limit and no count; -1: only counted."""

    limit: int = 0
    current: int = 0
    dropped_samples: int = 0


class SeriesLimit:
    """`limit` -1 only counts; `period_s` begins anew as often as it is over."""

    def __init__(self, limit: int, period_s: float, now: float) -> None:
        self._limit = limit
        self._period_s = period_s
        self._begun_at = now
        self._seen = self._new()
        self._decided = Decided(self._decide)
        self.dropped_samples = 0

    def _new(self) -> SeriesSet | SeriesSketch:
        return SeriesSet(self._limit) if self._limit > 0 else SeriesSketch()

    def admit(self, batch: Batch, now: float) -> Batch | None:
        """The samples of the series that may pass; None if there is none."""
        if now - self._begun_at >= self._period_s:
            self._begun_at = now
            self._seen = self._new()
            self._decided.forget()
        choice = self._decided.about(batch)
        # Fast path: all of them.
        if choice is True:
            return batch
        if isinstance(choice, Choice):
            self.dropped_samples += len(batch) - len(choice.kept)
            return choice.of_batch(batch)
        self.dropped_samples += len(batch)
        return None

    def _decide(self, layout: Layout, chunks: tuple[bytes, ...]) -> Choice | bool:
        kept = tuple(
            [
                at
                for at, template in enumerate(layout.templates)
                if self._seen.admit(_hash(template.fill(chunks)))
            ]
        )
        if len(kept) == len(layout):
            return True
        return Choice.of(layout, kept) if kept else False

    def statistics(self) -> SeriesLimitStatistics:
        return SeriesLimitStatistics(
            limit=self._limit, current=self._seen.count, dropped_samples=self.dropped_samples
        )


def _hash(labels: bytes) -> int:
    return int.from_bytes(blake2b(labels, digest_size=8).digest(), "big")
