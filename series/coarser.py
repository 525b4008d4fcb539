"""A native histogram with fewer, wider buckets.

Takes a histogram and a lower schema; gives one of the same observations.
Source: native histogram specification (schema n has 2**n buckets for each power of two).
"""

from collections.abc import Sequence

import attrs

from series.buckets import Counts, absolute, encoded, indices, spans_of
from series.histogram import BucketSpan, Histogram


def reduced(histogram: Histogram, schema: int) -> Histogram:
    """The same with a lower schema: 2**difference buckets become one."""
    shift, is_float = histogram.schema - schema, histogram.is_float
    positive = _merged(histogram.positive_spans, histogram.positive_buckets, shift, is_float)
    negative = _merged(histogram.negative_spans, histogram.negative_buckets, shift, is_float)
    return attrs.evolve(
        histogram,
        schema=schema,
        positive_spans=positive[0],
        positive_buckets=positive[1],
        negative_spans=negative[0],
        negative_buckets=negative[1],
    )


def _merged(
    spans: Sequence[BucketSpan], counts: Counts, shift: int, is_float: bool
) -> tuple[tuple[BucketSpan, ...], Counts]:
    merged: dict[int, float] = {}
    for index, count in zip(indices(spans), absolute(counts, is_float), strict=True):
        # Bucket i ends at base**i: a multiple of 2**shift stays the last of its group.
        target = ((index - 1) >> shift) + 1
        merged[target] = merged.get(target, 0) + count
    return spans_of(merged), encoded(list(merged.values()), is_float)
