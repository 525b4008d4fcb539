"""The resolution of native histograms: the cases of Prometheus' TestBucketLimitAppender,
TestMaxSchemaAppender and TestPickSchema.
"""

from itertools import accumulate

import attrs
import pytest

from scraper.exposition.errors import ExpositionError
from scraper.exposition.native import Resolution, bucket_count, coarser, max_schema
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram
from tests.scraper.steps import finish

EXAMPLE = Histogram(
    schema=0,
    count=21,
    sum=33,
    zero_threshold=0.001,
    zero_count=3,
    positive_spans=(BucketSpan(0, 3),),
    positive_buckets=(3, 0, 0),
    negative_spans=(BucketSpan(0, 3),),
    negative_buckets=(3, 0, 0),
)
BIG_GAP = Histogram(
    schema=0,
    count=5,
    sum=33,
    zero_threshold=0.001,
    zero_count=3,
    positive_spans=(BucketSpan(1, 1), BucketSpan(2, 1)),
    positive_buckets=(1, 0),
)
CUSTOM = Histogram(
    schema=CUSTOM_BUCKETS_SCHEMA,
    count=9,
    sum=33,
    positive_spans=(BucketSpan(0, 3),),
    positive_buckets=(3, 0, 0),
    custom_values=(1.0, 2.0, 3.0),
)


def as_floats(histogram: Histogram) -> Histogram:
    """The same histogram, written with absolute counts."""
    return attrs.evolve(
        histogram,
        positive_buckets=tuple(map(float, accumulate(histogram.positive_buckets))),
        negative_buckets=tuple(map(float, accumulate(histogram.negative_buckets))),
        is_float=True,
    )


def limited(histogram: Histogram, limits: Resolution) -> Histogram:
    return finish(coarser({0: histogram}, [b"m "], limits))[0]


@pytest.mark.parametrize("is_float", [False, True])
@pytest.mark.parametrize(
    ("histogram", "limits", "schema", "buckets"),
    [
        pytest.param(EXAMPLE, Resolution(max_buckets=4), -1, 4, id="one step coarser"),
        pytest.param(EXAMPLE, Resolution(max_buckets=10), 0, 6, id="within the limit"),
        pytest.param(BIG_GAP, Resolution(max_buckets=1), -2, 1, id="two steps, across a gap"),
        pytest.param(
            CUSTOM, Resolution(max_buckets=3), CUSTOM_BUCKETS_SCHEMA, 3, id="custom buckets"
        ),
        pytest.param(EXAMPLE, Resolution(max_schema=-1), -1, 4, id="a factor makes it coarser"),
        pytest.param(EXAMPLE, Resolution(max_schema=0), 0, 6, id="or just not"),
        pytest.param(
            CUSTOM, Resolution(max_schema=-1), CUSTOM_BUCKETS_SCHEMA, 3, id="never custom ones"
        ),
    ],
)
def test_coarser(
    histogram: Histogram, limits: Resolution, schema: int, buckets: int, is_float: bool
) -> None:
    found = limited(as_floats(histogram) if is_float else histogram, limits)
    assert (found.schema, bucket_count(found)) == (schema, buckets)
    assert (found.count, found.sum) == (histogram.count, histogram.sum)


@pytest.mark.parametrize(
    ("histogram", "limit", "words"),
    [
        pytest.param(EXAMPLE, 3, "bucket_limit 3 exceeded: 4 buckets at schema -4", id="no way"),
        pytest.param(CUSTOM, 2, "bucket_limit 2 exceeded: 3 buckets", id="custom ones stay"),
    ],
)
def test_too_many_buckets(histogram: Histogram, limit: int, words: str) -> None:
    for each in (histogram, as_floats(histogram)):
        with pytest.raises(ExpositionError, match=words):
            limited(each, Resolution(max_buckets=limit))


FACTORS = {
    65536: -4,
    256: -3,
    16: -2,
    4: -1,
    2: 0,
    1.4: 1,
    1.1: 2,
    1.09: 3,
    1.04: 4,
    1.02: 5,
    1.01: 6,
    1.005: 7,
    1.002: 8,
    0: 8,  # the default: as fine as may be sent
}


@pytest.mark.parametrize(("factor", "schema"), FACTORS.items())
def test_the_schema_of_a_factor(factor: float, schema: int) -> None:
    assert max_schema(factor) == schema
