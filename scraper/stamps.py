"""Timestamps that a target gives its samples itself.

Takes a page and its plan; gives what of it can be stored: per series only what is newer than the
last, nothing from more than ten minutes ahead (reference/prometheus.md section 4, sample path).
Invariant: pages without explicit timestamps pass through untouched.
"""

from array import array
from collections.abc import Generator, Sequence
from itertools import repeat

import attrs

from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.memo import Memo
from scraper.plan import Plan
from scraper.slices import empty
from scraper.staleness import NONE, Filled
from series.layout import Layout
from series.template import Template

# Prometheus' bound (scrape: maxAheadTime).
MAX_AHEAD_MS = 10 * 60 * 1000
# 1 us each.
SIFTED_PER_STEP = 2500


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
        self._state = _State()
        self._layout = self._tracked = Layout(())

    def select(
        self, page: Page, plan: Plan, memo: Memo, now_ms: int
    ) -> Generator[None, None, Selection]:
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
        state = yield from self._state.turned_to(plan, memo.chunks)
        sieve = _Sieve(state.last, now_ms)
        rows = zip(state.slots, page.values, page.stamps, strict=True)
        for at, (slot, value, stamp) in enumerate(rows, 1):
            if slot >= 0 and sieve.add(slot, value, stamp):
                sieve.sources.append(at - 1)
            if not at % SIFTED_PER_STEP:
                yield
        # Only what the last page with timestamps exposes is remembered, which bounds it.
        state.last = sieve.last
        self._state = state
        self._layout = yield from memo.chosen(self._layout, plan.layout, sieve.stored)
        if self.track_staleness:
            self._tracked = plan.layout
        else:
            self._tracked = yield from memo.chosen(self._tracked, plan.layout, list(sieve.plain))
        yield from empty(sieve.plain)
        yield from empty(sieve.stored)
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


class _State:
    """The last timestamps, in parallel to a plan's layout; nothing before the first page."""

    __slots__ = ("_known", "_plan", "last", "slots")

    def __init__(self, plan: Plan | None = None, known: Filled = NONE) -> None:
        self._plan = plan
        self._known = known
        self.last = array("q", [NO_TIMESTAMP]) * len(known)
        # Which series of the layout each key of the page is; -1: none.
        self.slots: Sequence[int] = range(len(known))
        if plan is not None and plan.pick is not None:
            places: dict[Template | None, int] = {None: -1}
            places.update(zip(plan.layout.templates, range(len(known)), strict=True))
            self.slots = array("l", [places[template] for template in plan.templates])

    def turned_to(self, plan: Plan, chunks: tuple[bytes, ...]) -> "Generator[None, None, _State]":
        """What is known of the series of `plan`: by their labels, however they came to them."""
        # Fast path: the same series as on the last page.
        if plan is self._plan:
            return self
        turned = _State(plan, Filled(plan.layout, chunks))
        yield
        if len(self._known):
            last_of: dict[bytes, int] = {}
            at = 0
            for texts in self._known.texts():
                last_of.update(zip(texts, self.last[at : at + len(texts)], strict=True))
                at += len(texts)
                yield
            turned.last = array("q")
            for texts in turned._known.texts():
                turned.last.extend(map(last_of.get, texts, repeat(NO_TIMESTAMP)))
                yield
            yield from empty(last_of)
        return turned


class _Sieve:
    """One page's samples, one by one. Slower than a page without timestamps by 1 us a sample."""

    def __init__(self, before: "array[int]", now_ms: int) -> None:
        self._before = before
        self._now_ms = now_ms
        self.last = array("q", [NO_TIMESTAMP]) * len(before)
        self.plain: dict[int, None] = {}
        self.stored: list[int] = []
        self.sources: list[int] = []
        self.values = array("d")
        self.timestamps = array("q")
        self.duplicates = self.out_of_order = self.out_of_bounds = 0

    def add(self, slot: int, value: float, stamp: int) -> bool:
        """Whether the sample is to be stored."""
        if stamp == NO_TIMESTAMP:
            if slot in self.plain:
                self.duplicates += 1
                return False
            self.plain[slot] = None
            stamp = self._now_ms
            if stamp <= max(self.last[slot], self._before[slot]):
                self.out_of_order += 1
                return False
        elif stamp > self._now_ms + MAX_AHEAD_MS:
            self.out_of_bounds += 1
            return False
        else:
            last = max(self.last[slot], self._before[slot])
            self.last[slot] = max(last, stamp)
            if stamp <= last or (slot in self.plain and stamp <= self._now_ms):
                self.out_of_order += 1
                return False
        self.stored.append(slot)
        self.values.append(value)
        self.timestamps.append(stamp)
        return True
