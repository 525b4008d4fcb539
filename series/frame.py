"""Frames a batch as the repeated `timeseries` of a remote-write 1.0 `WriteRequest`.

Takes a batch and a range of it, gives bytes; requests are concatenations of such bytes.
One sample per TimeSeries, always (remote-write 1.0 compliance; Prometheus does the same).
The loop itself is `series.filling`, or its compiled twin.
"""

from array import array
from collections.abc import Sequence
from typing import Protocol

from series import filling
from series.batch import Batch
from series.filling import SERIES_TAG as SERIES_TAG
from series.kernel import twin
from series.layout import Layout


class Twin(Protocol):
    """What both twins of `series.filling` have."""

    def frame_samples(
        self,
        layout: Layout,
        start: int,
        stop: int,
        chunks: Sequence[bytes],
        values: "array[float]",
        timestamps: "int | array[int]",
    ) -> bytes: ...

    def frame_rows(
        self,
        layout: Layout,
        cuts: tuple[int, ...],
        chunks: list[tuple[bytes, ...]],
        values: "list[array[float]]",
        stamp: int,
    ) -> "tuple[bytes, array[int]]": ...

    def weave_samples(
        self,
        pieces: tuple[list[bytes], ...],
        slots: tuple[bytes, ...],
        values: "array[float]",
        stamp: bytes,
        tails: list[bytes] | None,
        start: int,
        stop: int,
    ) -> bytes: ...


hot: Twin = twin(filling, "series.filling_c")
weave = hot.weave_samples


def frame(batch: Batch, start: int = 0, stop: int | None = None) -> bytes:
    """The samples `start` to `stop` (exclusive; None: all) as framed TimeSeries."""
    if batch.histograms is not None:
        raise ValueError("native histograms are no floats: their values must not be framed")
    stop = len(batch) if stop is None else stop
    return hot.frame_samples(
        batch.layout, start, stop, batch.chunks, batch.values, batch.timestamps
    )


def frame_rows(batches: Sequence[Batch], cuts: tuple[int, ...]) -> "tuple[bytes, array[int]]":
    """Batches of one layout and one timestamp, row by row: from each cut to the next all of them.

    Gives the framed rows, and how many bytes the piece of each batch in each row takes.
    """
    layout, stamp = batches[0].layout, batches[0].timestamps
    is_alike = [each.layout is layout and each.timestamps == stamp for each in batches]
    if not isinstance(stamp, int) or not all(is_alike):
        raise ValueError("only batches of one layout and one timestamp stand in rows")
    if any([batch.histograms is not None for batch in batches]):
        raise ValueError("native histograms are no floats: their values must not be framed")
    chunks = [batch.chunks for batch in batches]
    values = [batch.values for batch in batches]
    return hot.frame_rows(layout, cuts, chunks, values, stamp)
