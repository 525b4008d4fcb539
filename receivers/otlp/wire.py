"""OTLP metrics in protobuf: an `ExportMetricsServiceRequest`, walked once.

Takes the message and what is known; puts points into a `Request`. `read` is a generator that
stops every few thousand points, so that whoever drives it can let others run.
Invariant: any bytes are read or raise WireError; series that were seen before, whose attributes are
the same bytes, cost no decoding of them.
"""

import struct
from array import array
from collections.abc import Generator, Iterator

from receivers.otlp.known import KnownMetric, Resource, Scope, UnfoldsError
from receivers.otlp.names import NamingError
from receivers.otlp.points import Form, Metric, Temporality
from receivers.otlp.rows import Gathered
from receivers.otlp.translate import MS, Request
from receivers.otlp.wire_points import (
    READERS,
    attributes_of,
    key_value,
    message,
    text,
    varint_of,
)
from series.fields import fields
from series.labels import Labels
from series.template import Template
from series.wire import read_varint

Range = tuple[int, int]
# About 3 ms of work.
STEP_POINTS = 2000
# New series take 30 us each, points in another order as much.
_STEP_NEW = 100
# Fields that are stepped over, at a microsecond each.
_STEP_FIELDS = 2000
# A metric whose points are not read before all that is said of it.
_LARGE_BYTES = 2**20
# What is said beside the points of a metric, or of a resource or scope.
MAX_HEAD_BYTES = 131_072
# Twice what a histogram of MAX_BUCKETS needs.
MAX_POINT_BYTES = 131_072
_FORMS = {
    message(5): Form.GAUGE,
    message(7): Form.SUM,
    message(9): Form.HISTOGRAM,
    message(10): Form.EXPONENTIAL,
    message(11): Form.SUMMARY,
}
_POINT = message(1)
_ATTRIBUTE = message(7)  # of a number point

# A number point as every SDK writes it: start, time, value, then attributes.
_HEAD = struct.Struct("<BQBQB8s")
_HEAD_BYTES = _HEAD.size
# The same without a start, as gauges mostly are.
_SHORT = struct.Struct("<BQB8s")
_SHORT_BYTES = _SHORT.size
_START, _TIME, _AS_DOUBLE, _AS_INT = 0x11, 0x19, 0x21, 0x31
_MAX_NS = 2**63 - 1


