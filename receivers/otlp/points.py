"""Points of OTLP metrics as plain values: what protobuf and JSON are both read into.

Times are nanoseconds since the epoch, 0 where the sender gave none.
"""

import enum

import attrs

from receivers.otlp.labels import Attributes


class Form(enum.Enum):
    """Which member of `Metric.data` was set."""

    GAUGE = "gauge"
    SUM = "sum"
    HISTOGRAM = "histogram"
    EXPONENTIAL = "exponential histogram"
    SUMMARY = "summary"
    NONE = "none"


class Temporality(enum.IntEnum):
    UNSPECIFIED = 0
    DELTA = 1
    CUMULATIVE = 2


@attrs.frozen(kw_only=True)
class Metric:
    """All of a metric but its points. `prometheus_type`: from its metadata."""

    name: str
    unit: str = ""
    description: str = ""
    form: Form = Form.NONE
    temporality: Temporality = Temporality.UNSPECIFIED
    is_monotonic: bool = False
    prometheus_type: str = ""


@attrs.frozen(kw_only=True)
class PointExemplar:
    value: float
    time_ns: int = 0
    trace_id: bytes = b""
    span_id: bytes = b""
    attributes: Attributes = ()


@attrs.frozen(kw_only=True)
class Point:
    """What all forms have. `is_stale`: the flag NoRecordedValue."""

    attributes: Attributes = ()
    time_ns: int = 0
    start_ns: int = 0
    is_stale: bool = False
    exemplars: tuple[PointExemplar, ...] = ()


@attrs.frozen(kw_only=True)
class NumberPoint(Point):
    """`value` is the eight bytes of the double."""

    value: bytes


@attrs.frozen(kw_only=True)
class HistogramPoint(Point):
    """`counts` has one more than `bounds`, or both are empty."""

    count: int
    sum: float | None = None
    bounds: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


@attrs.frozen
class Buckets:
    offset: int = 0
    counts: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class ExponentialPoint(Point):
    count: int
    sum: float | None = None
    scale: int = 0
    zero_count: int = 0
    zero_threshold: float = 0.0
    positive: Buckets = Buckets()
    negative: Buckets = Buckets()


@attrs.frozen(kw_only=True)
class SummaryPoint(Point):
    count: int
    sum: float = 0.0
    quantiles: tuple[tuple[float, float], ...] = ()
