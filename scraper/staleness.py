"""Which series have ended, by the final series and not by their text.

Takes the layout of each scrape, and what fills its holes; gives those that vanished since the last
good one.
Invariant: a series that was stored gets one marker when it ends, and none twice.
Table of events: reference/prometheus.md section 4; better than it in two rows: a job that a reload
removes gets its markers, and so do series that stand before the bad line of a page.
"""

from collections.abc import Generator, Iterator

import attrs

from scraper.known import hot
from scraper.slices import empty, gathered, slices
from series.batch import Batch
from series.layout import Layout
from series.stale import stale_values
from series.template import Template

# At most 2 ms between two yields: 0.6 us to fill a template.
FILLED_PER_STEP = 2000


@attrs.frozen(eq=False)
class Filled:
    """Series, and the chunks that fill their holes."""

    layout: Layout = Layout(())
    chunks: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.layout)

    def texts(self) -> Iterator[list[bytes]]:
        """Their labels, in parts that take 2 ms."""
        for part in slices(self.layout.templates, FILLED_PER_STEP):
            yield [template.fill(self.chunks) for template in part]


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
        gone, new = before, tracked
        # With the same labels equal templates are the same series, and only what is left of both
        # may still be: a constant on one side, a hole on the other. No layout has one twice.
        if has_same_labels:
            head, tail = hot.common(before.layout.templates, tracked.layout.templates)
            yield
            gone, new = _between(before, head, tail), _between(tracked, head, tail)
            gone, new = (yield from _without(gone, new)), (yield from _without(new, gone))
        return (yield from _not_among(gone, new)) if len(gone) and len(new) else gone

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


def _between(series: Filled, head: int, tail: int) -> Filled:
    """Without so many at the beginning and at the end."""
    left = series.layout.templates[head : len(series) - tail]
    return Filled(Layout(left), series.chunks) if left else NONE


def _without(series: Filled, others: Filled) -> Generator[None, None, Filled]:
    """By their templates."""
    present = yield from gathered(others.layout.templates)
    left: list[Template] = []
    for part in slices(series.layout.templates):
        left += [each for each in part if each not in present]
        yield
    yield from empty(present)
    return Filled(Layout(tuple(left)), series.chunks) if left else NONE


def _not_among(series: Filled, others: Filled) -> Generator[None, None, Filled]:
    """By their labels."""
    present: set[bytes] = set()
    for texts in others.texts():
        present.update(texts)
        yield
    left: list[Template] = []
    parts = slices(series.layout.templates, FILLED_PER_STEP)
    for part, texts in zip(parts, series.texts(), strict=True):
        left += [each for each, text in zip(part, texts, strict=True) if text not in present]
        yield
    yield from empty(present)
    return Filled(Layout(tuple(left)), series.chunks) if left else NONE


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
