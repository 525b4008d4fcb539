"""Bucket layouts: offsets, gaps, merging."""

from collections.abc import Sequence
from itertools import accumulate

import pytest

from receivers.otlp.native import UntranslatableError, custom, exponential, layout
from receivers.otlp.points import Buckets, ExponentialPoint, HistogramPoint
from series.histogram import CUSTOM_BUCKETS_SCHEMA, ResetHint


@pytest.mark.parametrize(
    ("counts", "offset", "down", "spans", "deltas"),
    [
        pytest.param([], 0, 0, [], [], id="no buckets"),
        pytest.param([0, 0], 3, 0, [], [], id="only empty buckets"),
        pytest.param([4, 3, 2, 1], 0, 0, [(1, 4)], [4, -1, -1, -1], id="shifted by one"),
        pytest.param([0, 0, 5], -1, 0, [(2, 1)], [5], id="leading empty ones are skipped"),
        pytest.param([1, 0, 0, 2], 0, 0, [(1, 4)], [1, -1, 0, 2], id="a gap of two is zeros"),
        pytest.param([1, 0, 0, 0, 2], 0, 0, [(1, 1), (3, 1)], [1, 1], id="of three a new span"),
        pytest.param([1, 2, 3, 4], 0, 1, [(1, 2)], [3, 4], id="merged by pairs"),
        pytest.param([1, 2, 3], -1, 1, [(0, 2)], [1, 4], id="merged across zero, rounding down"),
        pytest.param([1, 0, 0, 0, 0, 0, 2], 0, 2, [(1, 2)], [1, 1], id="merging closes gaps"),
        pytest.param([1, 1], -7, 0, [(-6, 2)], [1, 0], id="a negative offset"),
    ],
)
def test_layout(
    counts: list[int], offset: int, down: int, spans: list[tuple[int, int]], deltas: list[int]
) -> None:
    got = layout(counts, offset, down=down, shift=1)
    assert [(one.offset, one.length) for one in got[0]] == spans
    assert list(got[1]) == deltas


# Prometheus' own tables: counts, offset, how often they are merged by pairs, spans, deltas.
PROMETHEUS = [
    *[
        ("from zero", [4, 3, 2, 1], 0, *row)
        for row in [
            (0, [(1, 4)], [4, -1, -1, -1]),
            (1, [(1, 2)], [7, -4]),
            (2, [(1, 1)], [10]),
        ]
    ],
    *[
        ("from one", [4, 3, 2, 1], 1, *row)
        for row in [
            (0, [(2, 4)], [4, -1, -1, -1]),
            (1, [(1, 3)], [4, 1, -4]),
            (2, [(1, 2)], [9, -8]),
        ]
    ],
    *[
        ("a far one", [4, 2, 0, 2, *[0] * 12, 1], 4, *row)
        for row in [
            (0, [(5, 4), (12, 1)], [4, -2, -2, 2, -1]),
            (1, [(3, 2), (6, 1)], [6, -4, -1]),
            (2, [(2, 1), (3, 1)], [8, -7]),
        ]
    ],
    *[
        ("merging joins spans", [4, 2, 0, 2, *[0] * 8, 1], 4, *row)
        for row in [
            (0, [(5, 4), (8, 1)], [4, -2, -2, 2, -1]),
            (1, [(3, 2), (4, 1)], [6, -4, -1]),
            (2, [(2, 4)], [8, -8, 0, 1]),
        ]
    ],
    *[
        ("below zero", [3, 1, 0, 0, 0, 1], -2, *row)
        for row in [
            (0, [(-1, 2), (3, 1)], [3, -2, 0]),
            (1, [(0, 3)], [4, -4, 1]),
            (2, [(0, 2)], [4, -3]),
        ]
    ],
    *[
        ("gaps of one", [3, 1, 0, 1, 0, 1], -2, *row)
        for row in [
            (0, [(-1, 6)], [3, -2, -1, 1, -1, 1]),
            (1, [(0, 3)], [4, -3, 0]),
            (2, [(0, 2)], [4, -2]),
        ]
    ],
    *[
        ("gaps of two", [3, 0, 0, 1, 0, 0, 1], -2, *row)
        for row in [
            (0, [(-1, 7)], [3, -3, 0, 1, -1, 0, 1]),
            (1, [(0, 4)], [3, -2, -1, 1]),
            (2, [(0, 3)], [3, -2, 0]),
        ]
    ],
    *[("none", [], 0, down, [], []) for down in range(3)],
]
# Of custom buckets: offsets as they are. Prometheus keeps one or two empty buckets at the end.
PROMETHEUS_CUSTOM = [
    ("all of them", [4, 3, 2, 1], [(0, 4)], [4, -1, -1, -1]),
    ("empty ones first", [0, 0, 1, 1, 2, 3], [(2, 4)], [1, 0, 1, 1]),
    ("empty ones last", [0, 0, 1, 1, 2, 3, 0, 0], [(2, 6)], [1, 0, 1, 1, -3, 0]),
    ("a gap of two", [1, 2, 0, 0, 2], [(0, 5)], [1, 1, -2, 0, 2]),
    ("a gap of three", [1, 2, 0, 0, 0, 2, 4, 4], [(0, 2), (3, 3)], [1, 1, 0, 2, 0]),
    (
        "several gaps",
        [0, 0, 1, 2, 0, 0, 0, 2, 4, 4, 0, 0],
        [(2, 2), (3, 5)],
        [1, 1, 0, 2, 0, -4, 0],
    ),
]


