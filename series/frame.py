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
