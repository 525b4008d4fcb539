"""Timestamps that a target gives its samples itself.

Takes a page and its plan; gives what of it can be stored: per series only what is newer than the
last, nothing from more than ten minutes ahead (reference/prometheus.md section 4, sample path).
Invariant: pages without explicit timestamps pass through untouched.
"""

from array import array
from collections.abc import Sequence

import attrs

from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.memo import Plan
from series.layout import Layout
from series.template import Template

Pieces = tuple[bytes, ...]

# Prometheus' bound (scrape: maxAheadTime).
MAX_AHEAD_MS = 10 * 60 * 1000


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """The samples of a page that are stored. `tracked`: the series whose end is to be marked."""

    layout: Layout
    values: "array[float]"
    timestamps: "int | array[int]"
    tracked: Layout
    duplicates: int = 0
    out_of_order: int = 0
    out_of_bounds: int = 0
    # Where in the page each sample stands; None: at the same place.
    sources: Sequence[int] | None = None


class StampFilter:
    """The last explicit timestamp of each series of one target.

    `honor`, `track_staleness`: honor_timestamps and track_timestamps_staleness of the job.
    """

    def __init__(self, *, honor: bool = True, track_staleness: bool = False) -> None:
        self.honor = honor
        self.track_staleness = track_staleness
        self._last: dict[Pieces, int] = {}
        self._layout = self._tracked = Layout(())

    def select(self, page: Page, plan: Plan, now_ms: int) -> Selection:
        # Fast path: no explicit timestamps, or none that count.
        if page.stamps is None or not self.honor:
            return Selection(
                layout=plan.layout,
                values=plan.values(page.values),
                timestamps=now_ms,
                tracked=plan.layout,
                duplicates=plan.duplicates,
                sources=None if page.is_plain else plan.sources(),
            )
        sieve = _Sieve(self._last, now_ms)
        rows = zip(plan.templates, page.values, page.stamps, strict=True)
        for at, (template, value, stamp) in enumerate(rows):
            if template is not None and sieve.add(template, value, stamp):
                sieve.sources.append(at)
        # Only what the last page with timestamps exposes is remembered, which bounds it.
        self._last = sieve.last
        self._layout = _reused(self._layout, sieve.templates)
        if self.track_staleness:
            self._tracked = plan.layout
        else:
            self._tracked = _reused(self._tracked, list(sieve.plain.values()))
        return Selection(
            layout=self._layout,
            values=sieve.values,
            timestamps=sieve.timestamps,
            tracked=self._tracked,
            duplicates=sieve.duplicates,
            out_of_order=sieve.out_of_order,
            out_of_bounds=sieve.out_of_bounds,
            sources=None if page.is_plain else sieve.sources,
        )


class _Sieve:
    """One page's samples, one by one. Slower than a page without timestamps by 1 us a sample."""

    def __init__(self, before: dict[Pieces, int], now_ms: int) -> None:
        self._before = before
        self._now_ms = now_ms
        self.last: dict[Pieces, int] = {}
        self.plain: dict[Pieces, Template] = {}
        self.templates: list[Template] = []
        self.sources: list[int] = []
        self.values = array("d")
        self.timestamps = array("q")
        self.duplicates = self.out_of_order = self.out_of_bounds = 0

    def add(self, template: Template, value: float, stamp: int) -> bool:
        """Whether the sample is to be stored."""
        pieces = template.pieces
        if stamp == NO_TIMESTAMP:
            if pieces in self.plain:
                self.duplicates += 1
                return False
            self.plain[pieces] = template
            stamp = self._now_ms
        elif stamp > self._now_ms + MAX_AHEAD_MS:
            self.out_of_bounds += 1
            return False
        else:
            last = self.last.get(pieces) or self._before.get(pieces, NO_TIMESTAMP)
            self.last[pieces] = max(last, stamp)
            if stamp <= last:
                self.out_of_order += 1
                return False
        self.templates.append(template)
        self.values.append(value)
        self.timestamps.append(stamp)
        return True


def _reused(layout: Layout, templates: Sequence[Template]) -> Layout:
    """The same layout object if it has these templates, so that it counts as no change."""
    same = tuple(templates)
    return layout if layout.templates == same else Layout(same)
