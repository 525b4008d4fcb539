"""Which series have ended, by the final series and not by their text.

Takes the layout of each scrape; gives the layout of those that vanished since the last good one.
Invariant: a series that was stored gets one marker when it ends, and none twice.
Table of events: reference/prometheus.md section 4; better than it in two rows: a job that a reload
removes gets its markers, and so do series that stand before the bad line of a page.
"""

from collections.abc import Generator

from series.batch import Batch
from series.layout import Layout
from series.stale import stale_values
from series.template import Template

# 0.1 us each: 2 ms between two yields.
COMPARED_PER_STEP = 20_000

_NONE = Layout(())


class Staleness:
    """The series of one target that would miss a marker if they ended now."""

    def __init__(self) -> None:
        self._alive = _NONE

    def vanished(self, tracked: Layout) -> Generator[None, None, Layout]:
        """The series that a good scrape ends which exposes `tracked`."""
        before = self._alive
        # Fast path: the same layout object, so nothing vanished.
        if before is tracked or not before.templates:
            return _NONE
        # Pieces, not template objects: a rebuilt memo makes new templates of the same series.
        present: set[tuple[bytes, ...]] = set()
        for start in range(0, len(tracked), COMPARED_PER_STEP):
            part = tracked.templates[start : start + COMPARED_PER_STEP]
            present.update([each.pieces for each in part])
            yield
        gone: list[Template] = []
        for start in range(0, len(before), COMPARED_PER_STEP):
            part = before.templates[start : start + COMPARED_PER_STEP]
            gone += [each for each in part if each.pieces not in present]
            yield
        return Layout(tuple(gone)) if gone else _NONE

    def succeeded(self, tracked: Layout) -> None:
        """A good scrape exposed `tracked`, and the markers of what vanished are on their way."""
        self._alive = tracked

    def ended(self) -> Layout:
        """All series, when the scrape failed or the target is gone; each only once."""
        before, self._alive = self._alive, _NONE
        return before


def markers(lane_key: int, layout: Layout, timestamp_ms: int) -> Batch:
    """A staleness marker for each series of `layout`."""
    return Batch(
        lane_key=lane_key,
        layout=layout,
        values=stale_values(len(layout)),
        timestamps=timestamp_ms,
        is_markers=True,
    )
