"""Frames a part as the repeated `timeseries` of a remote-write 1.0 `WriteRequest`.

Takes a part and what the remote wants of it; gives bytes, of which requests are concatenations.
Invariant: one sample or one native histogram in each TimeSeries; its exemplars stand beside it;
within a part timestamps never go back.
Plain floats are `series.frame`'s; here is what is beside them.
"""

import struct
from itertools import pairwise

from pushqueue.wire.histogram import encode_histogram
from pushqueue.wire.part import Part
from series.batch import Batch
from series.exemplar import Exemplar
from series.frame import SERIES_TAG, frame
from series.wire import delimited, encode_labels, signed_varint

_SAMPLE, _EXEMPLAR, _HISTOGRAM = b"\x12", b"\x1a", b"\x22"  # TimeSeries: fields 2, 3, 4
_VALUE, _TIMESTAMP = b"\x09", b"\x10"  # Sample: fields 1, 2
_EXEMPLAR_VALUE, _EXEMPLAR_TIMESTAMP = b"\x11", b"\x18"  # Exemplar: fields 2, 3


def frame_v1(part: Part, *, with_exemplars: bool) -> bytes:
    batch = part.batch
    order = part.late_order()
    if order is not None:
        return b"".join([_frame_odd(batch, at, with_exemplars) for at in order])
    # Fast path: plain floats.
    if batch.histograms is None and not (with_exemplars and batch.exemplars):
        return frame(batch, part.start, part.stop)
    odd = part.odd_positions(with_exemplars=with_exemplars, with_starts=False)
    framed = []
    for before, at in pairwise([part.start - 1, *odd, part.stop]):
        if before >= part.start:
            framed.append(_frame_odd(batch, before, with_exemplars))
        if at > before + 1:
            framed.append(frame(batch, before + 1, at))
    return b"".join(framed)


def _frame_odd(batch: Batch, at: int, with_exemplars: bool) -> bytes:
    timestamp_ms = batch.timestamp_of(at)
    sample = histogram = b""
    if batch.histograms is not None:
        message = encode_histogram(batch.histograms[at], timestamp_ms, is_marker=batch.is_markers)
        histogram = delimited(_HISTOGRAM, message)
    else:
        value = memoryview(batch.values).cast("B")[8 * at : 8 * at + 8].tobytes()
        sample = delimited(_SAMPLE, _VALUE + value + _TIMESTAMP + signed_varint(timestamp_ms))
    beside = (batch.exemplars or {}).get(at, ()) if with_exemplars else ()
    exemplars = [_exemplar(each, timestamp_ms) for each in beside]
    labels = batch.layout.templates[at].fill(batch.chunks)
    return delimited(SERIES_TAG, b"".join((labels, sample, *exemplars, histogram)))


def _exemplar(exemplar: Exemplar, sample_ms: int) -> bytes:
    stamp_ms = sample_ms if exemplar.timestamp_ms is None else exemplar.timestamp_ms
    value = struct.pack("<d", exemplar.value)
    return delimited(
        _EXEMPLAR,
        encode_labels(exemplar.labels)
        + _EXEMPLAR_VALUE
        + value
        + _EXEMPLAR_TIMESTAMP
        + signed_varint(stamp_ms),
    )
