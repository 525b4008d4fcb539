"""A native histogram as protobuf: the message is the same in remote write 1.0 and 2.0.

Takes a histogram, its timestamp and start timestamp; gives the message without tag and length.
Source: `prometheus.Histogram` and `io.prometheus.write.v2.Histogram` (reference/prometheus.md 1.3).
Never: checks what the scraper read; receivers do.
"""

import struct
from collections.abc import Sequence

from series.histogram import BucketSpan, Histogram
from series.stale import STALE_NAN_BYTES
from series.wire import delimited, signed_varint, varint

# field number << 3 | wire type, as bytes
_COUNT_INT, _COUNT_FLOAT, _SUM = b"\x08", b"\x11", b"\x19"
_SCHEMA, _ZERO_THRESHOLD = b"\x20", b"\x29"
_ZERO_INT, _ZERO_FLOAT = b"\x30", b"\x39"
_NEGATIVE = (b"\x42", b"\x4a", b"\x52")  # spans, deltas, counts
_POSITIVE = (b"\x5a", b"\x62", b"\x6a")
_RESET_HINT, _TIMESTAMP = b"\x70", b"\x78"
_CUSTOM_VALUES, _START = b"\x82\x01", b"\x88\x01"
_OFFSET, _LENGTH = b"\x08", b"\x10"


def encode_histogram(
    histogram: Histogram, timestamp_ms: int, *, start_ms: int = 0, is_marker: bool = False
) -> bytes:
    """`is_marker`: it ends its series; then its sum is the staleness marker's bits."""
    sum_bytes = STALE_NAN_BYTES if is_marker else struct.pack("<d", histogram.sum)
    if histogram.is_float:
        count = _COUNT_FLOAT + struct.pack("<d", histogram.count)
        zeros = _ZERO_FLOAT + struct.pack("<d", histogram.zero_count)
    else:
        count = _COUNT_INT + varint(int(histogram.count))
        zeros = _ZERO_INT + varint(int(histogram.zero_count))
    parts = [
        count,
        _SUM + sum_bytes,
        _SCHEMA + varint(zigzag(histogram.schema)),
        _ZERO_THRESHOLD + struct.pack("<d", histogram.zero_threshold),
        zeros,
        _buckets(_NEGATIVE, histogram, histogram.negative_spans, histogram.negative_buckets),
        _buckets(_POSITIVE, histogram, histogram.positive_spans, histogram.positive_buckets),
        _RESET_HINT + varint(histogram.reset_hint),
        _TIMESTAMP + signed_varint(timestamp_ms),
    ]
    if histogram.custom_values:
        parts.append(delimited(_CUSTOM_VALUES, _doubles(histogram.custom_values)))
    if start_ms:
        parts.append(_START + signed_varint(start_ms))
    return b"".join(parts)


def zigzag(number: int) -> int:
    """A `sint` field's number, small ones of either sign being short."""
    return (number << 1) ^ (number >> 63) if number >= 0 else ((-number) << 1) - 1


def unzigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _buckets(
    tags: tuple[bytes, bytes, bytes],
    histogram: Histogram,
    spans: Sequence[BucketSpan],
    buckets: Sequence[float],
) -> bytes:
    span_tag, delta_tag, count_tag = tags
    parts = [
        delimited(span_tag, _OFFSET + varint(zigzag(span.offset)) + _LENGTH + varint(span.length))
        for span in spans
    ]
    if buckets and histogram.is_float:
        parts.append(delimited(count_tag, _doubles(buckets)))
    elif buckets:
        deltas = b"".join([varint(zigzag(int(delta))) for delta in buckets])
        parts.append(delimited(delta_tag, deltas))
    return b"".join(parts)


def _doubles(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)
