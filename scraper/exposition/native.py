"""Native histograms made coarser, where a job limits their buckets.

Takes histograms; gives histograms of the same observations with a lower schema.
Source: native histogram specification (schema n has 2**n buckets for each power of two);
reference/prometheus.md 3.2 for both limits.
"""

from collections.abc import Generator, Mapping, Sequence
from math import floor, log2

import attrs

from scraper.exposition.errors import BucketLimitError, ExpositionError
from series.coarser import reduced
from series.histogram import CUSTOM_BUCKETS_SCHEMA, Histogram
from series.soundness import MAX_SCHEMA, MIN_SCHEMA, check_schema


@attrs.frozen
class Resolution:
    """A `max_buckets` of 0 is no limit."""

    max_buckets: int = 0
    max_schema: int = MAX_SCHEMA


def max_schema(min_bucket_factor: float) -> int:
    """The finest schema whose buckets grow by at least that factor."""
    if min_bucket_factor <= 1:
        return MAX_SCHEMA
    return min(MAX_SCHEMA, max(MIN_SCHEMA, floor(-log2(log2(min_bucket_factor)))))


# A histogram that is good as it is costs 1 us; one that is reduced, 100.
LIMITED_PER_STEP = 30


def coarser(
    held: Mapping[int, Histogram], keys: Sequence[bytes], limits: Resolution
) -> Generator[None, None, Mapping[int, Histogram]]:
    """All histograms of a page within `limits`, in steps.

    Raises ExpositionError that shows the series.
    """
    limited: dict[int, Histogram] = {}
    for at, histogram in held.items():
        if len(limited) % LIMITED_PER_STEP == 0:
            yield
        try:
            limited[at] = _limited(histogram, limits)
        except ValueError as exc:
            raise ExpositionError(str(exc), 0, keys[at]) from exc
    return limited


def _limited(histogram: Histogram, limits: Resolution) -> Histogram:
    # Only a job that sets a factor gets finer schemas than may be sent, made coarser.
    if limits.max_schema < MAX_SCHEMA and histogram.schema > limits.max_schema:
        histogram = reduced(histogram, limits.max_schema)
    check_schema(histogram)
    while 0 < limits.max_buckets < bucket_count(histogram):
        if histogram.schema in (CUSTOM_BUCKETS_SCHEMA, MIN_SCHEMA):
            raise BucketLimitError(
                f"native_histogram_bucket_limit {limits.max_buckets} exceeded: "
                f"{bucket_count(histogram)} buckets at schema {histogram.schema}"
            )
        histogram = reduced(histogram, histogram.schema - 1)
    return histogram


def bucket_count(histogram: Histogram) -> int:
    return len(histogram.positive_buckets) + len(histogram.negative_buckets)
