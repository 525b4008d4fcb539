"""Points to rows: what each form of OTLP metric becomes.

Takes points of known metrics; puts rows, counts what cannot be taken and says why.
Source: reference/peers.md 1.3 to 1.8. Invariant: one bad metric never costs the request.
"""

import struct
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import attrs

from receivers.otlp.cumulate import Cumulation
from receivers.otlp.known import Known, KnownMetric, Resource, UnfoldsError
from receivers.otlp.names import NamingError
from receivers.otlp.native import UntranslatableError, custom, exponential
from receivers.otlp.points import (
    ExponentialPoint,
    Form,
    HistogramPoint,
    NumberPoint,
    Point,
    PointExemplar,
    SummaryPoint,
)
from receivers.otlp.rows import Gathered
from receivers.otlp.settings import Delta
from receivers.otlp.texts import decimal_text
from series.batch import Batch
from series.exemplar import Exemplar
from series.metadata import Metadata

MS = 1_000_000  # nanoseconds
# More names than that nobody reads.
MAX_REASONS = 5
MAX_BUCKETS = 4096
# A point is 30 bytes at the least where it means something: 64 MiB of them. Empty ones take two
# bytes, and forty when they are read.
MAX_POINTS = 2_000_000
# A timestamp of int64 nanoseconds; fixed64 could say twice that.
_MAX_NS = 2**63 - 1
_MAX_EXEMPLAR_RUNES = 128
# Half of Prometheus' look-back: whoever asks at any time finds target_info.
_INFO_EVERY_MS = 150_000
_MAX_INFOS = 100
_DOUBLE = struct.Struct("<d")
_ONE = _DOUBLE.pack(1.0)


@attrs.frozen(kw_only=True)
class Taken:
    """What became of a request. `rejected`: points; `reasons`: the first of them, by name."""

    batches: tuple[Batch, ...]
    points: int
    rejected: int
    reasons: tuple[str, ...]
    metadata: tuple[Metadata, ...] = ()


class Request:
    """One request on its way."""

    def __init__(self, known: Known, cumulation: Cumulation, size: int) -> None:
        known.begin(size)
        self.known = known
        self._cumulation = cumulation
        self._gathered: dict[Resource, Gathered] = {}
        self.points = self.rejected = self._found = 0
        self._reasons: dict[str, None] = {}

    def of(self, resource: Resource) -> Gathered:
        found = self._gathered.get(resource)
        if found is None:
            found = self._gathered[resource] = Gathered(resource)
        found.cut()
        return found

    def found(self, points: int) -> None:
        """Counts points before they are put. Raises UnfoldsError."""
        self._found += points
        if self._found > MAX_POINTS:
            raise UnfoldsError(f"more than {MAX_POINTS} points in one request")

    def reject(self, name: str, why: str, points: int) -> None:
        self.rejected += points
        if len(self._reasons) < MAX_REASONS:
            self._reasons[f"{name[:80]}: {why}"] = None

    def put(self, metric: KnownMetric, point: Point) -> None:
        """One point; what is wrong with it costs it alone."""
        name = metric.metric.name
        if metric.failure:
            self.reject(name, metric.failure, 1)
            return
        gathered = self.of(metric.resource)
        try:
            if not 0 <= point.time_ns <= _MAX_NS or point.start_ns > _MAX_NS:
                raise UntranslatableError("its time is out of range")
            if not point.is_stale and metric.is_delta:
                wanted = self._cumulated(metric, point)
                if wanted is None:
                    return
                point = wanted
            _PUTS[metric.metric.form](gathered, metric, point)
        except (NamingError, UntranslatableError) as exc:
            self.reject(name, str(exc), 1)
            return
        self.points += 1
        gathered.metadata[metric.family] = metric.metadata

    def _cumulated(self, metric: KnownMetric, point: Point) -> Point | None:
        if self.known.translation.delta is Delta.STORED:
            return point
        return self._cumulation.add(metric.template(point.attributes), point)

    def finish(self) -> Taken:
        metadata: dict[str, Metadata] = {}
        batches: list[Batch] = []
        for gathered in self._gathered.values():
            _put_target_info(gathered)
            batches += gathered.batches()
            metadata.update(gathered.metadata)
        return Taken(
            batches=tuple(batches),
            points=self.points,
            rejected=self.rejected,
            reasons=tuple(self._reasons),
            metadata=tuple(metadata.values()),
        )


def _put_number(gathered: Gathered, metric: KnownMetric, point: NumberPoint) -> None:
    template = metric.template(point.attributes)
    stamp_ms = point.time_ns // MS
    if point.is_stale:
        gathered.put_stale(template, stamp_ms)
        return
    # Prometheus keeps those of counters alone.
    exemplars = _exemplars(point) if metric.metric.is_monotonic else ()
    gathered.floats.put(template, stamp_ms, _start_ms(metric, point), point.value, exemplars)


def _start_ms(metric: KnownMetric, point: Point) -> int:
    """Gauges have none that means anything."""
    is_counter = metric.metric.form is not Form.GAUGE and (
        metric.metric.form is not Form.SUM or metric.metric.is_monotonic
    )
    return point.start_ns // MS if is_counter else 0


