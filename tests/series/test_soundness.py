"""Native histograms that contradict themselves, as Prometheus' storage refuses them."""

from math import inf, nan

import attrs
import pytest

from series.histogram import BucketSpan, Histogram
from series.soundness import check, check_schema

GOOD = Histogram(
    schema=3,
    count=9,
    sum=3.5,
    zero_threshold=0.001,
    zero_count=2,
    positive_spans=(BucketSpan(-5, 2), BucketSpan(3, 1)),
    positive_buckets=(1, 1, 1),
    negative_spans=(BucketSpan(0, 1),),
    negative_buckets=(1,),
)
FLOAT = attrs.evolve(
    GOOD,
    is_float=True,
    count=9.5,
    zero_count=2.0,
    positive_buckets=(1.0, 2.0, 3.0),
    negative_buckets=(1.0,),
)
CUSTOM = Histogram(
    schema=-53,
    count=3,
    sum=1.0,
    positive_spans=(BucketSpan(0, 3),),
    positive_buckets=(1, 0, 0),
    custom_values=(1.0, 2.0),
)


@pytest.mark.parametrize(
    ("histogram", "changes"),
    [
        pytest.param(GOOD, {}, id="as it should be"),
        pytest.param(GOOD, {"sum": nan, "count": 12}, id="a NaN observed is in no bucket"),
        pytest.param(GOOD, {"schema": 52}, id="a finer schema, to be made coarser"),
        pytest.param(FLOAT, {}, id="floats need not add up"),
        pytest.param(CUSTOM, {}, id="custom buckets"),
    ],
)
def test_sound(histogram: Histogram, changes: dict[str, object]) -> None:
    check(attrs.evolve(histogram, **changes))  # type: ignore[arg-type]


SPAN = BucketSpan


@pytest.mark.parametrize(
    ("histogram", "changes", "reason"),
    [
        (GOOD, {"count": 8}, "buckets hold 9 observations, its count is 8"),
        (GOOD, {"count": 10}, "buckets hold 9 observations, its count is 10"),
        (GOOD, {"sum": nan, "count": 8}, "buckets hold 9 observations, its count is 8"),
        (GOOD, {"positive_buckets": (1, 1)}, "positive side: the spans need 3 buckets"),
        (GOOD, {"negative_buckets": ()}, "negative side: the spans need 1 buckets"),
        (GOOD, {"positive_spans": (SPAN(1, 2), SPAN(-1, 1))}, "span 2 has the negative offset -1"),
        (GOOD, {"positive_buckets": (1, -2, 5)}, "positive side: bucket 2 holds -1"),
        (GOOD, {"negative_buckets": (-1,)}, "negative side: bucket 1 holds -1"),
        (GOOD, {"schema": 53}, "invalid schema 53"),
        (GOOD, {"schema": -10}, "invalid schema -10"),
        (GOOD, {"custom_values": (1.0,)}, "only schema -53 has custom bounds"),
        (FLOAT, {"count": -1.0}, "count is negative"),
        (FLOAT, {"zero_count": -1.0}, "zero bucket holds -1.0"),
        (FLOAT, {"positive_buckets": (1.0, -2.0, 3.0)}, "positive side: bucket 2 holds -2.0"),
        (CUSTOM, {"custom_values": (1.0,)}, "1 bounds are too few for 3 buckets"),
        (CUSTOM, {"custom_values": (2.0, 1.0)}, "the bound 1 follows 2"),
        (CUSTOM, {"custom_values": (1.0, 1.0)}, "the bound 1 follows 1"),
        (CUSTOM, {"custom_values": (1.0, inf)}, "must not be given"),
        (CUSTOM, {"custom_values": (1.0, nan)}, "a bound is NaN"),
        (CUSTOM, {"positive_spans": (SPAN(-1, 3),)}, "negative offset"),
        (CUSTOM, {"zero_count": 1}, "no zero bucket"),
        (CUSTOM, {"zero_threshold": 1.0}, "no zero bucket"),
        (
            CUSTOM,
            {"negative_spans": (SPAN(0, 1),), "negative_buckets": (1,)},
            "no negative buckets",
        ),
    ],
)
def test_unsound(histogram: Histogram, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(attrs.evolve(histogram, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("schema", [-5, 9])
def test_what_cannot_be_sent(schema: int) -> None:
    with pytest.raises(ValueError, match="invalid schema"):
        check_schema(attrs.evolve(GOOD, schema=schema))
