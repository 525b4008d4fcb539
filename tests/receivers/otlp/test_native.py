"""Bucket layouts: offsets, gaps, merging."""

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
