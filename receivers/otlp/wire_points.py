"""Points of OTLP from protobuf bytes, each form field by field.

Takes a range of a message; gives a point, or raises WireError.
Source: opentelemetry.proto.metrics.v1 (1.11). Text that is not UTF-8 is mended with U+FFFD.
"""

import struct
from collections.abc import Callable
from typing import Any

from receivers.otlp.labels import Attributes
from receivers.otlp.points import (
    Buckets,
    ExponentialPoint,
    Form,
    HistogramPoint,
    NumberPoint,
    Point,
    PointExemplar,
    SummaryPoint,
)
from receivers.otlp.texts import Value, value_text
from series.fields import DELIMITED, FIXED64, VARINT, fields, signed64
from series.wire import WireError, read_varint

_DOUBLE, _UNSIGNED, _SIGNED = struct.Struct("<d"), struct.Struct("<Q"), struct.Struct("<q")
_MAX_DEPTH = 32
# Of one point, resource or scope; SDKs stop at 128. As many exemplars are taken of a point.
MAX_ATTRIBUTES = 1000
_NO_RECORDED_VALUE = 1
_ZERO = bytes(8)


def message(number: int) -> int:
    """The key of a field that holds a message, a text or packed numbers."""
    return number << 3 | DELIMITED


def fixed(number: int) -> int:
    return number << 3 | FIXED64


def varint_of(number: int) -> int:
    return number << 3 | VARINT


def text(data: bytes, start: int, stop: int) -> str:
    return data[start:stop].decode("utf-8", "replace")


def key_value(data: bytes, start: int, stop: int) -> tuple[str, str]:
    key, value = _pair(data, start, stop, 0)
    return key, value_text(value)


def _pair(data: bytes, at: int, end: int, depth: int) -> tuple[str, Value]:
    key, value = "", None
    for field, start, stop in fields(data, at, end):
        if field == message(1):
            key = text(data, start, stop)
        elif field == message(2):
            value = _value(data, start, stop, depth)
    return key, value


def _value(data: bytes, at: int, end: int, depth: int) -> Value:
    if depth > _MAX_DEPTH:
        raise WireError(f"values nest deeper than {_MAX_DEPTH}")
    value: Value = None
    for field, start, stop in fields(data, at, end):
        match field >> 3, field & 7:
            case 1, 2:
                value = text(data, start, stop)
            case 2, 0:
                value = bool(read_varint(data, start)[0])
            case 3, 0:
                value = signed64(read_varint(data, start)[0])
            case 4, 1:
                value = _DOUBLE.unpack_from(data, start)[0]
            case 5, 2:
                inner = fields(data, start, stop)
                value = [_value(data, a, b, depth + 1) for key, a, b in inner if key == message(1)]
            case 6, 2:
                inner = fields(data, start, stop)
                value = dict(
                    [_pair(data, a, b, depth + 1) for key, a, b in inner if key == message(1)]
                )
            case 7, 2:
                value = data[start:stop]
    return value


def attributes_of(data: bytes, at: int, end: int, number: int) -> Attributes:
    """Those in the repeated field `number`."""
    wanted = message(number)
    found = [(start, stop) for key, start, stop in fields(data, at, end) if key == wanted]
    if len(found) > MAX_ATTRIBUTES:
        raise WireError(f"more than {MAX_ATTRIBUTES} attributes in one place")
    return tuple([key_value(data, start, stop) for start, stop in found])


class _Common:
    """What every form of point has, whatever its numbers of fields."""

    __slots__ = ("attributes", "exemplars", "flags", "start_ns", "time_ns")

    def __init__(self) -> None:
        self.attributes: list[tuple[str, str]] = []
        self.exemplars: list[PointExemplar] = []
        self.flags = self.start_ns = self.time_ns = 0

    def read(
        self,
        data: bytes,
        key: int,
        start: int,
        stop: int,
        attributes: int,
        exemplars: int,
        flags: int,
    ) -> None:
        if key == fixed(2):
            self.start_ns = _UNSIGNED.unpack_from(data, start)[0]
        elif key == fixed(3):
            self.time_ns = _UNSIGNED.unpack_from(data, start)[0]
        elif key == message(attributes):
            self.attributes.append(key_value(data, start, stop))
            _need_few(len(self.attributes))
        elif key == message(exemplars):
            self.exemplars.append(_exemplar(data, start, stop))
            _need_few(len(self.exemplars))
        elif key == varint_of(flags):
            self.flags = read_varint(data, start)[0]

    def all(self) -> dict[str, Any]:
        return {
            "attributes": tuple(self.attributes),
            "time_ns": self.time_ns,
            "start_ns": self.start_ns,
            "is_stale": bool(self.flags & _NO_RECORDED_VALUE),
            "exemplars": tuple(self.exemplars),
        }


def _need_few(count: int) -> None:
    if count > MAX_ATTRIBUTES:
        raise WireError(f"more than {MAX_ATTRIBUTES} attributes or exemplars in a point")


