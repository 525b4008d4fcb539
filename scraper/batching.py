"""The samples of one scrape as batches: floats, and native histograms apart.

Takes a page and what of it is stored; gives batches, with exemplars and start timestamps beside.
Invariant: a batch holds native histograms in every position or in none (`series.batch`); equal
series in equal order give the same layout object as before.
"""

from array import array
from collections.abc import Generator, Sequence

import attrs

from scraper.exemplars import ExemplarFilter, Offered
from scraper.exposition.page import Page
from scraper.memo import Memo
from scraper.slices import slices
from scraper.staleness import Filled, markers
from scraper.stamps import Selection
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import ENDED, Histogram
from series.layout import Layout
from series.metadata import Families

# At most 0.5 us for each sample, 2 us for one with an exemplar.
MOVED_PER_STEP = 5000
OFFERED_PER_STEP = 1500


class Batcher:
    """What one target's batches had, so that layouts are shared with the next scrape."""

    def __init__(self, lane_key: int) -> None:
        self._lane_key = lane_key
        self._floats = self._histograms = Layout(())
        self.exemplars = ExemplarFilter()

    def batches(
        self, page: Page, selection: Selection, memo: Memo, families: Families | None = None
    ) -> Generator[None, None, tuple[Batch, ...]]:
        if not selection.layout.templates:
            return ()
        # Fast path: floats only, nothing beside them.
        if page.is_plain:
            return (
                Batch(
                    lane_key=self._lane_key,
                    layout=selection.layout,
                    chunks=memo.chunks,
                    values=selection.values,
                    timestamps=selection.timestamps,
                    families=families,
                ),
            )
        sources = selection.sources
        if sources is None:
            sources = range(len(page.keys))
        held = page.histograms or {}
        # Positions in the selection's layout.
        of_floats: list[int] = []
        of_histograms: list[int] = []
        for part in slices(range(len(sources))):
            of_floats += [at for at in part if sources[at] not in held]
            of_histograms += [at for at in part if sources[at] in held]
            yield
        if not of_histograms:
            self._floats = selection.layout
        else:
            self._floats = yield from memo.chosen(self._floats, selection.layout, of_floats)
        self._histograms = yield from memo.chosen(self._histograms, selection.layout, of_histograms)
        exemplars = yield from self._fresh(page, selection, sources, memo)
        made = []
        parts = ((self._floats, of_floats, False), (self._histograms, of_histograms, True))
        for layout, at, native in parts:
            if at:
                batch = yield from self._batch(
                    page, selection, layout, memo.chunks, at, sources, exemplars, native
                )
                made.append(attrs.evolve(batch, families=families))
        return tuple(made)

    def markers(self, gone: Filled, timestamp_ms: int) -> tuple[Batch, ...]:
        """A staleness marker for each series of `gone`, of the kind that the series was.

        To be asked before the page that lacks them is made into batches.
        """
        # Fast path: no native histograms.
        if not self._histograms.templates:
            return (markers(self._lane_key, gone, timestamp_ms),)
        native = set(self._histograms.templates)
        floats = [each for each in gone.layout.templates if each not in native]
        ended = [each for each in gone.layout.templates if each in native]
        made = []
        if floats:
            rest = Filled(Layout(tuple(floats)), gone.chunks) if ended else gone
            made.append(markers(self._lane_key, rest, timestamp_ms))
        if ended:
            rest = Filled(Layout(tuple(ended)), gone.chunks)
            batch = markers(self._lane_key, rest, timestamp_ms)
            held = dict.fromkeys(range(len(ended)), ENDED)
            made.append(attrs.evolve(batch, histograms=held))
        return tuple(made)

    def _fresh(
        self, page: Page, selection: Selection, sources: Sequence[int], memo: Memo
    ) -> Generator[None, None, dict[int, tuple[Exemplar, ...]] | None]:
        found = page.exemplars
        if found is None:
            return None
        stamps, chunks = selection.timestamps, memo.chunks
        offered: list[Offered] = []
        for part in slices(range(len(sources)), OFFERED_PER_STEP):
            for at in part:
                if sources[at] in found:
                    stamp = stamps if isinstance(stamps, int) else stamps[at]
                    labels = selection.layout.templates[at].fill(chunks)
                    offered.append((at, labels, stamp, found[sources[at]]))
            yield
        return (yield from self.exemplars.select(offered))

    def _batch(
        self,
        page: Page,
        selection: Selection,
        layout: Layout,
        chunks: tuple[bytes, ...],
        positions: Sequence[int],
        sources: Sequence[int],
        exemplars: dict[int, tuple[Exemplar, ...]] | None,
        is_native: bool,
    ) -> Generator[None, None, Batch]:
        held, starts = page.histograms or {}, page.starts or {}
        stamps = selection.timestamps
        values, picked, start_ms = array("d"), array("q"), array("q")
        histograms: dict[int, Histogram] = {}
        moved: dict[int, tuple[Exemplar, ...]] = {}
        for first, part in enumerate(slices(positions, MOVED_PER_STEP)):
            rows = list(enumerate(part, first * MOVED_PER_STEP))
            if is_native:
                histograms.update([(to, held[sources[at]]) for to, at in rows])
            values.extend([0.0 if is_native else selection.values[at] for at in part])
            if not isinstance(stamps, int):
                picked.extend([stamps[at] for at in part])
            if starts:
                start_ms.extend([starts.get(sources[at], 0) for at in part])
            if exemplars:
                moved.update([(to, exemplars[at]) for to, at in rows if at in exemplars])
            yield
        return Batch(
            lane_key=self._lane_key,
            layout=layout,
            chunks=chunks,
            values=values,
            timestamps=stamps if isinstance(stamps, int) else picked,
            histograms=histograms if is_native else None,
            exemplars=moved or None,
            start_timestamps=start_ms if starts else None,
        )
