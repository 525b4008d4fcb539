"""Frames a batch as the repeated `timeseries` of a remote-write 1.0 `WriteRequest`.

Takes a batch and a range of it, gives bytes; requests are concatenations of such bytes.
One sample per TimeSeries, always (remote-write 1.0 compliance; Prometheus does the same).
Pure Python: the specification of the compiled twin to come.
"""

import struct
from itertools import repeat

from series.batch import Batch
from series.wire import delimited, signed_varint, varint

SERIES_TAG = b"\x0a"  # WriteRequest.timeseries: field 1
SAMPLE_TAG = b"\x12"  # TimeSeries.samples: field 2
VALUE_TAG = b"\x09"  # Sample.value: field 1, fixed 64 bits
TIMESTAMP_TAG = b"\x10"  # Sample.timestamp: field 2, varint

# Milliseconds from 1971 to 2109 take six varint bytes; then a sample is 16 bytes, and all of a
# series but value and timestamp can be framed ahead.
_SIX_BYTES_FROM, _SIX_BYTES_BELOW = 2**35, 2**42
_SAMPLE_HEAD = SAMPLE_TAG + b"\x10" + VALUE_TAG
_SAMPLE_BYTES = 18


def head_of(labels: bytes) -> bytes:
    """A framed series up to its value, for a timestamp of six varint bytes."""
    return SERIES_TAG + varint(len(labels) + _SAMPLE_BYTES) + labels + _SAMPLE_HEAD


def frame(batch: Batch, start: int = 0, stop: int | None = None) -> bytes:
    """The samples `start` to `stop` (exclusive; None: all) as framed TimeSeries."""
    if batch.histograms is not None:
        raise ValueError("native histograms are no floats: their values must not be framed")
    stop = len(batch) if stop is None else stop
    timestamp = batch.timestamps
    if isinstance(timestamp, int) and _SIX_BYTES_FROM <= timestamp < _SIX_BYTES_BELOW:
        return _frame_at_once(batch, timestamp, start, stop)
    return _frame_singly(batch, start, stop)


def _heads(batch: Batch, start: int, stop: int) -> list[bytes]:
    layout = batch.layout
    if layout.has_holes:
        chunks = batch.chunks
        return [head_of(template.fill(chunks)) for template in layout.templates[start:stop]]
    if layout.heads is None:
        layout.heads = [head_of(template.pieces[0]) for template in layout.templates]
    return layout.heads if stop - start == len(layout) else layout.heads[start:stop]


def _frame_at_once(batch: Batch, timestamp_ms: int, start: int, stop: int) -> bytes:
    # Hot: bench/bench_frame.py holds the figure. Slices and one join; no Python code per sample.
    count = stop - start
    pieces = [b""] * (3 * count)
    pieces[0::3] = _heads(batch, start, stop)
    raw = memoryview(batch.values)[start:stop].tobytes()
    pieces[1::3] = struct.unpack("8s" * count, raw)
    pieces[2::3] = repeat(TIMESTAMP_TAG + varint(timestamp_ms), count)
    return b"".join(pieces)


def _frame_singly(batch: Batch, start: int, stop: int) -> bytes:
    raw = memoryview(batch.values).cast("B")
    framed = []
    for index in range(start, stop):
        sample = b"".join(
            (
                VALUE_TAG,
                raw[8 * index : 8 * index + 8],
                TIMESTAMP_TAG,
                signed_varint(batch.timestamp_of(index)),
            )
        )
        labels = batch.layout.templates[index].fill(batch.chunks)
        framed.append(delimited(SERIES_TAG, labels + delimited(SAMPLE_TAG, sample)))
    return b"".join(framed)
