"""What a queue's directory holds, record by record, and what of it is damaged.

Takes a directory to read from; gives a Survey, and the Blocks that are still to be sent.
Invariant: the Blocks are those, in that order, that an agent would send after opening it.
Never: writes, locks, or remembers a payload.
"""

from collections.abc import Iterator
from typing import Protocol

import attrs

from pushqueue.block import Block
from pushqueue.directory import LOCK_NAME, File
from pushqueue.errors import DamageError
from pushqueue.positions import FILE_NAME as POSITIONS_NAME
from pushqueue.positions import SLOT_BYTES, Positions, Slots, read_slots
from pushqueue.record import RecordHeader, read_block
from pushqueue.segment import (
    BESIDE_NAME,
    SEGMENT_HEADER,
    LaneKey,
    NewerVersionError,
    read_footer,
    read_segment_header,
    scan,
    seed_of,
    segment_name,
    segment_number,
)
from pushqueue.segment_file import PatientReader, Tally, tally_of


class Source(Protocol):
    """What a survey needs of a directory."""

    path: str

    def names(self) -> list[str]: ...
    def open(self, name: str) -> File: ...


@attrs.frozen(kw_only=True)
class SegmentSurvey:
    """`pending`: the records that are still to be sent; `problem`: why it was not read at all."""

    number: int
    file_bytes: int = 0
    is_finished: bool = False
    headers: tuple[RecordHeader, ...] = ()
    pending: tuple[RecordHeader, ...] = ()
    damages: tuple[DamageError, ...] = ()
    lost_samples: int = 0
    problem: str = ""

    @property
    def name(self) -> str:
        return segment_name(self.number)


@attrs.frozen(kw_only=True)
class Survey:
    """`foreign`: files that are not ours; `is_positions_bad`: all would be sent again."""

    path: str
    segments: tuple[SegmentSurvey, ...]
    positions: dict[LaneKey, int]
    is_positions_bad: bool
    foreign: tuple[str, ...]

    @property
    def pending(self) -> list[RecordHeader]:
        return [header for segment in self.segments for header in segment.pending]

    @property
    def file_bytes(self) -> int:
        return sum(segment.file_bytes for segment in self.segments)


def survey(source: Source) -> Survey:
    """Raises OSError if the directory cannot be read; a file that cannot is told as a problem."""
    names = source.names()
    slots = _read_positions(source) if POSITIONS_NAME in names else Slots(None, False)
    positions = dict(slots.newest.positions) if slots.newest is not None else {}
    numbers = [number for name in names if (number := segment_number(name)) is not None]
    # The newest first: of two copies of a record the newer counts.
    ceilings: dict[LaneKey, int] = {}
    segments = [
        _survey_segment(source, number, positions, ceilings)
        for number in sorted(numbers, reverse=True)
    ]
    ours = {LOCK_NAME, POSITIONS_NAME, BESIDE_NAME}
    return Survey(
        path=source.path,
        segments=tuple(segment for segment in reversed(segments) if segment is not None),
        positions=positions,
        is_positions_bad=slots.newest is None and slots.is_suspect,
        foreign=tuple(n for n in names if n not in ours and segment_number(n) is None),
    )


def _read_positions(source: Source) -> Slots:
    try:
        file = source.open(POSITIONS_NAME)
    except OSError:
        return Slots(None, is_suspect=True)
    try:
        return read_slots(PatientReader(file).read_at(0, 2 * SLOT_BYTES))
    finally:
        file.close()


def _survey_segment(
    source: Source, number: int, positions: Positions, ceilings: dict[LaneKey, int]
) -> SegmentSurvey | None:
    """None if it is gone: an agent that runs has sent it meanwhile."""
    try:
        file = source.open(segment_name(number))
    except FileNotFoundError:
        return None
    except OSError as exc:
        return SegmentSurvey(number=number, problem=exc.strerror or str(exc))
    try:
        return _read_segment(file, number, positions, ceilings)
    except NewerVersionError as exc:
        return SegmentSurvey(number=number, file_bytes=file.size(), problem=str(exc))
    finally:
        file.close()


def _read_segment(
    file: File, number: int, positions: Positions, ceilings: dict[LaneKey, int]
) -> SegmentSurvey:
    read_at, size = PatientReader(file).read_at, file.size()
    damages: list[DamageError] = []
    start, end = SEGMENT_HEADER.size, size
    try:
        start = read_segment_header(read_at(0, SEGMENT_HEADER.size), number)
    except DamageError as exc:
        damages.append(exc)
    footer = read_footer(read_at, size, number)
    if footer is not None:
        end = footer[1]
    found = scan(read_at, start, end, number)
    return SegmentSurvey(
        number=number,
        file_bytes=size,
        is_finished=footer is not None,
        headers=found.headers,
        pending=_pending(found.headers, positions, ceilings),
        damages=(*damages, *found.damages),
        lost_samples=found.lost_samples,
    )


def _pending(
    headers: tuple[RecordHeader, ...], positions: Positions, ceilings: dict[LaneKey, int]
) -> tuple[RecordHeader, ...]:
    """What neither was acknowledged nor stands in a newer segment; lowers the ceilings."""
    floors, before = dict(positions), dict(ceilings)
    pending = []
    for header in headers:
        key = (header.lane_epoch, header.lane)
        ceilings[key] = min(ceilings.get(key, header.sequence), header.sequence)
        if floors.get(key, 0) < header.sequence < before.get(key, header.sequence + 1):
            floors[key] = header.sequence
            pending.append(header)
    return tuple(pending)


def read_blocks(
    source: Source, segment: SegmentSurvey, headers: tuple[RecordHeader, ...]
) -> Iterator[Block | DamageError]:
    """The Blocks of these headers; what its checksum or the disk refuses as the error.

    Raises FileNotFoundError if the segment is gone.
    """
    if not headers:
        return
    file = source.open(segment.name)
    try:
        read_at = PatientReader(file).read_at
        for header in headers:
            payload = read_at(header.end - header.payload_bytes, header.payload_bytes)
            try:
                yield read_block(header, payload, seed_of(segment.number))
            except DamageError as exc:
                yield exc
    finally:
        file.close()


@attrs.frozen
class Verified:
    """`bad`: the records whose payload is damaged, with the reason."""

    good: Tally
    bad: tuple[tuple[RecordHeader, DamageError], ...]


def verify(source: Source, segment: SegmentSurvey) -> Verified:
    """Every payload's checksum."""
    good, bad = [], []
    found = read_blocks(source, segment, segment.headers)
    for header, read in zip(segment.headers, found, strict=True):
        if isinstance(read, DamageError):
            bad.append((header, read))
        else:
            good.append(header)
    return Verified(tally_of(good), tuple(bad))
