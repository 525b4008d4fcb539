"""The delimited protobuf format: `io.prometheus.client.MetricFamily`, one after the other.

Takes a body; gives a Page and the comment lines that say the same metadata in OpenMetrics.
Fields: reference/prometheus.md 1.3; what Prometheus makes of them: section 5 and 3.2's matrix.
An own reader: every byte is checked here, and what it does not know is skipped.
Invariant: linear in the length of the body; the only error is ExpositionError, `line_no` then being
the number of the family.
"""

import struct
from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from math import inf

import attrs

from scraper.exposition import messages
from scraper.exposition.errors import ExpositionError
from scraper.exposition.messages import Fields, Message, Value, check_unread, fields_of, gather
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.openmetrics import EOF_LINE
from scraper.exposition.page import Page
from scraper.exposition.spelling import escaped, series_text, spelt
from scraper.exposition.text import parse_series
from scraper.exposition.walk import Series
from series.buckets import compacted
from series.exemplar import Exemplar
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram, ResetHint
from series.labels import canonical
from series.soundness import check
from series.stale import CANONICAL_NAN
from series.wire import WireError, read_varint

COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM = range(6)
_TYPE_TEXTS = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")
# Series between two yields, and fields of a family: about 6 us and 0.4 us each.
STEP_SERIES = 120
STEP_FIELDS = 1500
NATIVE_WORK = 10  # a native histogram costs about as much as that many series


class _Bad(ValueError):
    pass


def _message(fields: Fields, number: int, message: Message) -> Fields | None:
    found = fields.get(number)
    # Parts of one message, if it is there more than once.
    return None if not found else fields_of(b"".join([_bytes(part) for part in found]), message)


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise _Bad("a field has the wrong wire type")
    return value


def _text(fields: Fields, number: int) -> str:
    found = fields.get(number)
    try:
        return _bytes(found[-1]).decode() if found else ""
    except UnicodeDecodeError:
        raise _Bad("text is not valid UTF-8") from None


def _double(fields: Fields, number: int) -> float:
    found = fields.get(number)
    return _as_double(found[-1]) if found else 0.0


def _as_double(value: Value) -> float:
    data = _bytes(value)
    if len(data) != 8:
        raise _Bad("a number does not have 8 bytes")
    number: float = struct.unpack("<d", data)[0]
    # No target may expose the staleness marker.
    return number if number == number else CANONICAL_NAN


def _whole(fields: Fields, number: int) -> int:
    found = fields.get(number)
    value = found[-1] if found else 0
    if not isinstance(value, int):
        raise _Bad("a field has the wrong wire type")
    return value


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


def _zigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _zigzags(fields: Fields, number: int) -> tuple[int, ...]:
    """Repeated sint64, packed or not."""
    numbers: list[int] = []
    for value in fields.get(number, ()):
        if isinstance(value, int):
            numbers.append(_zigzag(value))
            continue
        data, at = _bytes(value), 0
        while at < len(data):
            raw, at = read_varint(data, at)
            numbers.append(_zigzag(raw))
    return tuple(numbers)


def _doubles(fields: Fields, number: int) -> tuple[float, ...]:
    data = b"".join([_bytes(value) for value in fields.get(number, ())])
    if len(data) % 8:
        raise _Bad("a number does not have 8 bytes")
    return tuple([_as_double(data[at : at + 8]) for at in range(0, len(data), 8)])


def _labels(fields: Fields, number: int) -> list[tuple[str, str]]:
    pairs = [fields_of(_bytes(value), messages.LABEL) for value in fields.get(number, ())]
    return [(_text(pair, 1), _text(pair, 2)) for pair in pairs]


def _timestamp_ms(fields: Fields | None) -> int | None:
    """A google.protobuf.Timestamp."""
    if fields is None:
        return None
    stamp_ms = _signed(_whole(fields, 1)) * 1000 + _signed(_whole(fields, 2)) // 1_000_000
    return stamp_ms if -(2**63) < stamp_ms < 2**63 else None


