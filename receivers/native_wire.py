"""A native histogram from protobuf: the message is the same in remote write 1.0 and 2.0.

Takes the message; gives the histogram and its times. The way back is pushqueue/wire/histogram.py.
Source: reference/prometheus.md 1.3. Invariant: any bytes give a histogram or WireError.
"""

import struct
from typing import Any

import attrs

from series.coarser import reduced
from series.fields import DELIMITED, FIXED64, VARINT, fields, signed64
from series.histogram import BucketSpan, Histogram, ResetHint
from series.soundness import MAX_SCHEMA, check, check_schema
from series.stale import STALE_NAN_BYTES
from series.wire import WireError, read_varint

_DOUBLE = struct.Struct("<d")
# Prometheus' own limit of buckets in a request is far below.
_MAX_BUCKETS = 1_000_000


@attrs.frozen
class ReadHistogram:
    histogram: Histogram
    timestamp_ms: int
    start_ms: int
    is_stale: bool


def _unzigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


class _Read:
    """One message, field by field. Numbers of fields are the protocol's."""

    def __init__(self) -> None:
        self.whole: dict[str, Any] = {"count": 0, "sum": 0.0, "schema": 0}
        self.spans: dict[int, list[BucketSpan]] = {8: [], 11: []}
        # Deltas and counts of either sign, and custom values.
        self.numbers: dict[int, list[Any]] = {number: [] for number in (9, 10, 12, 13, 16)}
        self.is_float = self.is_stale = False
        self.stamp_ms = self.start_ms = 0

    def varint(self, number: int, value: int) -> None:
        match number:
            case 1:
                self.whole["count"] = value
            case 4:
                self.whole["schema"] = _int32(_unzigzag(value))
            case 6:
                self.whole["zero_count"] = value
            case 14:
                known = value <= max(ResetHint)
                self.whole["reset_hint"] = ResetHint(value) if known else ResetHint.UNKNOWN
            case 15:
                self.stamp_ms = signed64(value)
            case 17:
                self.start_ms = signed64(value)
            case 9 | 12:
                self.numbers[number].append(_unzigzag(value))

    def double(self, number: int, raw: bytes) -> None:
        value = _DOUBLE.unpack(raw)[0]
        match number:
            case 2:
                self.whole["count"], self.is_float = value, True
            case 3:
                self.whole["sum"], self.is_stale = value, raw == STALE_NAN_BYTES
            case 5:
                self.whole["zero_threshold"] = value
            case 7:
                self.whole["zero_count"], self.is_float = value, True
            case 10 | 13 | 16:
                self.numbers[number].append(value)

    def message(self, number: int, data: bytes, start: int, stop: int) -> None:
        if number in self.spans:
            self.spans[number].append(_span(data, start, stop))
        elif number in (9, 12):
            self.numbers[number] += _deltas(data, start, stop)
        elif number in self.numbers:
            self.numbers[number] += _doubles(data, start, stop)

    def histogram(self) -> Histogram:
        negative, positive = (10, 13) if self.is_float else (9, 12)
        return Histogram(
            **self.whole,
            negative_spans=tuple(self.spans[8]),
            negative_buckets=tuple(self.numbers[negative]),
            positive_spans=tuple(self.spans[11]),
            positive_buckets=tuple(self.numbers[positive]),
            custom_values=tuple(self.numbers[16]),
            is_float=self.is_float,
        )


def read_histogram(data: bytes) -> ReadHistogram:
    """Raises WireError."""
    read = _Read()
    for key, start, stop in fields(data, 0, len(data)):
        if key & 7 == VARINT:
            read.varint(key >> 3, read_varint(data, start)[0])
        elif key & 7 == FIXED64:
            read.double(key >> 3, data[start:stop])
        elif key & 7 == DELIMITED:
            read.message(key >> 3, data, start, stop)
    return ReadHistogram(read.histogram(), read.stamp_ms, read.start_ms, read.is_stale)


def _int32(number: int) -> int:
    if not -(2**31) <= number < 2**31:
        raise WireError(f"{number} is no 32-bit integer")
    return number


def _span(data: bytes, at: int, end: int) -> BucketSpan:
    offset = length = 0
    for key, start, _ in fields(data, at, end):
        if key == 1 << 3 | VARINT:
            offset = _int32(_unzigzag(read_varint(data, start)[0]))
        elif key == 2 << 3 | VARINT:
            length = read_varint(data, start)[0]
    if length > _MAX_BUCKETS:
        raise WireError(f"a span of {length} buckets")
    return BucketSpan(offset, length)


def _deltas(data: bytes, at: int, end: int) -> list[int]:
    numbers = []
    while at < end:
        number, at = read_varint(data, at)
        numbers.append(_unzigzag(number))
    if at > end:
        raise WireError(f"a delta ends behind its field at byte {end}")
    return numbers


def _doubles(data: bytes, at: int, end: int) -> tuple[float, ...]:
    count, rest = divmod(end - at, 8)
    if rest:
        raise WireError(f"packed doubles at byte {at} end in the middle of one")
    return struct.unpack_from(f"<{count}d", data, at)


def sound(read: ReadHistogram) -> ReadHistogram:
    """As a receiver can take it: of a schema that all know. Raises ValueError with what is wrong.

    A marker is known by its sum; the rest of it is of no interest.
    """
    if read.is_stale:
        return read
    histogram = read.histogram
    check(histogram)
    if histogram.schema > MAX_SCHEMA:
        # Made coarser, as Prometheus does.
        return attrs.evolve(read, histogram=reduced(histogram, MAX_SCHEMA))
    check_schema(histogram)
    return read
