"""The last hour in small: what flowed, every few seconds, for the charts of the pages.

Takes readings of counters and states; gives tracks of numbers with one step between them.
Bounded: POINTS numbers a track, MAX_REMOTES remotes, MAX_JOBS jobs; half a megabyte at most.
A reading is some numbers, so that it costs nothing while nobody looks.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import isnan, nan

import attrs

from web.views import Track

STEP_S = 10.0
POINTS = 360
MAX_REMOTES = 32
MAX_JOBS = 64

ADDED = "added"


@attrs.frozen(kw_only=True)
class RemoteReading:
    """One remote: counters that only grow, and how it is now."""

    name: str
    sent_samples: int
    sent_bytes: int
    lost_samples: int
    pending_samples: int
    oldest_age_s: float


@attrs.frozen(kw_only=True)
class Reading:
    """`samples`, `lost` and those of remotes are counters; `time_s` is monotonic."""

    time_s: float
    up: int
    down: int
    samples: int
    lost: int
    remotes: tuple[RemoteReading, ...] = ()
    added: Mapping[str, int] = attrs.field(factory=dict)  # series, by job


_REMOTE_COUNTERS = ("sent_samples", "sent_bytes", "lost_samples")


class History:
    """Readings become numbers; the oldest go."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, str], array[float]] = {}
        self._length = 0
        self._last: Reading | None = None

    def add(self, reading: Reading) -> None:
        before, self._last = self._last, reading
        if before is None or reading.time_s <= before.time_s:
            return
        row = dict(_row(before, reading))
        for key in row:
            if key not in self._points:
                self._points[key] = array("f", [nan]) * self._length
        self._length += 1
        for key, points in self._points.items():
            points.append(row.get(key, nan))
        if self._length > POINTS:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._length -= 1
        for points in self._points.values():
            del points[0]
        gone = [key for key, points in self._points.items() if all(map(isnan, points))]
        for key in gone:
            del self._points[key]

    def tracks(self) -> Sequence[Track]:
        """Whatever there was in the time, the newest number last; NaN where something was not
        there."""
        return [
            Track(
                name=name,
                remote="" if name == ADDED else of,
                job=of if name == ADDED else "",
                step_s=STEP_S,
                points=array("f", points),
            )
            for (name, of), points in self._points.items()
        ]


def _row(before: Reading, now: Reading) -> Iterator[tuple[tuple[str, str], float]]:
    passed_s = now.time_s - before.time_s
    yield ("up", ""), now.up
    yield ("down", ""), now.down
    yield ("samples", ""), _rate(before.samples, now.samples, passed_s)
    yield ("lost", ""), _rate(before.lost, now.lost, passed_s)
    for job in sorted(now.added)[:MAX_JOBS]:
        if job in before.added:
            yield (ADDED, job), 60 * _rate(before.added[job], now.added[job], passed_s)
    known: Mapping[str, RemoteReading] = {each.name: each for each in before.remotes}
    for remote in now.remotes[:MAX_REMOTES]:
        yield ("pending_samples", remote.name), remote.pending_samples
        yield ("oldest_age_s", remote.name), remote.oldest_age_s
        older = known.get(remote.name)
        if older is not None:
            for name in _REMOTE_COUNTERS:
                rate = _rate(getattr(older, name), getattr(remote, name), passed_s)
                yield (name, remote.name), rate


def _rate(before: int, now: int, passed_s: float) -> float:
    """A counter that a reload has set back has no negative rate."""
    return max(0, now - before) / passed_s