def _exemplar(fields: Fields | None) -> Exemplar | None:
    if fields is None:
        return None
    labels = canonical(dict(_labels(fields, 1)))
    return Exemplar(
        labels, _double(fields, 2), _timestamp_ms(_message(fields, 3, messages.TIMESTAMP))
    )


@attrs.define
class _Building:
    """The page so far."""

    known: Series
    native: bool
    classic_too: bool
    has_starts: bool
    keys: list[bytes] = attrs.field(factory=list)
    values: list[float] = attrs.field(factory=list)
    stamps: list[int] = attrs.field(factory=list)
    exemplars: dict[int, tuple[Exemplar, ...]] = attrs.field(factory=dict)
    histograms: dict[int, Histogram] = attrs.field(factory=dict)
    starts: dict[int, int] = attrs.field(factory=dict)
    comments: list[bytes] = attrs.field(factory=list)
    nans: list[int] = attrs.field(factory=list)
    has_stamps: bool = False
    # Of the metric that is read.
    labels: list[tuple[str, str]] = attrs.field(factory=list)
    stamp: int = NO_TIMESTAMP
    start: int | None = None

    def add(
        self,
        name: str,
        value: float,
        *more: tuple[str, str],
        exemplars: Sequence[Exemplar | None] = (),
    ) -> int:
        at = len(self.keys)
        key = series_text(name, [*self.labels, *more]) + b" "
        if key not in self.known:
            self.known.learn(key, parse_series(key))
        self.keys.append(key)
        self.values.append(value)
        self.stamps.append(self.stamp)
        self.has_stamps |= self.stamp != NO_TIMESTAMP
        if value != value:
            self.nans.append(at)
        if self.has_starts and self.start:
            self.starts[at] = self.start
        if held := tuple([each for each in exemplars if each is not None]):
            self.exemplars[at] = held
        return at

    def page(self) -> Page:
        values = array("d", self.values)
        raw = memoryview(values).cast("B")
        for at in self.nans:
            raw[8 * at : 8 * at + 8] = struct.pack("<Q", 0x7FF8000000000001)
        return Page(
            tuple(self.keys),
            values,
            array("q", self.stamps) if self.has_stamps else None,
            self.exemplars or None,
            self.histograms or None,
            self.starts or None,
        )


def read(
    body: bytes,
    known: Series,
    *,
    native: bool = False,
    classic_too: bool = False,
    starts: bool = False,
) -> Generator[None, None, tuple[Page, dict[bytes, None]]]:
    """All families of a body. Raises ExpositionError; a new series' error by way of `known`."""
    building = _Building(known, native, classic_too, starts)
    work = 0
    for number, family in _families(body):
        try:
            for done in _read_family(family, building):
                work += done
                if work >= STEP_SERIES:
                    work = 0
                    yield
        except ValueError as exc:  # _Bad, WireError, or the labels of a series
            raise ExpositionError(str(exc), number, family, part="family") from exc
    yield
    return building.page(), dict.fromkeys([*building.comments, EOF_LINE])


def _families(body: bytes) -> Iterator[tuple[int, bytes]]:
    at, number = 0, 0
    while at < len(body):
        number += 1
        try:
            length, start = read_varint(body, at)
        except WireError as exc:
            raise ExpositionError(str(exc), number, body[at : at + 10], part="family") from exc
        if start - at > 5 or start + length > len(body):
            raise ExpositionError(
                "the family is cut off", number, body[at : at + 10], part="family"
            )
        yield number, body[start : start + length]
        at = start + length


