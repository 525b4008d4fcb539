"""What a scraper does, said the plain way: every sample by itself, nothing remembered but values.

The law: memo, plans, outlines and layouts give what this gives.
"""

from collections.abc import Iterator

import attrs

from scraper.exposition.errors import ExpositionError
from scraper.exposition.text import parse_series, read_samples
from scraper.labelling import Labelling, SeriesError
from scraper.stamps import MAX_AHEAD_MS
from series.labels import Labels, readable
from tests.scraper.batches import STALE, Row


class Failed(Exception):
    """The page fails the scrape."""


@attrs.define
class NaiveTarget:
    """`alive`: series that would miss a marker. `newest`: last explicit timestamps."""

    labelling: Labelling
    honor_timestamps: bool = True
    track_staleness: bool = False
    sample_limit: int = 0
    alive: dict[Labels, None] = attrs.field(factory=dict)
    newest: dict[Labels, int] = attrs.field(factory=dict)

    def scrape(self, body: bytes, now_ms: int) -> list[Row]:
        """What reaches the sink, as a sorted list; a failed page leaves markers only."""
        try:
            samples = list(self._read(body))
        except Failed:
            ended, self.alive = self.alive, {}
            return sorted((readable(labels), STALE, now_ms) for labels in ended)
        rows, alive = self._judge(samples, now_ms)
        gone = [labels for labels in self.alive if labels not in alive]
        self.alive = alive
        return sorted([*rows, *[(readable(labels), STALE, now_ms) for labels in gone]], key=repr)

    def _read(self, body: bytes) -> Iterator[tuple[Labels | None, float, int | None]]:
        kept = 0
        try:
            for _, sample in read_samples(body):
                labels = self.labelling.final(parse_series(sample.series))
                kept += labels is not None
                stamp = sample.timestamp_ms if self.honor_timestamps else None
                yield labels, sample.value, stamp
        except (ExpositionError, SeriesError, ValueError) as exc:
            raise Failed from exc
        if 0 < self.sample_limit < kept:
            raise Failed

    def _judge(
        self, samples: list[tuple[Labels | None, float, int | None]], now_ms: int
    ) -> tuple[list[Row], dict[Labels, None]]:
        rows: list[Row] = []
        seen: set[Labels] = set()
        alive: dict[Labels, None] = {}
        newest: dict[Labels, int] = {}
        for labels, value, stamp in samples:
            if labels is None:
                continue
            if stamp is None or self.track_staleness:
                alive[labels] = None
            if stamp is None:
                if labels not in seen:
                    seen.add(labels)
                    if now_ms > newest.get(labels, self.newest.get(labels, -1)):
                        rows.append((readable(labels), value, now_ms))
            elif stamp <= now_ms + MAX_AHEAD_MS:
                last = newest.get(labels, self.newest.get(labels, -1))
                newest[labels] = max(last, stamp)
                if stamp > last and not (labels in seen and stamp <= now_ms):
                    rows.append((readable(labels), value, stamp))
        # A page without any timestamp tells nothing about them.
        if any(stamp is not None for _, _, stamp in samples):
            self.newest = newest
        return rows, alive
