"""How many different series a target may have in a day (`series_limit`).

Takes what a page would store; gives what of it is left: samples of series that were there before
the limit was reached. The scrape stays good (reference/vmagent.md 1.4, 1.10).
Invariant: exact, where vmagent's Bloom filter errs by some tenths of a percent; at most `limit`
numbers of 64 bits are held. After WINDOW_MS all series are forgotten at once, as in vmagent.
Never: reads a clock.
"""

from array import array
from collections.abc import Generator, Sequence

import attrs

from scraper.memo import Memo
from scraper.slices import slices
from scraper.stamps import Selection
from series.layout import Layout
from series.template import Template

WINDOW_MS = 24 * 3_600_000

# 0.8 us each: 2 ms between two yields.
ADMITTED_PER_STEP = 2500

_NONE = Layout(())
# Of a target without a limit, as nearly all are.
_NEVER_FILLED: set[int] = set()


class SeriesLimit:
    """The series of one target in the current window. A limit of 0 admits all."""

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self.dropped = 0  # samples of the last page
        self._seen = set() if limit else _NEVER_FILLED
        self._window_ends_ms: int | None = None
        # The last page's layout, which of it was admitted, and what became of it.
        self._layout = self._admitted = _NONE
        self._positions: Sequence[int] | None = None
        self._tracked = self._admitted_tracked = _NONE

    @property
    def current(self) -> int:
        """Different series in this window."""
        return len(self._seen)

    def admit(
        self, selection: Selection, memo: Memo, now_ms: int
    ) -> Generator[None, None, Selection]:
        self.dropped = 0
        # Fast path: no limit.
        if not self.limit:
            return selection
        self._turn_window(now_ms)
        if selection.layout is not self._layout:
            yield from self._look(selection.layout, memo)
        # Fast path: all are admitted.
        if self._positions is None:
            return selection
        self.dropped = len(selection.layout) - len(self._positions)
        stamps = selection.timestamps
        values = array("d", [selection.values[at] for at in self._positions])
        yield
        if not isinstance(stamps, int):
            stamps = array("q", [stamps[at] for at in self._positions])
        tracked = yield from self._only_admitted(selection, memo)
        return attrs.evolve(
            selection,
            layout=self._admitted,
            values=values,
            timestamps=stamps,
            tracked=tracked,
        )

    def _turn_window(self, now_ms: int) -> None:
        if self._window_ends_ms is None or now_ms >= self._window_ends_ms:
            self._window_ends_ms = now_ms + WINDOW_MS
            self._seen.clear()
            self._layout = self._tracked = _NONE

    def _look(self, layout: Layout, memo: Memo) -> Generator[None, None, None]:
        positions: list[int] = []
        templates, chunks = layout.templates, memo.chunks
        for start in range(0, len(templates), ADMITTED_PER_STEP):
            for at, template in enumerate(templates[start : start + ADMITTED_PER_STEP], start):
                if self._admits(template.fill(chunks)):
                    positions.append(at)
            yield
        self._layout = layout
        if len(positions) == len(templates):
            self._positions, self._admitted = None, layout
            return
        self._positions = positions
        # The same object for the same series: that is what tells others of no change.
        admitted = [templates[at] for at in positions]
        self._admitted = yield from memo.shape.layout_of(admitted)

    def _admits(self, labels: bytes) -> bool:
        seen, number = self._seen, hash(labels)
        if number in seen:
            return True
        if len(seen) >= self.limit:
            return False
        seen.add(number)
        return True

    def _only_admitted(self, selection: Selection, memo: Memo) -> Generator[None, None, Layout]:
        """A series that was never stored gets no marker."""
        if selection.tracked is selection.layout:
            return self._admitted
        if selection.tracked is not self._tracked:
            self._tracked = selection.tracked
            seen, chunks = self._seen, memo.chunks
            kept: list[Template] = []
            for part in slices(self._tracked.templates, ADMITTED_PER_STEP):
                kept += [each for each in part if hash(each.fill(chunks)) in seen]
                yield
            self._admitted_tracked = yield from memo.shape.layout_of(kept)
        return self._admitted_tracked
