"""Delta points added up to cumulative ones.

Takes a series and a delta point; gives the cumulative point, None for one that repeats what was
added already. Bounded: the series longest without a point go first, and are counted.
Source: Prometheus' feature otlp-deltatocumulative (the collector's deltatocumulative processor).
"""

import struct
from collections import OrderedDict
from itertools import zip_longest

import attrs

from receivers.otlp.native import UntranslatableError
from receivers.otlp.points import Buckets, ExponentialPoint, HistogramPoint, NumberPoint, Point
from series.template import Template

MAX_SERIES = 100_000
_DOUBLE = struct.Struct("<d")


@attrs.frozen(kw_only=True)
class CumulationStatistics:
    """`series` are held, at most `max_series`; `forgotten_total` were given up for others, and
    start anew when they come again."""

    series: int = 0
    max_series: int = 0
    forgotten_total: int = 0


class Cumulation:
    """Sums by series. A point that is older than the last one is refused: its time is taken."""

    def __init__(self, max_series: int = MAX_SERIES) -> None:
        self._max_series = max_series
        self._totals: OrderedDict[Template, Point] = OrderedDict()
        self.forgotten_total = 0

    def __len__(self) -> int:
        return len(self._totals)

    def statistics(self) -> CumulationStatistics:
        return CumulationStatistics(
            series=len(self._totals),
            max_series=self._max_series,
            forgotten_total=self.forgotten_total,
        )

    def add(self, series: Template, point: Point) -> Point | None:
        """Raises UntranslatableError."""
        before = self._totals.get(series)
        if before is not None:
            if point.time_ns == before.time_ns:
                return None  # sent again
            if point.time_ns < before.time_ns:
                raise UntranslatableError("a delta that is older than one added before")
            point = attrs.evolve(_added(before, point), start_ns=before.start_ns)
        self._totals[series] = point
        self._totals.move_to_end(series)
        while len(self._totals) > self._max_series:
            self._totals.popitem(last=False)
            self.forgotten_total += 1
        return point


def _added(before: Point, point: Point) -> Point:
    match before, point:
        case NumberPoint(), NumberPoint():
            total = _DOUBLE.unpack(before.value)[0] + _DOUBLE.unpack(point.value)[0]
            return attrs.evolve(point, value=_DOUBLE.pack(total))
        case HistogramPoint(), HistogramPoint() if before.bounds == point.bounds:
            counts = tuple(
                [one + two for one, two in zip_longest(before.counts, point.counts, fillvalue=0)]
            )
            return attrs.evolve(
                point,
                count=before.count + point.count,
                sum=_sum(before.sum, point.sum),
                counts=counts,
            )
        case ExponentialPoint(), ExponentialPoint():
            return _added_exponential(before, point)
    return point  # of another form or other bounds: it starts anew


def _sum(one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else one + two


def _added_exponential(before: ExponentialPoint, point: ExponentialPoint) -> ExponentialPoint:
    scale = min(before.scale, point.scale)
    parts = (before, before.scale - scale), (point, point.scale - scale)
    return attrs.evolve(
        point,
        count=before.count + point.count,
        sum=_sum(before.sum, point.sum),
        scale=scale,
        zero_count=before.zero_count + point.zero_count,
        zero_threshold=max(before.zero_threshold, point.zero_threshold),
        positive=_merged([(one.positive, down) for one, down in parts]),
        negative=_merged([(one.negative, down) for one, down in parts]),
    )


# As wide as one point may be; wider ones would be refused anyway.
_MAX_WIDTH = 4096


def _merged(parts: list[tuple[Buckets, int]]) -> Buckets:
    counts: dict[int, int] = {}
    for buckets, down in parts:
        for at, count in enumerate(buckets.counts, start=buckets.offset):
            if count:
                counts[at >> down] = counts.get(at >> down, 0) + count
    if not counts:
        return Buckets()
    first, last = min(counts), max(counts)
    if last - first >= _MAX_WIDTH:
        raise UntranslatableError(f"added up it has more than {_MAX_WIDTH} buckets")
    return Buckets(first, tuple([counts.get(at, 0) for at in range(first, last + 1)]))