def _put_floats(
    gathered: Gathered,
    metric: KnownMetric,
    point: Point,
    rows: Iterator[tuple[str, tuple[tuple[str, str], ...], float]],
    exemplars: dict[str, tuple[Exemplar, ...]],
) -> None:
    stamp_ms, start_ms = point.time_ns // MS, _start_ms(metric, point)
    # All names first: a point is taken whole or not at all.
    made = [
        (metric.template(point.attributes, ending, *more), more, value)
        for ending, more, value in rows
    ]
    for template, more, value in made:
        if point.is_stale:
            gathered.put_stale(template, stamp_ms)
        else:
            beside = exemplars.get(more[0][1], ()) if more else ()
            gathered.floats.put(template, stamp_ms, start_ms, _DOUBLE.pack(value), beside)


def _put_histogram(gathered: Gathered, metric: KnownMetric, point: HistogramPoint) -> None:
    if len(point.counts) > MAX_BUCKETS or len(point.bounds) > MAX_BUCKETS:
        raise UntranslatableError(f"it has more than {MAX_BUCKETS} buckets")
    if metric.resource.known.translation.custom_buckets:
        _put_native(gathered, metric, point, custom)
        return
    bounds = [decimal_text(bound) for bound in point.bounds]

    def rows() -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
        if point.sum is not None:
            yield "_sum", (), point.sum
        yield "_count", (), float(point.count)
        for bound, count in zip(bounds, accumulate(point.counts), strict=False):
            yield "_bucket", (("le", bound),), float(count)
        yield "_bucket", (("le", "+Inf"),), float(point.count)

    by_bound: dict[str, tuple[Exemplar, ...]] = {}
    for given, exemplar in zip(point.exemplars, _exemplars(point), strict=True):
        above = [
            text for text, edge in zip(bounds, point.bounds, strict=True) if edge >= given.value
        ]
        bound = above[0] if above else "+Inf"
        by_bound[bound] = (*by_bound.get(bound, ()), exemplar)
    _put_floats(gathered, metric, point, rows(), by_bound)


def _put_exponential(gathered: Gathered, metric: KnownMetric, point: ExponentialPoint) -> None:
    if max(len(point.positive.counts), len(point.negative.counts)) > MAX_BUCKETS:
        raise UntranslatableError(f"it has more than {MAX_BUCKETS} buckets")
    _put_native(gathered, metric, point, exponential)


def _put_native(
    gathered: Gathered, metric: KnownMetric, point: Point, convert: Callable[..., Any]
) -> None:
    template = metric.template(point.attributes)
    stamp_ms = point.time_ns // MS
    if point.is_stale:
        gathered.put_stale(template, stamp_ms, is_native=True)
        return
    is_gauge = metric.is_delta and metric.resource.known.translation.delta is Delta.STORED
    histogram = convert(point, is_gauge=is_gauge)
    exemplars = _exemplars(point)
    gathered.put_native(template, stamp_ms, point.start_ns // MS, histogram, exemplars)


def _put_summary(gathered: Gathered, metric: KnownMetric, point: SummaryPoint) -> None:
    if len(point.quantiles) > MAX_BUCKETS:
        raise UntranslatableError(f"it has more than {MAX_BUCKETS} quantiles")

    def rows() -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
        yield "_sum", (), point.sum
        yield "_count", (), float(point.count)
        for quantile, value in point.quantiles:
            yield "", (("quantile", decimal_text(quantile)),), value

    _put_floats(gathered, metric, point, rows(), {})


_PUTS: dict[Form, Callable[[Gathered, KnownMetric, Any], None]] = {
    Form.GAUGE: _put_number,
    Form.SUM: _put_number,
    Form.HISTOGRAM: _put_histogram,
    Form.EXPONENTIAL: _put_exponential,
    Form.SUMMARY: _put_summary,
}


def _exemplars(point: Point) -> tuple[Exemplar, ...]:
    return tuple([_exemplar(one) for one in point.exemplars])


def _exemplar(given: PointExemplar) -> Exemplar:
    labels = []
    if given.trace_id:
        labels.append(("trace_id", given.trace_id.hex()))
    if given.span_id:
        labels.append(("span_id", given.span_id.hex()))
    runes = sum([len(text) for pair in (*labels, *given.attributes) for text in pair])
    if runes <= _MAX_EXEMPLAR_RUNES:
        labels += given.attributes
    stamp_ms = given.time_ns // MS if 0 < given.time_ns <= _MAX_NS else None
    return Exemplar(tuple(sorted(labels)), given.value, stamp_ms)


def _put_target_info(gathered: Gathered) -> None:
    """From the oldest to the newest point, often enough for Prometheus' look-back."""
    times = gathered.times()
    if times is None:
        return
    resource = gathered.resource
    try:
        template = resource.target_info()
    except NamingError:
        return
    if template is None:
        return
    oldest, newest = times
    oldest = max(oldest, newest - _MAX_INFOS * _INFO_EVERY_MS)
    # Two requests whose times overlap would send it out of order (prometheus#16063).
    for stamp_ms in (*range(oldest, newest, _INFO_EVERY_MS), newest):
        if stamp_ms > resource.told_ms:
            gathered.floats.put(template, stamp_ms, 0, _ONE)
            resource.told_ms = stamp_ms
