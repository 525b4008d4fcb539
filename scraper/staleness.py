"""Which series have ended, by the final series and not by their text.

Takes the layout of each scrape; gives the layout of those that vanished since the last good one.
Invariant: a series that was stored gets one marker when it ends, and none twice.
Table of events: reference/prometheus.md section 4; better than it in two rows: a job that a reload
removes gets its markers, and so do series that stand before the bad line of a page.
"""

from series.batch import Batch
from series.layout import Layout
from series.stale import stale_values

_NONE = Layout(())


class Staleness:
    """The series of one target that would miss a marker if they ended now."""

    def __init__(self) -> None:
        self._alive = _NONE

    def succeeded(self, tracked: Layout) -> Layout:
        """The series that vanished with a good scrape that exposes `tracked`."""
        before, self._alive = self._alive, tracked
        # Fast path: the same layout object, so nothing vanished.
        if before is tracked or not before.templates:
            return _NONE
        # Pieces, not template objects: a rebuilt memo makes new templates of the same series.
        present = {template.pieces for template in tracked.templates}
        gone = tuple([each for each in before.templates if each.pieces not in present])
        return Layout(gone) if gone else _NONE

    def ended(self) -> Layout:
        """All series, when the scrape failed or the target is gone."""
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
