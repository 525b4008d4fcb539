"""The segments of a queue, oldest first, with running totals.

Takes Segments; gives the oldest, the ones from a number on, and sums that cost nothing to ask.
Invariant: the totals equal what a walk over all segments would give.
"""

from bisect import bisect_left
from collections.abc import Iterator

from pushqueue.record import RecordHeader
from pushqueue.segment_file import Segment, Tally, tally_of


class Shelf:
    """`pending`: everything still to send; `closed_bytes`: files that no writer has open."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._segments: dict[int, Segment] = {}
        self.pending = Tally()
        self.closed_bytes = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Segment]:
        return iter([self._segments[number] for number in self._numbers])

    def add(self, segment: Segment) -> None:
        """A segment newer than all others."""
        self._numbers.append(segment.number)
        self._segments[segment.number] = segment
        self.pending.add(segment.pending_total())
        if not segment.is_writing:
            self.closed_bytes += segment.file_bytes

    def remove(self, segment: Segment) -> None:
        del self._numbers[bisect_left(self._numbers, segment.number)]
        del self._segments[segment.number]
        self.pending.subtract(segment.pending_total())
        if not segment.is_writing:
            self.closed_bytes -= segment.file_bytes

    def replace(self, segment: Segment, other: Segment) -> None:
        """A closed segment has become what `other` is, under its own number."""
        self.pending.subtract(segment.pending_total())
        self.closed_bytes += other.file_bytes - segment.file_bytes
        segment.forget()
        segment.file_bytes, segment.start, segment.end = other.file_bytes, other.start, other.end
        segment.ranges, segment.pending, segment.ceilings = other.ranges, other.pending, {}
        self.pending.add(segment.pending_total())

    def closed(self, segment: Segment) -> None:
        """The writer let go of it."""
        segment.is_writing = False
        segment.forget()
        self.closed_bytes += segment.file_bytes

    def oldest(self) -> Segment | None:
        return self._segments[self._numbers[0]] if self._numbers else None

    def get(self, number: int) -> Segment | None:
        return self._segments.get(number)

    def at_or_after(self, number: int) -> Segment | None:
        """The first segment with at least that number."""
        at = bisect_left(self._numbers, number)
        return self._segments[self._numbers[at]] if at < len(self._numbers) else None

    def stored(self, header: RecordHeader) -> None:
        """A record has become durable in the segment that is being written."""
        self.pending.add(tally_of((header,)))

    def settle(self, segment: Segment, key: tuple[int, int], tally: Tally) -> None:
        """So much of a lane of an epoch is no longer to be sent."""
        segment.pending[key].subtract(tally)
        self.pending.subtract(tally)

    def oldest_pending(self) -> Segment | None:
        """The first segment with anything to send."""
        for number in self._numbers:
            if not self._segments[number].is_settled:
                return self._segments[number]
        return None
