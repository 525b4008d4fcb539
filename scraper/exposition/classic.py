"""A classic histogram of a page as a native one with custom buckets.

Takes where its series stand in a page; gives the histogram.
Facts: `convertnhcb` of Prometheus 3: the count of the highest bucket where none is exposed, the
first of two equal bounds, floats where a count is no integer; empty buckets are kept in gaps of
two at most.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf, isfinite

import attrs

from scraper.exposition.page import Page
from series.buckets import packed
from series.histogram import CUSTOM_BUCKETS_SCHEMA, Histogram, ResetHint

# A span costs as much as two empty buckets.
KEPT_GAP = 2


@attrs.define
class Classic:
    """Where in the page the parts of one classic histogram stand; -1: nowhere."""

    bounds: dict[float, int] = attrs.field(factory=dict)
    count: int = -1
    sum: int = -1
    is_gauge: bool = False

    @property
    def positions(self) -> list[int]:
        return sorted([at for at in (*self.bounds.values(), self.count, self.sum) if at >= 0])


def native(page: Page, classic: Classic) -> Histogram:
    """Raises ValueError if its parts contradict each other."""
    values = page.values
    cumulative = {bound: values[at] for bound, at in sorted(classic.bounds.items())}
    total = values[classic.sum] if classic.sum >= 0 else 0.0
    count = values[classic.count] if classic.count >= 0 else None
    return custom(cumulative, count, total, is_gauge=classic.is_gauge)


def custom(
    cumulative: Mapping[float, float], count: float | None, total: float, *, is_gauge: bool = False
) -> Histogram:
    """Of the counts at or below each bound, which ascend. Raises ValueError."""
    below = dict(cumulative)
    if count is None:
        count = below[max(below)] if below else 0.0
    if below.setdefault(inf, count) != count:
        raise ValueError(f"classic histogram: count {count:g}, but {below[inf]:g} at or below +Inf")
    _check_ascending(list(below.values()))
    # What no int64 holds is a float, as in Prometheus.
    is_float = any([not (each.is_integer() and each < 2**63) for each in below.values()])
    counted = list(below.values()) if is_float else list(map(int, below.values()))
    apart = [each - before for before, each in pairwise([0, *counted])]
    spans, counts = packed(dict(enumerate(apart)), is_float, 0 if is_float else KEPT_GAP)
    return Histogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=count if is_float else int(count),
        sum=total,
        positive_spans=spans,
        positive_buckets=counts,
        custom_values=tuple(below)[:-1],
        reset_hint=ResetHint.GAUGE if is_gauge else ResetHint.UNKNOWN,
        is_float=is_float,
    )


def _check_ascending(counts: Sequence[float]) -> None:
    if not all(map(isfinite, counts)):
        raise ValueError("classic histogram: a count is not finite")
    for before, after in pairwise([0.0, *counts]):
        if after < before:
            raise ValueError(f"classic histogram: {after:g} follows {before:g} in its buckets")