def held(spans: Sequence[tuple[int, int]], deltas: Sequence[int]) -> dict[int, int]:
    """What is in which bucket, empty ones left out."""
    found: dict[int, int] = {}
    at = 0
    counts = accumulate(deltas)
    for offset, length in spans:
        at += offset
        for _ in range(length):
            found[at] = next(counts)
            at += 1
    return {index: count for index, count in found.items() if count}


@pytest.mark.parametrize(
    ("counts", "offset", "down", "spans", "deltas"),
    [pytest.param(*row[1:], id=f"{row[0]}, merged {row[3]} times") for row in PROMETHEUS],
)
def test_layout_as_prometheus(
    counts: list[int], offset: int, down: int, spans: list[tuple[int, int]], deltas: list[int]
) -> None:
    got = layout(counts, offset, down=down, shift=1)
    assert [(one.offset, one.length) for one in got[0]] == spans
    assert list(got[1]) == deltas


@pytest.mark.parametrize(
    ("counts", "spans", "deltas"), [pytest.param(*row[1:], id=row[0]) for row in PROMETHEUS_CUSTOM]
)
def test_custom_layout_means_what_prometheus_means(
    counts: list[int], spans: list[tuple[int, int]], deltas: list[int]
) -> None:
    got = layout(counts, 0, down=0, shift=0)
    assert held([(one.offset, one.length) for one in got[0]], got[1]) == held(spans, deltas)


@pytest.mark.parametrize(
    ("point", "wanted"),
    [
        pytest.param(
            ExponentialPoint(
                count=6,
                sum=10.1,
                scale=8,
                zero_count=1,
                positive=Buckets(1, (1, 1, 1)),
                negative=Buckets(2, (1, 1, 1)),
            ),
            (8, [(2, 3)], (1, 0, 0), [(3, 3)], (1, 0, 0)),
            id="the finest scale is kept",
        ),
        pytest.param(
            ExponentialPoint(
                count=6,
                sum=10.1,
                scale=9,
                zero_count=1,
                positive=Buckets(1, (1, 1, 1)),
                negative=Buckets(2, (1, 1, 1)),
            ),
            (8, [(1, 2)], (1, 1), [(2, 2)], (2, -1)),
            id="a finer one is merged",
        ),
        pytest.param(
            ExponentialPoint(
                count=4,
                scale=1,
                zero_count=1,
                positive=Buckets(1, (1, 1)),
                negative=Buckets(1, (1, 1)),
            ),
            (1, [(2, 2)], (1, 0), [(2, 2)], (1, 0)),
            id="without a sum it is 0",
        ),
    ],
)
def test_exponential_as_prometheus(point: ExponentialPoint, wanted: tuple[object, ...]) -> None:
    got = exponential(point)
    assert (
        got.schema,
        [(one.offset, one.length) for one in got.positive_spans],
        got.positive_buckets,
        [(one.offset, one.length) for one in got.negative_spans],
        got.negative_buckets,
    ) == wanted
    assert (got.sum, got.zero_count, got.zero_threshold) == (point.sum or 0.0, 1, 1e-128)


@pytest.mark.parametrize("total", [10.1, None], ids=["with a sum", "without a sum"])
def test_custom_as_prometheus(total: float | None) -> None:
    got = custom(HistogramPoint(count=2, sum=total, bounds=(0.0, 1.0), counts=(1, 1)))
    assert (got.schema, got.count, got.sum) == (CUSTOM_BUCKETS_SCHEMA, 2, total or 0.0)
    assert (got.positive_buckets, got.custom_values) == ((1, 0), (0.0, 1.0))


def test_scale_above_eight_is_merged_down() -> None:
    point = ExponentialPoint(count=3, sum=1.5, scale=9, positive=Buckets(2, (1, 2)), zero_count=0)
    got = exponential(point)
    assert (got.schema, got.positive_buckets, got.count, got.sum) == (8, (3,), 3, 1.5)
    assert got.positive_spans[0].offset == 2
    assert (got.zero_threshold, got.reset_hint) == (1e-128, ResetHint.UNKNOWN)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(ExponentialPoint(count=0, scale=-5), id="a scale too coarse"),
        pytest.param(
            ExponentialPoint(count=1, positive=Buckets(2**31 - 1, (1,))), id="an offset too far"
        ),
    ],
)
def test_untranslatable(point: ExponentialPoint) -> None:
    with pytest.raises(UntranslatableError):
        exponential(point)


def test_explicit_bounds_become_custom_values() -> None:
    got = custom(HistogramPoint(count=7, sum=2.0, bounds=(1.0, 2.0), counts=(0, 3, 4)))
    assert (got.schema, got.custom_values) == (CUSTOM_BUCKETS_SCHEMA, (1.0, 2.0))
    assert [(one.offset, one.length) for one in got.positive_spans] == [(1, 2)]
    assert got.positive_buckets == (3, 1)
