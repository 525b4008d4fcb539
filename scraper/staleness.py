"""Which series have ended, by the final series and not by their text.

Takes the layout of each scrape, and what fills its holes; gives those that vanished since the last
good one.
Invariant: a series that was stored gets one marker when it ends, and none twice.
Table of events: reference/prometheus.md section 4; better than it in two rows: a job that a reload
removes gets its markers, and so do series that stand before the bad line of a page.
"""

from collections.abc import Generator, Sequence

import attrs

from scraper.known import hot
from series.batch import Batch
from series.layout import Layout
from series.stale import stale_values
from series.template import Template

# At most 2 ms between two yields: 0.1 us to compare a template, 0.6 us to fill it.
COMPARED_PER_STEP = 20_000
FILLED_PER_STEP = 3000


@attrs.frozen(eq=False)
class Filled:
    """Series, and the chunks that fill their holes."""

    layout: Layout = Layout(())
    chunks: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.layout)


NONE = Filled()


class Staleness:
    """The series of one target that would miss a marker if they ended now."""

    def __init__(self) -> None:
        self._alive = NONE

    def vanished(self, tracked: Filled) -> Generator[None, None, Filled]:
        """The series that a good scrape ends which exposes `tracked`."""
        before = self._alive
        # Fast path: the same layout object and labels, so nothing vanished.
        has_same_labels = _is_longer(tracked.chunks, before.chunks)
        if not len(before) or (before.layout is tracked.layout and has_same_labels):
            return NONE
        gone: Sequence[Template] = before.layout.templates
        new: Sequence[Template] = tracked.layout.templates
        # With the same labels equal templates are the same series, and only what is left of both
        # may still be: a constant on one side, a hole on the other. No layout has one twice.
        if has_same_labels:
            head, tail = hot.common(gone, new)
            gone, new = gone[head : len(gone) - tail], new[head : len(new) - tail]
            yield
            gone, new = (yield from _without(gone, new)), (yield from _without(new, gone))
        if gone and new:
            gone = yield from _not_among(gone, before.chunks, new, tracked.chunks)
        return Filled(Layout(tuple(gone)), before.chunks) if gone else NONE

    def succeeded(self, tracked: Filled) -> None:
        """A good scrape exposed `tracked`, and the markers of what vanished are on their way."""
        self._alive = tracked

    def ended(self) -> Filled:
        """All series, when the scrape failed or the target is gone; each only once."""
        before, self._alive = self._alive, NONE
        return before


def _is_longer(chunks: tuple[bytes, ...], before: tuple[bytes, ...]) -> bool:
    """The same labels; a series seen since may have brought further holes."""
    return chunks is before or chunks[: len(before)] == before


def _without(
    templates: Sequence[Template], others: Sequence[Template]
) -> Generator[None, None, list[Template]]:
    present: set[Template] = set()
    for start in range(0, len(others), COMPARED_PER_STEP):
        present.update(others[start : start + COMPARED_PER_STEP])
        yield
    left: list[Template] = []
    for start in range(0, len(templates), COMPARED_PER_STEP):
        part = templates[start : start + COMPARED_PER_STEP]
        left += [each for each in part if each not in present]
        yield
    return left


def _not_among(
    templates: Sequence[Template],
    chunks: Sequence[bytes],
    others: Sequence[Template],
    others_chunks: Sequence[bytes],
) -> Generator[None, None, list[Template]]:
    present: set[bytes] = set()
    for start in range(0, len(others), FILLED_PER_STEP):
        part = others[start : start + FILLED_PER_STEP]
        present.update([each.fill(others_chunks) for each in part])
        yield
    left: list[Template] = []
    for start in range(0, len(templates), FILLED_PER_STEP):
        part = templates[start : start + FILLED_PER_STEP]
        left += [each for each in part if each.fill(chunks) not in present]
        yield
    return left


def markers(lane_key: int, ended: Filled, timestamp_ms: int) -> Batch:
    """A staleness marker for each series of `ended`."""
    return Batch(
        lane_key=lane_key,
        layout=ended.layout,
        chunks=ended.chunks,
        values=stale_values(len(ended)),
        timestamps=timestamp_ms,
        is_markers=True,
    )
