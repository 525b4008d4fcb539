"""Gathers the batches of one lane until they make a Block.

Takes batches and `now`; gives lists of parts ready to encode, by count and by age.
Invariant: what goes out is in time order where that is possible, and never changes the order of
batches that share a lane key. A batch is cut only where it alone exceeds the count.
Never: encodes, waits, reads a clock.
"""

from collections import deque

from pushqueue.wire.part import Part
from series.batch import Batch


class Batcher:
    """`max_rows`: samples in a Block; `close_after_s`: how long a batch may wait for others."""

    def __init__(self, *, max_rows: int, close_after_s: float) -> None:
        self._max_rows = max_rows
        self._close_after_s = close_after_s
        self._ready: deque[list[Part]] = deque()
        self._open: list[Part] = []
        self._open_rows = 0
        self._opened_at = 0.0
        self.sample_count = 0

    def put(self, batch: Batch, now: float) -> bool:
        """Adds the batch; True if there is a Block to take now, whatever the time."""
        count = len(batch)
        if not count:
            return False
        self.sample_count += count
        # Fast path: it fits beside what is there.
        if self._open and self._open_rows + count <= self._max_rows:
            self._open.append(Part(batch, 0, count))
            self._open_rows += count
        else:
            self._close()
            self._open_parts(batch, count, now)
        return bool(self._ready) or self._open_rows >= self._max_rows

    def _open_parts(self, batch: Batch, count: int, now: float) -> None:
        start = 0
        while count - start > self._max_rows:
            self._ready.append([Part(batch, start, start + self._max_rows)])
            start += self._max_rows
        self._open = [Part(batch, start, count)]
        self._open_rows = count - start
        self._opened_at = now

    def _close(self) -> None:
        if self._open:
            self._ready.append(self._open)
            self._open = []
            self._open_rows = 0

    def due_at(self) -> float | None:
        """When `take` has something to give; None while it is empty."""
        if self._ready or self._open_rows >= self._max_rows:
            return float("-inf")
        return self._opened_at + self._close_after_s if self._open else None

    def take(self, now: float, *, everything: bool = False) -> list[Part]:
        """The parts of the next Block, in time order; empty if none is due."""
        is_due = everything or now >= self._opened_at + self._close_after_s
        if not self._ready and (is_due or self._open_rows >= self._max_rows):
            self._close()
        if not self._ready:
            return []
        parts = self._ready.popleft()
        self.sample_count -= sum(part.stop - part.start for part in parts)
        return in_time_order(parts)

    def drop_oldest(self) -> int:
        """Gives up the oldest parts; the number of their samples (0: it was empty)."""
        if not self._ready:
            self._close()
        dropped = sum(part.sample_count for part in self._ready.popleft()) if self._ready else 0
        self.sample_count -= dropped
        return dropped


def in_time_order(parts: list[Part]) -> list[Part]:
    """Sorted by time where a late batch came behind a newer one.

    Batches of one lane key keep their order: one with stamps of its own may well look older
    than the one before it, and swapping them would turn a series round.
    """
    newest = None
    for part in parts:
        time_ms = _time_of(part.batch)
        if newest is not None and time_ms < newest:
            break
        newest = time_ms
    else:
        # Fast path: nothing is late.
        return parts
    newest_of: dict[int, int] = {}
    keyed = []
    for index, part in enumerate(parts):
        key = part.batch.lane_key
        time_ms = max(_time_of(part.batch), newest_of.get(key, _time_of(part.batch)))
        newest_of[key] = time_ms
        keyed.append((time_ms, index, part))
    keyed.sort(key=lambda item: item[:2])
    return [part for _, _, part in keyed]


def _time_of(batch: Batch) -> int:
    return batch.timestamps if isinstance(batch.timestamps, int) else batch.newest_ms()