def _read_family(data: bytes, building: _Building) -> Iterator[int]:
    """Yields how much was done, in series."""
    fields: Fields = {}
    at = 0
    while (at := gather(fields, data, at, STEP_FIELDS, messages.FAMILY)) < len(data):
        yield STEP_SERIES
    yield 1
    kind = _whole(fields, 3)
    # Prometheus does not look further at a family without metrics.
    if 4 not in fields:
        return
    name = _text(fields, 1)
    _check_name(name)
    if kind >= len(_TYPE_TEXTS):
        raise _Bad(f"unknown metric type {kind}")
    quoted = f'"{escaped(name)}"'
    described = (
        ("TYPE", _TYPE_TEXTS[kind]),
        ("HELP", _text(fields, 2)),
        ("UNIT", _text(fields, 5)),
    )
    for keyword, text in described:
        if text or keyword == "HELP":
            building.comments.append(f"# {keyword} {quoted} {escaped(text)}".encode())
    for value in fields.get(4, ()):
        metric = fields_of(_bytes(value), messages.METRIC)
        # Fast path: a value of its family's type and no other.
        if unread := metric.keys() - _READ[kind]:
            check_unread(metric, unread, messages.METRIC)
        building.labels = _labels(metric, 1)
        for label, _ in building.labels:
            _check_name(label)
        # 0 is no timestamp: proto3 does not tell it from an absent one, and Prometheus neither.
        building.stamp = _signed(_whole(metric, 6)) or NO_TIMESTAMP
        building.start = None
        yield from _READERS[kind](name, metric, building)


def _check_name(name: str) -> None:
    """A name with NUL cannot be written in the text format, by which series are known here."""
    if not name or "\0" in name:
        raise _Bad("a name is empty or holds NUL")


def _read_plain(number: int, name: str, metric: Fields, building: _Building) -> Iterator[int]:
    holder = _message(metric, number, messages.COUNTER if number == 3 else messages.NUMBER)
    if holder is None:
        raise _Bad("a metric has no value of its family's type")
    exemplar = _exemplar(_message(holder, 2, messages.EXEMPLAR)) if number == 3 else None
    if number == 3:
        building.start = _timestamp_ms(_message(holder, 3, messages.TIMESTAMP))
    building.add(name, _double(holder, 1), exemplars=(exemplar,))
    yield 1


def _read_summary(name: str, metric: Fields, building: _Building) -> Iterator[int]:
    holder = _message(metric, 4, messages.SUMMARY)
    if holder is None:
        raise _Bad("a metric has no value of its family's type")
    building.start = _timestamp_ms(_message(holder, 4, messages.TIMESTAMP))
    building.add(name + "_count", float(_whole(holder, 1)))
    building.add(name + "_sum", _double(holder, 2))
    yield 2
    for value in holder.get(3, ()):
        quantile = fields_of(_bytes(value), messages.QUANTILE)
        building.add(name, _double(quantile, 2), ("quantile", spelt(_double(quantile, 1))))
        yield 1


def _read_histogram(
    name: str, metric: Fields, building: _Building, *, is_gauge: bool = False
) -> Iterator[int]:
    holder = _message(metric, 7, messages.HISTOGRAM)
    if holder is None:
        raise _Bad("a metric has no value of its family's type")
    building.start = _timestamp_ms(_message(holder, 15, messages.TIMESTAMP))
    is_native = _is_native(holder)
    # Fast path: a classic one.
    if unread := holder.keys() - _CLASSIC:
        check_unread(holder, unread, messages.HISTOGRAM)
    if is_native and building.native:
        histogram = _native(holder, is_gauge)
        at = building.add(name, 0.0, exemplars=_native_exemplars(holder))
        building.histograms[at] = histogram
        yield NATIVE_WORK
        if not building.classic_too or 3 not in holder:
            check_unread(holder, (3,), messages.HISTOGRAM)
            return
    yield from _add_classic(name, holder, building)


def _is_native(holder: Fields) -> bool:
    """A no-op span marks one without observations; a float zero count alone does not count."""
    has_zero = _double(holder, 6) > 0 or _whole(holder, 7) > 0
    return has_zero or 9 in holder or 12 in holder


def _count(holder: Fields) -> float:
    return _double(holder, 4) or float(_whole(holder, 1))


