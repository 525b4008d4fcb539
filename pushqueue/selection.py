"""Some of a batch's series, everything beside them moved along.

Takes a batch, the layout of the chosen series and their positions; gives a batch. The batch is
never changed. Who chooses remembers layout and positions, so that a choice is made once.
"""

from array import array
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, TypeVar

import attrs

from series.batch import Batch
from series.layout import Layout

_T = TypeVar("_T")


@attrs.frozen(eq=False)
class Choice:
    """`kept`: the positions of the series in `layout`, as they were before."""

    layout: Layout
    kept: tuple[int, ...]

    @classmethod
    def of(cls, layout: Layout, kept: tuple[int, ...]) -> "Choice":
        return cls(Layout(tuple([layout.templates[at] for at in kept])), kept)

    def of_batch(self, batch: Batch) -> Batch:
        return select(batch, self.layout, batch.chunks, self.kept)


def select(batch: Batch, layout: Layout, chunks: tuple[bytes, ...], kept: tuple[int, ...]) -> Batch:
    """The samples at the positions `kept` (at least one), as those of `layout`."""
    timestamps = batch.timestamps
    return attrs.evolve(
        batch,
        layout=layout,
        chunks=chunks,
        values=_pick_doubles(batch.values, kept),
        timestamps=timestamps if isinstance(timestamps, int) else _pick_longs(timestamps, kept),
        start_timestamps=(
            None if batch.start_timestamps is None else _pick_longs(batch.start_timestamps, kept)
        ),
        histograms=_pick_items(batch.histograms, kept),
        exemplars=_pick_items(batch.exemplars, kept),
    )


def _pick_doubles(values: "array[float]", kept: tuple[int, ...]) -> "array[float]":
    """By bytes, so that no copy can quiet a staleness marker's NaN."""
    longs = array("q")
    longs.frombytes(values.tobytes())
    picked = array("d")
    picked.frombytes(_pick_longs(longs, kept).tobytes())
    return picked


def _pick_longs(values: "array[int]", kept: tuple[int, ...]) -> "array[int]":
    picked: Any = itemgetter(*kept)(values)
    return array("q", picked if len(kept) > 1 else (picked,))


def _pick_items(items: Mapping[int, _T] | None, kept: tuple[int, ...]) -> Mapping[int, _T] | None:
    if not items:
        return None
    moved = {new: items[old] for new, old in enumerate(kept) if old in items}
    return moved or None
