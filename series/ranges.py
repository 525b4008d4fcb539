"""How values are spread: counts in ranges of equal ratio, as VictoriaMetrics' own histograms.

Takes values; gives counts by `vmrange`, their sum and their number. 18 ranges for each power of ten
from 1e-9 to 1e18; a range holds its upper bound, not its lower one. Bounded: 488 counters.
"""

from collections.abc import Iterator
from math import isnan, log10

import attrs

_PER_DECADE = 18
_LOWEST, _HIGHEST = -9, 18
_COUNT = (_HIGHEST - _LOWEST) * _PER_DECADE
_BELOW, _ABOVE = -1, _COUNT


@attrs.frozen
class Ranges:
    """A snapshot: the ranges that have something, in order."""

    counts: tuple[tuple[str, int], ...] = ()
    total: float = 0.0
    count: int = 0


class RangeCounts:
    """Counts values; one that is negative or no number is left out."""

    __slots__ = ("_counts", "_total")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._total = 0.0

    def observe(self, value: float) -> None:
        if isnan(value) or value < 0:
            return
        at = _range_of(value)
        self._counts[at] = self._counts.get(at, 0) + 1
        self._total += value

    def snapshot(self) -> Ranges:
        counts = tuple([(_text(at), count) for at, count in sorted(self._counts.items())])
        return Ranges(counts, self._total, sum(self._counts.values()))


def _range_of(value: float) -> int:
    place = (log10(value) - _LOWEST) * _PER_DECADE if value else -1.0
    if place < 0:
        return _BELOW
    if place >= _COUNT:
        return _ABOVE if value > 10.0**_HIGHEST else _COUNT - 1
    at = int(place)
    return at - 1 if at == place and at > 0 else at


def _text(at: int) -> str:
    if at == _BELOW:
        return f"0...{10.0**_LOWEST:.3e}"
    if at == _ABOVE:
        return f"{10.0**_HIGHEST:.3e}...+Inf"
    lower, upper = (10.0 ** (_LOWEST + edge / _PER_DECADE) for edge in (at, at + 1))
    return f"{lower:.3e}...{upper:.3e}"


def added(several: Iterator[Ranges]) -> Ranges:
    """Several snapshots as one."""
    counts: dict[str, int] = {}
    total, count = 0.0, 0
    for one in several:
        total, count = total + one.total, count + one.count
        for text, number in one.counts:
            counts[text] = counts.get(text, 0) + number
    return Ranges(tuple(counts.items()), total, count)