def _add_classic(name: str, holder: Fields, building: _Building) -> Iterator[int]:
    count = _count(holder)
    building.add(name + "_count", count)
    building.add(name + "_sum", _double(holder, 2))
    yield 2
    for value in holder.get(3, ()):
        bucket = fields_of(_bytes(value), messages.BUCKET)
        bound = _double(bucket, 2)
        below = _double(bucket, 4) or float(_whole(bucket, 1))
        exemplar = _exemplar(_message(bucket, 3, messages.EXEMPLAR))
        building.add(name + "_bucket", below, ("le", spelt(bound)), exemplars=(exemplar,))
        yield 1
        if bound == inf:
            return  # the last one, whatever follows
    building.add(name + "_bucket", count, ("le", "+Inf"))


def _native_exemplars(holder: Fields) -> list[Exemplar]:
    """Those of the histogram, else those of its buckets; only with a timestamp."""
    found = [_exemplar(fields_of(_bytes(value), messages.EXEMPLAR)) for value in holder.get(16, ())]
    if not found:
        buckets = [fields_of(_bytes(value), messages.BUCKET) for value in holder.get(3, ())]
        found = [_exemplar(_message(bucket, 3, messages.EXEMPLAR)) for bucket in buckets]
    return [each for each in found if each is not None and each.timestamp_ms is not None]


def _native(holder: Fields, is_gauge: bool) -> Histogram:
    is_float = _double(holder, 4) > 0 or _double(holder, 8) > 0
    exposed = Histogram(
        schema=_int32(_zigzag(_whole(holder, 5))),
        count=_double(holder, 4) if is_float else _whole(holder, 1),
        sum=_double(holder, 2),
        zero_threshold=_double(holder, 6),
        zero_count=_double(holder, 8) if is_float else _whole(holder, 7),
        positive_spans=_spans(holder, 12),
        positive_buckets=_doubles(holder, 14) if is_float else _zigzags(holder, 13),
        negative_spans=_spans(holder, 9),
        negative_buckets=_doubles(holder, 11) if is_float else _zigzags(holder, 10),
        reset_hint=ResetHint.GAUGE if is_gauge else ResetHint.UNKNOWN,
        is_float=is_float,
    )
    if exposed.schema == CUSTOM_BUCKETS_SCHEMA:
        raise _Bad("a native histogram with custom buckets has no bounds in this format")
    check(exposed)
    positive = compacted(exposed.positive_spans, exposed.positive_buckets, is_float)
    negative = compacted(exposed.negative_spans, exposed.negative_buckets, is_float)
    return attrs.evolve(
        exposed,
        positive_spans=positive[0],
        positive_buckets=positive[1],
        negative_spans=negative[0],
        negative_buckets=negative[1],
    )


def _int32(number: int) -> int:
    if not -(2**31) <= number < 2**31:
        raise _Bad("a number is out of the range of its field")
    return number


def _spans(holder: Fields, number: int) -> tuple[BucketSpan, ...]:
    found = [fields_of(_bytes(value), messages.SPAN) for value in holder.get(number, ())]
    spans = [BucketSpan(_int32(_zigzag(_whole(span, 1))), _whole(span, 2)) for span in found]
    if any([span.length >= 2**32 for span in spans]):
        raise _Bad("a number is out of the range of its field")
    return tuple(spans)


# The fields of a metric that are read, by type; those of a histogram that is no native one.
_READ = [frozenset((1, 6, number)) for number in (3, 2, 4, 5, 7, 7)]
_CLASSIC = frozenset((1, 2, 3, 4, 15))

_READERS: dict[int, Callable[[str, Fields, _Building], Iterator[int]]] = {
    COUNTER: lambda name, metric, building: _read_plain(3, name, metric, building),
    GAUGE: lambda name, metric, building: _read_plain(2, name, metric, building),
    SUMMARY: _read_summary,
    UNTYPED: lambda name, metric, building: _read_plain(5, name, metric, building),
    HISTOGRAM: _read_histogram,
    GAUGE_HISTOGRAM: lambda name, metric, building: _read_histogram(
        name, metric, building, is_gauge=True
    ),
}
