"""Native histograms: checked, and made coarser where a job limits their buckets.

Takes histograms; gives histograms of the same observations with a lower schema.
Source: native histogram specification (schema n has 2**n buckets for each power of two);
reference/prometheus.md 3.2 for both limits.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log2

import attrs

from scraper.exposition.errors import ExpositionError
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram

MIN_SCHEMA, MAX_SCHEMA = -4, 8


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


def coarser(held: Mapping[int, Histogram], limits: Resolution) -> Mapping[int, Histogram]:
    """All histograms of a page within `limits`. Raises ExpositionError."""
    # Fast path: no limits.
    if limits == Resolution():
        return held
    return {at: _limited(each, limits) for at, each in held.items()}


def _limited(histogram: Histogram, limits: Resolution) -> Histogram:
    if histogram.schema != CUSTOM_BUCKETS_SCHEMA and histogram.schema > limits.max_schema:
        histogram = reduced(histogram, limits.max_schema)
    while 0 < limits.max_buckets < bucket_count(histogram):
        if histogram.schema in (CUSTOM_BUCKETS_SCHEMA, MIN_SCHEMA):
            reason = f"native_histogram_bucket_limit {limits.max_buckets} exceeded"
            raise ExpositionError(reason, 0, b"")
        histogram = reduced(histogram, histogram.schema - 1)
    return histogram


def bucket_count(histogram: Histogram) -> int:
    return len(histogram.positive_buckets) + len(histogram.negative_buckets)


def reduced(histogram: Histogram, schema: int) -> Histogram:
    """The same with a lower schema: 2**difference buckets become one."""
    shift = histogram.schema - schema
    positive = _merged(histogram.positive_spans, histogram.positive_buckets, shift, histogram)
    negative = _merged(histogram.negative_spans, histogram.negative_buckets, shift, histogram)
    return attrs.evolve(
        histogram,
        schema=schema,
        positive_spans=positive[0],
        positive_buckets=positive[1],
        negative_spans=negative[0],
        negative_buckets=negative[1],
    )


Buckets = tuple[int, ...] | tuple[float, ...]


def _merged(
    spans: Sequence[BucketSpan], buckets: Sequence[float], shift: int, histogram: Histogram
) -> tuple[tuple[BucketSpan, ...], Buckets]:
    counts: dict[int, float] = {}
    total: float = 0
    for index, bucket in zip(indices(spans), buckets, strict=True):
        total = bucket if histogram.is_float else total + bucket
        # Bucket i ends at base**i: a multiple of 2**shift stays the last of its group.
        target = ((index - 1) >> shift) + 1
        counts[target] = counts.get(target, 0) + total
    return spans_of(counts), _encoded(list(counts.values()), histogram.is_float)


def indices(spans: Sequence[BucketSpan]) -> Iterator[int]:
    """The index of each bucket."""
    at = 0
    for span in spans:
        at += span.offset
        yield from range(at, at + span.length)
        at += span.length


def spans_of(counts: Mapping[int, float]) -> tuple[BucketSpan, ...]:
    """The spans of buckets with these indices, which ascend."""
    spans: list[BucketSpan] = []
    end = 0
    for index in counts:
        if spans and index == end:
            spans[-1] = BucketSpan(spans[-1].offset, spans[-1].length + 1)
        else:
            spans.append(BucketSpan(index - end, 1))
        end = index + 1
    return tuple(spans)


def _encoded(counts: Sequence[float], is_float: bool) -> Buckets:
    """Absolute counts as a histogram holds them: deltas if they are integers."""
    if is_float:
        return tuple(counts)
    whole = [int(count) for count in counts]
    return tuple([each - before for each, before in zip(whole, [0, *whole], strict=False)])


def custom(
    bounds: Sequence[float], cumulative: Sequence[float], count: float, total: float
) -> Histogram:
    """A native histogram with custom buckets of a classic one.

    `bounds` ascend, +Inf left out; `cumulative` are their counts. Raises ValueError.
    """
    counts: dict[int, float] = {}
    before = 0.0
    for at, below in enumerate([*cumulative, count]):
        if not before <= below:
            raise ValueError("the buckets of a classic histogram do not ascend")
        if below > before:
            counts[at] = below - before
        before = below
    is_float = any(not each.is_integer() for each in map(float, [*cumulative, count]))
    return Histogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=float(count) if is_float else ceil(count),
        sum=total,
        positive_spans=spans_of(counts),
        positive_buckets=_encoded(list(counts.values()), is_float),
        custom_values=tuple(bounds),
        is_float=is_float,
    )
