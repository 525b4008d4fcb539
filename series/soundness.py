"""Whether a native histogram is one.

Takes a histogram as it was exposed or pushed; raises ValueError with what contradicts itself.
Source: `Validate` of Prometheus' histograms, which it runs on every scrape, where a bad one fails
the scrape, and on every remote write, where it is refused. Not checked for float histograms:
whether buckets and count agree (rounding).
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf, isnan

from series.buckets import Counts, absolute
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram

MIN_SCHEMA, MAX_SCHEMA = -4, 8
# Finer ones are reserved by the specification, and readable if they are made coarser.
MIN_RESERVED_SCHEMA, MAX_RESERVED_SCHEMA = -9, 52


def check(histogram: Histogram) -> None:
    """Everything but whether the schema is one that may be sent. Raises ValueError."""
    check_spans("positive", histogram.positive_spans, len(histogram.positive_buckets))
    check_spans("negative", histogram.negative_spans, len(histogram.negative_buckets))
    if histogram.schema == CUSTOM_BUCKETS_SCHEMA:
        _check_custom(histogram)
    elif not MIN_RESERVED_SCHEMA <= histogram.schema <= MAX_RESERVED_SCHEMA:
        raise ValueError(_bad_schema(histogram.schema))
    elif histogram.custom_values:
        raise ValueError("native histogram: only schema -53 has custom bounds")
    _check_counts(histogram)


def check_schema(histogram: Histogram) -> None:
    schema = histogram.schema
    if schema != CUSTOM_BUCKETS_SCHEMA and not MIN_SCHEMA <= schema <= MAX_SCHEMA:
        raise ValueError(_bad_schema(schema))


def _bad_schema(schema: int) -> str:
    return (
        f"native histogram: invalid schema {schema}; "
        f"{MIN_SCHEMA} to {MAX_SCHEMA} are valid, and {CUSTOM_BUCKETS_SCHEMA} for custom buckets"
    )


def check_spans(side: str, spans: Sequence[BucketSpan], bucket_count: int) -> None:
    """Raises ValueError."""
    for number, span in enumerate(spans[1:], 2):
        if span.offset < 0:
            raise ValueError(
                f"native histogram, {side} side: span {number} has the negative offset "
                f"{span.offset}"
            )
    spanned = sum([span.length for span in spans])
    if spanned != bucket_count:
        raise ValueError(
            f"native histogram, {side} side: the spans need {spanned} buckets, "
            f"there are {bucket_count}"
        )


def _check_custom(histogram: Histogram) -> None:
    bounds, spans = histogram.custom_values, histogram.positive_spans
    if any(map(isnan, bounds)):
        raise ValueError("custom buckets: a bound is NaN")
    for before, bound in pairwise(bounds):
        if bound <= before:
            raise ValueError(f"custom buckets: the bound {bound:g} follows {before:g}")
    if bounds and bounds[-1] == inf:
        raise ValueError("custom buckets: the last bound +Inf is implied and must not be given")
    if spans and spans[0].offset < 0:
        raise ValueError(f"custom buckets: span 1 has the negative offset {spans[0].offset}")
    reach = sum([span.offset + span.length for span in spans])
    if reach > len(bounds) + 1:
        raise ValueError(f"custom buckets: {len(bounds)} bounds are too few for {reach} buckets")
    if histogram.zero_count or histogram.zero_threshold:
        raise ValueError("custom buckets: there is no zero bucket")
    if histogram.negative_spans or histogram.negative_buckets:
        raise ValueError("custom buckets: there are no negative buckets")


def _check_counts(histogram: Histogram) -> None:
    is_float = histogram.is_float
    found = _sum_of("negative", histogram.negative_buckets, is_float)
    found += _sum_of("positive", histogram.positive_buckets, is_float) + histogram.zero_count
    if histogram.zero_count < 0:
        raise ValueError(f"native histogram: the zero bucket holds {histogram.zero_count}")
    if is_float:
        if histogram.count < 0:
            raise ValueError(f"native histogram: its count is negative: {histogram.count}")
        return
    # An observation of NaN is counted, but in no bucket; it makes the sum NaN.
    if found > histogram.count or (found < histogram.count and not isnan(histogram.sum)):
        raise ValueError(
            f"native histogram: its buckets hold {found} observations, "
            f"its count is {histogram.count}"
        )


def _sum_of(side: str, counts: Counts, is_float: bool) -> float:
    whole = absolute(counts, is_float)
    for number, count in enumerate(whole, 1):
        if count < 0:
            raise ValueError(
                f"native histogram, {side} side: bucket {number} holds {count} observations"
            )
    return sum(whole)