class Reader:
    """Of one message. `extra`: labels that the request's URL gives."""

    def __init__(self, data: bytes, request: Request, extra: Labels = ()) -> None:
        self._data = data
        self._request = request
        self._extra = extra

    def read(self) -> Iterator[None]:
        """Raises WireError, UnfoldsError."""
        for at, (key, start, stop) in enumerate(fields(self._data, 0, len(self._data))):
            if key == message(1):
                yield from self._resource(start, stop)
            if at % _STEP_FIELDS == _STEP_FIELDS - 1:
                yield

    def _resource(self, at: int, end: int) -> Iterator[None]:
        raw = yield from self._but(message(2), at, end, only=message(1))
        resource = self._known_resource(raw)
        for count, (key, start, stop) in enumerate(fields(self._data, at, end)):
            if key == message(2):
                yield from self._scope(resource, start, stop)
            if count % _STEP_FIELDS == _STEP_FIELDS - 1:
                yield
        yield

    def _but(
        self, many: int, at: int, end: int, only: int | None = None
    ) -> Generator[None, None, bytes]:
        """The fields beside those that may be many; with `only` the payload of that one, joined,
        as protobuf merges what comes twice."""
        rest = bytearray()
        before = at
        for count, (key, start, stop) in enumerate(fields(self._data, at, end)):
            if key != many and (only is None or key == only):
                rest += self._data[before if only is None else start : stop]
                if len(rest) > MAX_HEAD_BYTES:
                    raise UnfoldsError(f"more than {MAX_HEAD_BYTES} bytes beside the field at {at}")
            before = stop
            if count % _STEP_FIELDS == _STEP_FIELDS - 1:
                yield
        return bytes(rest)

    def _known_resource(self, raw: bytes) -> Resource:
        known = self._request.known
        resource = known.raw.get((self._extra, raw))
        if resource is None:
            resource = known.resource(attributes_of(raw, 0, len(raw), 1), self._extra)
            known.raw[self._extra, raw] = resource
            known.spend(len(raw))
        return resource

    def _scope(self, resource: Resource, at: int, end: int) -> Iterator[None]:
        data = self._data
        head = yield from self._but(message(2), at, end)
        scope = resource.raw.get(head)
        if scope is None:
            scope = resource.raw[head] = _new_scope(resource, head)
            resource.known.spend(len(head))
        for count, (key, start, stop) in enumerate(fields(data, at, end)):
            if key == message(2):
                yield from self._metric(scope, start, stop)
            if count % _STEP_FIELDS == _STEP_FIELDS - 1:
                yield

    def _metric(self, scope: Scope, at: int, end: int) -> Iterator[None]:
        data = self._data
        head = bytearray()  # all but the points
        form, first, last = Form.NONE, 0, 0
        before = at
        for key, start, stop in fields(data, at, end):
            if key in _FORMS:
                form, first, last = _FORMS[key], start, stop
            else:
                head += data[before:stop]
                if len(head) > MAX_HEAD_BYTES:
                    raise UnfoldsError(
                        f"more than {MAX_HEAD_BYTES} bytes before the points at {at}"
                    )
            before = stop
        if form in (Form.GAUGE, Form.SUM):
            yield from self._numbers(scope, bytes(head), form, first, last)
            return
        rest = yield from self._but(_POINT, first, last)
        metric = self._known_metric(scope, bytes(head), form, rest)
        has_none = True
        for count, (key, start, stop) in enumerate(fields(data, first, last)):
            if key == _POINT:
                has_none = False
                self._put_any(metric, start, stop)
            if count % 50 == 49:  # each is many series
                yield
        if has_none and metric.failure:
            self._request.reject(metric.metric.name, metric.failure, 1)
        yield

    def _put_any(self, metric: KnownMetric, start: int, stop: int) -> None:
        """A point of any shape."""
        if stop - start > MAX_POINT_BYTES:
            self._request.reject(metric.metric.name, f"a point of {stop - start} bytes", 1)
            return
        self._request.found(1)
        self._request.put(metric, READERS[metric.metric.form](self._data, start, stop))

    def _known_metric(self, scope: Scope, head: bytes, form: Form, rest: bytes) -> KnownMetric:
        raw = b"%d %b%b%b" % (len(head), head, form.value.encode(), rest)
        metric = scope.raw.get(raw)
        if metric is None:
            metric = scope.raw[raw] = scope.metric(_metric_of(head, form, rest))
            scope.resource.known.spend(len(raw))
        return metric

    # Numbers, of which there are most

    def _numbers(self, scope: Scope, head: bytes, form: Form, at: int, end: int) -> Iterator[None]:
        known: KnownMetric | None = None
        # Slow path: so many points are not held until the fields behind them are read.
        if end - at > _LARGE_BYTES:
            rest = yield from self._but(_POINT, at, end)
            known = self._known_metric(scope, head, form, rest)
        usual = _Usual()
        odd: list[Range] = []
        parts = []
        beside = bytearray()
        while at < end:
            at = usual.read(self._data, at, end)
            if usual.count >= STEP_POINTS:
                if known is not None:
                    yield from self._put(known, usual)
                else:
                    parts.append(usual)
                usual = _Usual()
                yield
                continue
            if at < end:
                # Slow path: a point in another order, or a field that is none.
                for key, start, stop in fields(self._data, at, end):
                    if key == _POINT:
                        odd.append((start, stop))
                    else:
                        beside += self._data[at:stop]
                    at = stop
                    break
                if len(odd) + len(beside) >= MAX_HEAD_BYTES:
                    raise UnfoldsError(f"too much beside the usual points before byte {at}")
                if known is not None and len(odd) >= _STEP_NEW:
                    yield from self._put_odd(known, odd)
                    odd = []
                elif len(odd) % _STEP_FIELDS == _STEP_FIELDS - 1:
                    yield
        parts.append(usual)
        metric = known or self._known_metric(scope, head, form, bytes(beside))
        for part in parts:
            yield from self._put(metric, part)
            yield
        yield from self._put_odd(metric, odd)

    def _put_odd(self, metric: KnownMetric, points: list[Range]) -> Iterator[None]:
        for count, (start, stop) in enumerate(points):
            self._put_any(metric, start, stop)
            if count % _STEP_NEW == _STEP_NEW - 1:
                yield

    def _put(self, metric: KnownMetric, part: "_Usual") -> Iterator[None]:
        count = part.count
        if not count:
            return
        if metric.failure or metric.is_delta or max(part.times) > _MAX_NS:
            for at, (start, stop) in enumerate(part.ranges()):
                self._put_any(metric, start, stop)
                if at % _STEP_NEW == _STEP_NEW - 1:
                    yield
            return
        self._request.found(count)
        gathered = self._request.of(metric.resource)
        templates = list(map(metric.series.get, part.tails))
        if None in templates:
            yield from self._put_new(metric, part, templates)
            return
        self._request.points += count
        _put_all(gathered, metric, part, templates)

    def _put_new(
        self, metric: KnownMetric, part: "_Usual", templates: list[Template | None]
    ) -> Iterator[None]:
        """The same where some series are new, or have more than attributes in their tails."""
        ranges = list(part.ranges())
        kept = _Usual()
        found: list[Template | None] = []
        for at, template in enumerate(templates):
            if at % _STEP_NEW == _STEP_NEW - 1:
                yield
            tail = part.tails[at]
            if template is None:
                template = self._template(metric, tail)
            if template is None:
                self._put_any(metric, *ranges[at])
                continue
            kept.copy(part, at)
            found.append(template)
        if found:
            self._request.points += len(found)
            _put_all(self._request.of(metric.resource), metric, kept, found)

    def _template(self, metric: KnownMetric, tail: bytes) -> Template | None:
        """The series of attributes that were not seen yet; None: it is not that simple."""
        pairs = []
        for key, start, stop in fields(tail, 0, len(tail)):
            if key != _ATTRIBUTE:
                return None
            pairs.append(key_value(tail, start, stop))
        try:
            template = metric.new_template(tuple(pairs))
            metric.resource.known.spend(len(tail))
        except NamingError:
            return None
        metric.series[tail] = template
        return template


