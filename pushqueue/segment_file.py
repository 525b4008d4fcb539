"""One segment file as it lies there: what it holds and what of it is still to send.

Takes a directory and the acknowledged positions; gives Segments.
Invariant: the pending tallies count each record once that a reader will still give, and nothing
else. Memory does not grow with the records, only with the segments; the headers of the records
are read when a reader arrives and forgotten when it leaves.
Never: writes, removes or repairs a file.
"""

import contextlib
import errno
from collections.abc import Iterable, Mapping

import attrs

from pushqueue.directory import Directory, File
from pushqueue.errors import DamageError
from pushqueue.record import RecordHeader
from pushqueue.segment import (
    SEGMENT_HEADER,
    LaneKey,
    LaneRange,
    Ranges,
    ReadAt,
    Scan,
    ranges_of,
    read_footer,
    read_segment_header,
    scan,
    segment_name,
)

# What a disk fails to read is given up in pieces of this size.
_SECTOR_BYTES = 4096
_NO_CEILING = 2**64


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


def tally_of(headers: Iterable[RecordHeader]) -> Tally:
    tally = Tally()
    for header in headers:
        tally.blocks += 1
        tally.samples += header.sample_count
        tally.payload_bytes += header.payload_bytes
    return tally


@attrs.define(eq=False)
class Segment:
    """One segment file. `start` and `end`: where its records are; `headers`: None until read.

    `ceilings`: from where on a lane's records stand in a newer segment, too: those count.
    `has_bad_spots`: the disk failed to read some of it, so it is kept for another day.
    """

    number: int
    file_bytes: int
    start: int
    end: int
    ranges: Ranges = attrs.field(factory=dict)
    ceilings: dict[LaneKey, int] = attrs.field(factory=dict)
    pending: dict[LaneKey, Tally] = attrs.field(factory=dict)
    headers: list[RecordHeader] | None = None
    is_writing: bool = False
    has_bad_spots: bool = False
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

    def pending_total(self) -> Tally:
        total = Tally()
        for tally in self.pending.values():
            total.add(tally)
        return total

    @property
    def is_settled(self) -> bool:
        """Nothing in it is still to be sent."""
        return all(tally.blocks == 0 for tally in self.pending.values())

    def oldest_pending(self) -> tuple[int, int] | None:
        """Of what is still to be sent: its epoch, and its oldest timestamp, near enough."""
        left = [self.ranges[key] for key, tally in self.pending.items() if tally.blocks]
        if not left:
            return None
        return min(found.lane_epoch for found in left), min(found.oldest_ms for found in left)

    def open_file(self, directory: Directory) -> File:
        if self.file is None:
            self.file = directory.open(segment_name(self.number))
        return self.file

    def read_headers(self, read_at: ReadAt) -> Scan:
        """Walks over the records, whose headers are then at hand."""
        found = scan(read_at, self.start, self.end, self.number)
        self.headers = list(found.headers)
        return found

    def still_there(self, positions: Mapping[LaneKey, int]) -> dict[LaneKey, Tally]:
        """What the headers at hand say is pending, by lane of an epoch."""
        assert self.headers is not None
        return {key: self._tally(key, positions.get(key, 0)) for key in self.ranges}

    def _tally(self, key: LaneKey, floor: int) -> Tally:
        assert self.headers is not None
        ceiling = self.ceilings.get(key, _NO_CEILING)
        return tally_of(_between(self.headers, key, floor, ceiling))

    def gives(self, header: RecordHeader, floor: int) -> bool:
        """Whether a record that is here counts, and is behind `floor`."""
        key = (header.lane_epoch, header.lane)
        return floor < header.sequence < self.ceilings.get(key, _NO_CEILING)

    def last_given(self, key: LaneKey) -> int:
        """Up to where the lane's records are here or in older segments, and nowhere else."""
        return min(self.ranges[key].last, self.ceilings.get(key, _NO_CEILING) - 1)

    def find_pending(
        self, read_at: ReadAt, positions: Mapping[LaneKey, int], ceilings: dict[LaneKey, int]
    ) -> None:
        """Tallies what is to send; `ceilings`: the first sequences in newer segments, lowered."""
        for key, found in self.ranges.items():
            floor, ceiling = positions.get(key, 0), ceilings.get(key, _NO_CEILING)
            ceilings[key] = min(ceiling, found.first)
            if ceiling <= found.last:
                self.ceilings[key] = ceiling
            if floor < found.first and found.last < ceiling:
                self.pending[key] = Tally(found.blocks, found.samples, found.payload_bytes)
            elif floor >= found.last or ceiling <= found.first:
                self.pending[key] = Tally()
            else:
                # Only some of them count: only the headers tell how much that is.
                if self.headers is None:
                    self.read_headers(read_at)
                self.pending[key] = self._tally(key, floor)

    def forget(self) -> None:
        """Lets go of the open file and of the headers."""
        if self.file is not None:
            file, self.file = self.file, None
            with contextlib.suppress(OSError):
                file.close()
        if not self.is_writing:
            self.headers = None


