"""Timestamps that a target gives its samples itself.

Takes a page and its plan; gives what of it can be stored: per series only what is newer than the
last, nothing from more than ten minutes ahead (reference/prometheus.md section 4, sample path).
Invariant: pages without explicit timestamps pass through untouched.
"""

from array import array

import attrs

from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.memo import Plan
from series.layout import Layout
from series.template import Template

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


class StampFilter:
    """The last explicit timestamp of each series of one target."""

    def __init__(self, *, honor: bool, track_staleness: bool) -> None:
        self._honor = honor
        self._track_staleness = track_staleness
        self._last: dict[Template, int] = {}
        self._layout = Layout(())
        self._tracked = Layout(())

    def select(self, page: Page, plan: Plan, now_ms: int) -> Selection:
        # Fast path: no explicit timestamps, or none that count.
        if page.stamps is None or not self._honor:
            return Selection(
                layout=plan.layout,
                values=plan.values(page.values),
                timestamps=now_ms,
                tracked=plan.layout,
                duplicates=plan.duplicates,
            )
        return self._select_stamped(page, plan, now_ms)

    def _select_stamped(self, page: Page, plan: Plan, now_ms: int) -> Selection:
        assert page.stamps is not None
        last: dict[Template, int] = {}
        plain: dict[Template, None] = {}
        templates: list[Template] = []
        values = array("d")
        timestamps = array("q")
        duplicates = out_of_order = out_of_bounds = 0
        for template, value, stamp in zip(plan.templates, page.values, page.stamps, strict=True):
            if template is None:
                continue
            if stamp == NO_TIMESTAMP:
                if template in plain:
                    duplicates += 1
                    continue
                plain[template] = None
                stamp = now_ms
            elif stamp > now_ms + MAX_AHEAD_MS:
                out_of_bounds += 1
                continue
            else:
                before = last.get(template)
                if before is None:
                    before = self._last.get(template, NO_TIMESTAMP)
                if stamp <= before:
                    out_of_order += 1
                    last[template] = before
                    continue
                last[template] = stamp
            templates.append(template)
            values.append(value)
            timestamps.append(stamp)
        # Only what this page exposes is remembered, which bounds it by the page.
        self._last = last
        self._layout = _reused(self._layout, tuple(templates))
        tracked = plan.layout if self._track_staleness else None
        self._tracked = tracked or _reused(self._tracked, tuple(plain))
        return Selection(
            layout=self._layout,
            values=values,
            timestamps=timestamps,
            tracked=self._tracked,
            duplicates=duplicates,
            out_of_order=out_of_order,
            out_of_bounds=out_of_bounds,
        )


def _reused(layout: Layout, templates: tuple[Template, ...]) -> Layout:
    """The same layout object if it has these templates, so that it counts as no change."""
    return layout if layout.templates == templates else Layout(templates)