def _put_all(
    gathered: Gathered, metric: KnownMetric, part: "_Usual", templates: list[Template | None]
) -> None:
    rows = gathered.floats
    rows.templates += templates  # type: ignore[arg-type]  # none is None here
    times = part.times
    if times.count(times[0]) == len(times):
        rows.stamps += [times[0] // MS] * len(times)
    else:
        rows.stamps += [time // MS for time in times]
    if metric.metric.form is Form.SUM and metric.metric.is_monotonic:
        rows.starts += [start // MS for start in part.starts]
    else:
        rows.starts += [0] * len(times)
    rows.values += part.doubles()
    gathered.metadata[metric.family] = metric.metadata


class _Usual:
    """Number points in the usual form, in columns."""

    __slots__ = ("begins", "starts", "stops", "tails", "times", "types", "values")

    def __init__(self) -> None:
        self.tails: list[bytes] = []
        self.times: list[int] = []
        self.starts: list[int] = []
        self.values: list[bytes] = []
        self.types: list[int] = []
        self.begins: list[int] = []
        self.stops: list[int] = []

    @property
    def count(self) -> int:
        return len(self.tails)

    def ranges(self) -> Iterator[Range]:
        return zip(self.begins, self.stops, strict=True)

    def copy(self, other: "_Usual", at: int) -> None:
        self.tails.append(other.tails[at])
        self.times.append(other.times[at])
        self.starts.append(other.starts[at])
        self.values.append(other.values[at])
        self.types.append(other.types[at])

    def doubles(self) -> bytes:
        """The values, integers among them converted."""
        ints = self.types.count(_AS_INT)
        raw = b"".join(self.values)
        if not ints:
            return raw
        numbers = struct.unpack(f"<{len(self.values)}q", raw)
        if ints == len(numbers):
            return array("d", numbers).tobytes()
        mixed = [
            struct.pack("<d", number) if kind == _AS_INT else value
            for number, kind, value in zip(numbers, self.types, self.values, strict=True)
        ]
        return b"".join(mixed)

    def read(self, data: bytes, at: int, end: int) -> int:
        """Points from `at` on, while they are usual, at most a step; where it stopped."""
        # Hot: bench/bench_otlp.py holds the figure. Columns of plain values, no object per point.
        unpack_head, unpack_short = _HEAD.unpack_from, _SHORT.unpack_from
        add_tail, add_time, add_start = self.tails.append, self.times.append, self.starts.append
        add_value, add_type = self.values.append, self.types.append
        add_begin, add_stop = self.begins.append, self.stops.append
        left = STEP_POINTS - len(self.tails)
        size_of_data = len(data)
        while at < end and left:
            start = at + 2
            if start + _HEAD_BYTES > size_of_data or data[at] != 0x0A:
                return at
            size = data[at + 1]
            if size >= 0x80:
                more = data[start]
                if more >= 0x80:
                    return at
                size = size & 0x7F | more << 7
                start += 1
                if start + _HEAD_BYTES > size_of_data:
                    return at
            stop = start + size
            if stop > end:
                return at
            tag, begun, time_tag, time, kind, value = unpack_head(data, start)
            tail = start + _HEAD_BYTES
            if tag != _START or time_tag != _TIME:
                if tag != _TIME:
                    return at
                tag, time, kind, value = unpack_short(data, start)
                begun, tail = 0, start + _SHORT_BYTES
            if (kind != _AS_DOUBLE and kind != _AS_INT) or tail > stop:
                return at
            add_tail(data[tail:stop])
            add_time(time)
            add_start(begun)
            add_value(value)
            add_type(kind)
            add_begin(start)
            add_stop(stop)
            left -= 1
            at = stop
        return at


def _new_scope(resource: Resource, head: bytes) -> Scope:
    own, url = b"", ""
    for key, start, stop in fields(head, 0, len(head)):
        if key == message(1):
            own += head[start:stop]  # protobuf merges what comes twice
        elif key == message(3):
            url = text(head, start, stop)
    name = version = ""
    for key, start, stop in fields(own, 0, len(own)):
        if key == message(1):
            name = text(own, start, stop)
        elif key == message(2):
            version = text(own, start, stop)
    return resource.scope(name, version, url, attributes_of(own, 0, len(own), 3))


def _metric_of(head: bytes, form: Form, rest: bytes) -> Metric:
    texts = {message(1): "", message(2): "", message(3): ""}
    prometheus_type = ""
    for key, start, stop in fields(head, 0, len(head)):
        if key in texts:
            texts[key] = text(head, start, stop)
        elif key == message(12):
            name, value = key_value(head, start, stop)
            prometheus_type = value if name == "prometheus.type" else prometheus_type
    temporality = monotonic = 0
    for key, start, _ in fields(rest, 0, len(rest)):
        if key == varint_of(2):
            temporality = read_varint(rest, start)[0]
        elif key == varint_of(3):
            monotonic = read_varint(rest, start)[0]
    name, description, unit = texts.values()
    return Metric(
        name=name,
        unit=unit,
        description=description,
        form=form,
        temporality=Temporality(temporality) if temporality in (1, 2) else Temporality.UNSPECIFIED,
        is_monotonic=bool(monotonic),
        prometheus_type=prometheus_type,
    )