def _between(
    headers: Iterable[RecordHeader], key: LaneKey, floor: int, ceiling: int
) -> Iterable[RecordHeader]:
    """The records of a lane behind `floor` and before `ceiling`, second copies left out."""
    for header in headers:
        if (header.lane_epoch, header.lane) == key and floor < header.sequence < ceiling:
            floor = header.sequence
            yield header


class PatientReader:
    """Reads from a disk with bad spots: what cannot be read is zeros, for checksums to find."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.has_failed = False

    def read_at(self, offset: int, count: int) -> bytes:
        # Fast path: the disk is sound.
        try:
            return self._file.read_at(offset, count)
        except OSError as exc:
            if exc.errno != errno.EIO:
                raise
        self.has_failed = True
        starts = range(offset, offset + count, _SECTOR_BYTES)
        return b"".join(
            [self._sector(at, min(_SECTOR_BYTES, offset + count - at)) for at in starts]
        )

    def _sector(self, at: int, count: int) -> bytes:
        try:
            return self._file.read_at(at, count)
        except OSError:
            return bytes(count)


@attrs.frozen
class Opened:
    """A segment as found, with what was damaged in it."""

    segment: Segment
    damages: tuple[DamageError, ...] = ()
    lost_samples: int = 0
    is_foreign: bool = False  # its beginning is of something else


def open_segment(
    directory: Directory,
    number: int,
    positions: Mapping[LaneKey, int],
    ceilings: dict[LaneKey, int],
) -> Opened:
    """The segment of that number. Raises OSError, NewerVersionError.

    To be asked for the newest first: `ceilings` are, for each lane of an epoch, the first
    sequence that a newer one holds, and are lowered by what this one holds. Of two copies the
    newer counts: the older was left by a sync that failed, so it may be torn.
    """
    file = directory.open(segment_name(number))
    try:
        reader = PatientReader(file)
        opened = _read_segment(reader.read_at, file.size(), number)
        opened.segment.find_pending(reader.read_at, positions, ceilings)
    finally:
        file.close()
    opened.segment.headers = None
    opened.segment.has_bad_spots = reader.has_failed
    return opened


def _read_segment(read_at: ReadAt, size: int, number: int) -> Opened:
    damages: list[DamageError] = []
    start = SEGMENT_HEADER.size
    is_foreign = False
    head = read_at(0, SEGMENT_HEADER.size)
    try:
        start = read_segment_header(head, number)
    except DamageError as exc:
        damages.append(exc)
        # A crash leaves a file empty, cut or full of zeros; anything else somebody put there.
        is_foreign = len(head) == SEGMENT_HEADER.size and any(head)
    footer = read_footer(read_at, size, number)
    if footer is not None:
        return Opened(Segment(number, size, start, footer[1], footer[0]), tuple(damages))
    segment = Segment(number, size, start, size)
    found = segment.read_headers(read_at)
    segment.ranges = ranges_of(found.headers)
    segment.end = max((header.end for header in found.headers), default=start)
    return Opened(segment, (*damages, *found.damages), found.lost_samples, is_foreign)
