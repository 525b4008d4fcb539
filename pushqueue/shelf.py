"""The segments of a directory as they lie there: what each holds and what of it is still to send.

Takes a directory and the acknowledged positions; gives Segments, oldest first.
Invariant: the pending tallies count each record once that a reader will still give, and nothing
else. Memory does not grow with the records, only with the segments.
Never: writes, removes or repairs a file.
"""

import attrs

from pushqueue.directory import Directory, File
from pushqueue.errors import DamageError
from pushqueue.record import RecordHeader
from pushqueue.segment import (
    SEGMENT_HEADER,
    LaneKey,
    LaneRange,
    Ranges,
    ranges_of,
    read_footer,
    read_segment_header,
    scan,
    segment_name,
)


@attrs.define
class Tally:
    """How much of something: Blocks, their samples, their bytes."""

    blocks: int = 0
    samples: int = 0
    payload_bytes: int = 0

    def add(self, other: "Tally") -> None:
        self.blocks += other.blocks
        self.samples += other.samples
        self.payload_bytes += other.payload_bytes

    def subtract(self, other: "Tally") -> None:
        self.blocks -= other.blocks
        self.samples -= other.samples
        self.payload_bytes -= other.payload_bytes


def tally_of(headers: "list[RecordHeader] | tuple[RecordHeader, ...]") -> Tally:
    return Tally(
        len(headers),
        sum(header.sample_count for header in headers),
        sum(header.payload_bytes for header in headers),
    )


@attrs.define(eq=False)
class Segment:
    """One segment file. `start` and `end`: where its records are; `headers`: None until read."""

    number: int
    file_bytes: int
    start: int
    end: int
    ranges: Ranges = attrs.field(factory=dict)
    pending: dict[LaneKey, Tally] = attrs.field(factory=dict)
    headers: list[RecordHeader] | None = None
    is_writing: bool = False
    file: File | None = None

    def add(self, header: RecordHeader) -> None:
        """Takes in a record that has become durable."""
        key = (header.lane_epoch, header.lane)
        if key not in self.ranges:
            self.ranges[key] = LaneRange(*key)
            self.pending[key] = Tally()
        self.ranges[key].add(header)
        self.pending[key].add(tally_of((header,)))
        if self.headers is not None:
            self.headers.append(header)

    def settle(self, header: RecordHeader) -> Tally:
        """Takes a record off what is pending: it was acknowledged, or is lost."""
        tally = tally_of((header,))
        self.pending[header.lane_epoch, header.lane].subtract(tally)
        return tally

    def pending_total(self) -> Tally:
        total = Tally()
        for tally in self.pending.values():
            total.add(tally)
        return total

    @property
    def is_settled(self) -> bool:
        return all(tally.blocks == 0 for tally in self.pending.values())

    def load_headers(self, directory: Directory) -> list[RecordHeader]:
        """The records' headers, read from the file if they are not at hand."""
        if self.headers is None:
            file = self.open_file(directory)
            self.headers = list(scan(file.read_at, self.start, self.end, self.number).headers)
        return self.headers

    def open_file(self, directory: Directory) -> File:
        if self.file is None:
            self.file = directory.open(segment_name(self.number))
        return self.file

    def forget(self) -> None:
        """Lets go of the open file and of the headers."""
        if self.file is not None:
            self.file.close()
            self.file = None
        if not self.is_writing:
            self.headers = None


@attrs.frozen
class Opened:
    """A segment as found, with what was damaged in it."""

    segment: Segment
    damages: tuple[DamageError, ...]
    lost_samples: int


def open_segment(directory: Directory, number: int, floors: dict[LaneKey, int]) -> Opened:
    """The segment of that number. Raises OSError, NewerVersionError.

    `floors`: for each lane of an epoch the sequence up to which nothing is to send, because it
    was acknowledged or because an older segment holds it; raised by what this one holds.
    """
    file = directory.open(segment_name(number))
    try:
        return _read_segment(file, number, floors)
    finally:
        file.close()


def _read_segment(file: File, number: int, floors: dict[LaneKey, int]) -> Opened:
    size = file.size()
    damages: list[DamageError] = []
    start = SEGMENT_HEADER.size
    try:
        start = read_segment_header(file.read_at(0, SEGMENT_HEADER.size), number)
    except DamageError as exc:
        damages.append(exc)
    footer = read_footer(file.read_at, size, number)
    if footer is not None:
        segment = Segment(number, size, start, footer[1], footer[0])
        _find_pending(segment, file, floors)
        return Opened(segment, tuple(damages), 0)
    found = scan(file.read_at, start, size, number)
    end = max((header.end for header in found.headers), default=start)
    segment = Segment(number, size, start, end, ranges_of(found.headers))
    segment.headers = list(found.headers)
    _find_pending(segment, file, floors)
    segment.headers = None
    return Opened(segment, (*damages, *found.damages), found.lost_samples)


def _find_pending(segment: Segment, file: File, floors: dict[LaneKey, int]) -> None:
    for key, lane_range in segment.ranges.items():
        floor = floors.get(key, 0)
        if floor < lane_range.first:
            pending = Tally(lane_range.blocks, lane_range.samples, lane_range.payload_bytes)
        elif floor >= lane_range.last:
            pending = Tally()
        else:
            pending = _tally_above(segment, file, key, floor)
        segment.pending[key] = pending
        floors[key] = max(floor, lane_range.last)


def _tally_above(segment: Segment, file: File, key: LaneKey, floor: int) -> Tally:
    """What is left in a segment that was acknowledged up to its middle."""
    headers = segment.headers
    if headers is None:
        headers = list(scan(file.read_at, segment.start, segment.end, segment.number).headers)
    left = []
    for header in headers:
        if (header.lane_epoch, header.lane) == key and header.sequence > floor:
            left.append(header)
            floor = header.sequence
    return tally_of(left)