def _exemplar(data: bytes, at: int, end: int) -> PointExemplar:
    found: dict[str, Any] = {"value": 0.0}
    attributes = []
    for key, start, stop in fields(data, at, end):
        if key == fixed(2):
            found["time_ns"] = _UNSIGNED.unpack_from(data, start)[0]
        elif key == fixed(3):
            found["value"] = _DOUBLE.unpack_from(data, start)[0]
        elif key == message(4):
            found["span_id"] = data[start:stop]
        elif key == message(5):
            found["trace_id"] = data[start:stop]
        elif key == fixed(6):
            found["value"] = float(_SIGNED.unpack_from(data, start)[0])
        elif key == message(7):
            attributes.append(key_value(data, start, stop))
    return PointExemplar(**found, attributes=tuple(attributes))


def number_point(data: bytes, at: int, end: int) -> NumberPoint:
    common, value = _Common(), _ZERO
    for key, start, stop in fields(data, at, end):
        if key == fixed(4):
            value = data[start:stop]
        elif key == fixed(6):
            value = _DOUBLE.pack(_SIGNED.unpack_from(data, start)[0])
        else:
            common.read(data, key, start, stop, 7, 5, 8)
    return NumberPoint(value=value, **common.all())


def histogram_point(data: bytes, at: int, end: int) -> HistogramPoint:
    common, found = _Common(), dict[str, Any](count=0)
    counts: list[int] = []
    bounds: list[float] = []
    for key, start, stop in fields(data, at, end):
        if key == fixed(4):
            found["count"] = _UNSIGNED.unpack_from(data, start)[0]
        elif key == fixed(5):
            found["sum"] = _DOUBLE.unpack_from(data, start)[0]
        elif key in (message(6), fixed(6)):
            counts += _eights(data, start, stop, "Q")
        elif key in (message(7), fixed(7)):
            bounds += _eights(data, start, stop, "d")
        else:
            common.read(data, key, start, stop, 9, 8, 10)
    return HistogramPoint(**found, counts=tuple(counts), bounds=tuple(bounds), **common.all())


def _eights(data: bytes, start: int, stop: int, kind: str) -> tuple[Any, ...]:
    count, rest = divmod(stop - start, 8)
    if rest:
        raise WireError(f"packed numbers at byte {start} end in the middle of one")
    return struct.unpack_from(f"<{count}{kind}", data, start)


def exponential_point(data: bytes, at: int, end: int) -> ExponentialPoint:
    common, found = _Common(), dict[str, Any](count=0)
    for key, start, stop in fields(data, at, end):
        if key == fixed(4):
            found["count"] = _UNSIGNED.unpack_from(data, start)[0]
        elif key == fixed(5):
            found["sum"] = _DOUBLE.unpack_from(data, start)[0]
        elif key == varint_of(6):
            found["scale"] = _zigzag32(data, start)
        elif key == fixed(7):
            found["zero_count"] = _UNSIGNED.unpack_from(data, start)[0]
        elif key == message(8):
            found["positive"] = _buckets(data, start, stop)
        elif key == message(9):
            found["negative"] = _buckets(data, start, stop)
        elif key == fixed(14):
            found["zero_threshold"] = _DOUBLE.unpack_from(data, start)[0]
        else:
            common.read(data, key, start, stop, 1, 11, 10)
    return ExponentialPoint(**found, **common.all())


def _zigzag32(data: bytes, start: int) -> int:
    number = read_varint(data, start)[0] & 0xFFFF_FFFF
    return (number >> 1) ^ -(number & 1)


def _buckets(data: bytes, at: int, end: int) -> Buckets:
    offset = 0
    counts: list[int] = []
    for key, start, stop in fields(data, at, end):
        if key == varint_of(1):
            offset = _zigzag32(data, start)
        elif key in (message(2), varint_of(2)):
            inner = start
            while inner < stop:
                count, inner = read_varint(data, inner)
                counts.append(count)
            if inner > stop:
                raise WireError(f"a bucket's count ends behind its field at byte {stop}")
    return Buckets(offset, tuple(counts))


def summary_point(data: bytes, at: int, end: int) -> SummaryPoint:
    common, found = _Common(), dict[str, Any](count=0)
    quantiles = []
    for key, start, stop in fields(data, at, end):
        if key == fixed(4):
            found["count"] = _UNSIGNED.unpack_from(data, start)[0]
        elif key == fixed(5):
            found["sum"] = _DOUBLE.unpack_from(data, start)[0]
        elif key == message(6):
            quantiles.append(_quantile(data, start, stop))
        else:
            common.read(data, key, start, stop, 7, -1, 8)
    return SummaryPoint(**found, quantiles=tuple(quantiles), **common.all())


def _quantile(data: bytes, at: int, end: int) -> tuple[float, float]:
    found = {fixed(1): 0.0, fixed(2): 0.0}
    for key, start, _ in fields(data, at, end):
        if key in found:
            found[key] = _DOUBLE.unpack_from(data, start)[0]
    quantile, value = found.values()
    return quantile, value


READERS: dict[Form, Callable[[bytes, int, int], Point]] = {
    Form.GAUGE: number_point,
    Form.SUM: number_point,
    Form.HISTOGRAM: histogram_point,
    Form.EXPONENTIAL: exponential_point,
    Form.SUMMARY: summary_point,
}
