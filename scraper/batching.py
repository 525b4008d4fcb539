"""The samples of one scrape as batches: floats, and native histograms apart.

Takes a page and what of it is stored; gives batches, with exemplars and start timestamps beside.
Invariant: a batch holds native histograms in every position or in none (`series.batch`); equal
series in equal order give the same layout object as before.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import TypeVar

import attrs

from scraper.exemplars import ExemplarFilter
from scraper.exposition.page import Page
from scraper.memo import Memo
from scraper.staleness import Filled, markers
from scraper.stamps import Selection
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import ENDED
from series.layout import Layout
from series.metadata import Families

Item = TypeVar("Item")


class Batcher:
    """What one target's batches had, so that layouts are shared with the next scrape."""

    def __init__(self, lane_key: int) -> None:
        self._lane_key = lane_key
        self._floats = self._histograms = Layout(())
        self.exemplars = ExemplarFilter()

    def batches(
        self, page: Page, selection: Selection, memo: Memo, families: Families | None = None
    ) -> tuple[Batch, ...]:
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
        of_floats = [at for at, source in enumerate(sources) if source not in held]
        of_histograms = [at for at, source in enumerate(sources) if source in held]
        if not of_histograms:
            self._floats = selection.layout
        else:
            self._floats = _reused(self._floats, selection.layout, of_floats, memo)
        self._histograms = _reused(self._histograms, selection.layout, of_histograms, memo)
        exemplars = self._fresh(page, selection, sources, memo)
        parts = ((self._floats, of_floats, False), (self._histograms, of_histograms, True))
        return tuple(
            [
                attrs.evolve(
                    self._batch(
                        page, selection, layout, memo.chunks, at, sources, exemplars, native
                    ),
                    families=families,
                )
                for layout, at, native in parts
                if at
            ]
        )

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
    ) -> dict[int, tuple[Exemplar, ...]] | None:
        found = page.exemplars
        if found is None:
            return None

        def offered() -> Iterator[tuple[int, bytes, int, tuple[Exemplar, ...]]]:
            stamps, chunks = selection.timestamps, memo.chunks
            for at, source in enumerate(sources):
                if source in found:
                    stamp = stamps if isinstance(stamps, int) else stamps[at]
                    yield at, selection.layout.templates[at].fill(chunks), stamp, found[source]

        return self.exemplars.select(offered())

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
    ) -> Batch:
        stamps, starts = selection.timestamps, page.starts
        held = page.histograms or {}
        values = array("d", [selection.values[at] for at in positions])
        return Batch(
            lane_key=self._lane_key,
            layout=layout,
            chunks=chunks,
            values=array("d", bytes(8 * len(positions))) if is_native else values,
            timestamps=stamps if isinstance(stamps, int) else _picked(stamps, positions),
            histograms=(
                {to: held[sources[at]] for to, at in enumerate(positions)} if is_native else None
            ),
            exemplars=_moved(exemplars, positions),
            start_timestamps=(
                array("q", [starts.get(sources[at], 0) for at in positions]) if starts else None
            ),
        )


def _picked(stamps: "array[int]", positions: Sequence[int]) -> "array[int]":
    return array("q", [stamps[at] for at in positions])


def _moved(
    beside: dict[int, tuple[Exemplar, ...]] | None, positions: Sequence[int]
) -> dict[int, tuple[Exemplar, ...]] | None:
    if beside is None:
        return None
    return {to: beside[at] for to, at in enumerate(positions) if at in beside} or None


def _reused(before: Layout, layout: Layout, positions: Sequence[int], memo: Memo) -> Layout:
    templates = tuple([layout.templates[at] for at in positions])
    return before if before.templates == templates else memo.shape.layout_of(templates)
