"""Native histograms as they travel beside the floats of a batch.

Source: `prometheus.Histogram` of remote write 1.0 and 2.0 (same message; 2.0 adds custom values).
"""

import enum

import attrs

CUSTOM_BUCKETS_SCHEMA = -53  # NHCB: bounds listed in custom_values


class ResetHint(enum.IntEnum):
    UNKNOWN = 0
    YES = 1
    NO = 2
    GAUGE = 3


@attrs.frozen
class BucketSpan:
    offset: int
    length: int


@attrs.frozen(kw_only=True)
class Histogram:
    """One native histogram sample; counts are integers (deltas) or floats (absolute).

    Exactly one representation is used: `is_float` says which.
    """

    schema: int
    count: int | float
    sum: float
    zero_threshold: float = 0.0
    zero_count: int | float = 0
    positive_spans: tuple[BucketSpan, ...] = ()
    positive_buckets: tuple[int, ...] | tuple[float, ...] = ()
    negative_spans: tuple[BucketSpan, ...] = ()
    negative_buckets: tuple[int, ...] | tuple[float, ...] = ()
    custom_values: tuple[float, ...] = ()
    reset_hint: ResetHint = ResetHint.UNKNOWN
    is_float: bool = False


# What ends a series of native histograms: empty, and written with the staleness marker as its sum
# (reference/prometheus.md 1.1, row 10; Prometheus knows the end of a histogram by its sum).
ENDED = Histogram(schema=0, count=0, sum=0.0)
