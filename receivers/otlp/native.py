"""Histograms of OTLP as native ones of Prometheus.

Takes an exponential point, or an explicit one for custom buckets; gives a Histogram, or raises
UntranslatableError.
Source: reference/peers.md 1.4 (Prometheus' histograms.go): bucket i of OTLP is bucket i + 1 here,
scales above 8 are merged down, a gap of more than two empty buckets begins a new span.
"""

from collections.abc import Sequence

from receivers.otlp.points import ExponentialPoint, HistogramPoint
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram, ResetHint

MIN_SCALE, MAX_SCALE = -4, 8
# Prometheus' own, which OTLP has no name for where it gives none.
DEFAULT_ZERO_THRESHOLD = 1e-128
_MAX_GAP = 2
_INT32 = 2**31


class UntranslatableError(ValueError):
    """A point that means nothing here; the text says why."""


def exponential(point: ExponentialPoint, *, is_gauge: bool = False) -> Histogram:
    if point.scale < MIN_SCALE:
        raise UntranslatableError(f"its scale {point.scale} is less than {MIN_SCALE}")
    down = max(0, point.scale - MAX_SCALE)
    positive = layout(point.positive.counts, point.positive.offset, down=down, shift=1)
    negative = layout(point.negative.counts, point.negative.offset, down=down, shift=1)
    return Histogram(
        schema=point.scale - down,
        count=point.count,
        sum=point.sum or 0.0,
        zero_threshold=point.zero_threshold or DEFAULT_ZERO_THRESHOLD,
        zero_count=point.zero_count,
        positive_spans=positive[0],
        positive_buckets=positive[1],
        negative_spans=negative[0],
        negative_buckets=negative[1],
        # "No reset" would be a promise that a restarted sender breaks.
        reset_hint=ResetHint.GAUGE if is_gauge else ResetHint.UNKNOWN,
    )


def custom(point: HistogramPoint, *, is_gauge: bool = False) -> Histogram:
    spans, deltas = layout(point.counts, 0, down=0, shift=0)
    return Histogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=point.count,
        sum=point.sum or 0.0,
        positive_spans=spans,
        positive_buckets=deltas,
        custom_values=point.bounds,
        reset_hint=ResetHint.GAUGE if is_gauge else ResetHint.UNKNOWN,
    )


def layout(
    counts: Sequence[int], offset: int, *, down: int, shift: int
) -> tuple[tuple[BucketSpan, ...], tuple[int, ...]]:
    """Spans and delta-coded counts. Raises UntranslatableError."""
    if counts and not -_INT32 <= offset <= _INT32 - len(counts) - 2:
        raise UntranslatableError(f"its buckets begin at {offset}, which is out of range")
    merged: dict[int, int] = {}
    for at, count in enumerate(counts, start=offset):
        index = (at >> down) + shift
        merged[index] = merged.get(index, 0) + count
    spans: list[list[int]] = []  # offset, length
    deltas: list[int] = []
    end = before = 0
    for index, count in merged.items():
        if not count:
            continue
        gap = index - end
        if not spans or gap > _MAX_GAP:
            spans.append([gap, 0])
        else:
            for _ in range(gap):
                deltas.append(-before)
                before = 0
            spans[-1][1] += gap
        spans[-1][1] += 1
        deltas.append(count - before)
        before, end = count, index + 1
    return tuple([BucketSpan(*span) for span in spans]), tuple(deltas)
