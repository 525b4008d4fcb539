"""Reads the records of the shelf in order, lane by lane, and passes over what is not to be sent.

Takes a lane; gives its oldest Block, again and again until it was settled.
Invariant: within a lane of an epoch what is given has rising sequences; a damaged record is
passed over once, counted, and never given.
Never: removes a file. Raises OSError; but a bad spot of the disk that fails to be read again and
again counts as damage.
"""

import logging
from collections.abc import Sequence

import attrs

from pushqueue.block import Block
from pushqueue.directory import Directory
from pushqueue.errors import DamageError
from pushqueue.hints import Hints
from pushqueue.record import RecordHeader, read_block
from pushqueue.segment import LaneKey, ReadAt, seed_of, segment_name
from pushqueue.segment_file import PatientReader, Segment, Tally, tally_of
from pushqueue.shelf import Shelf

logger = logging.getLogger("promferry.pushqueue")

_READ_ATTEMPTS = 3


@attrs.define
class _Cursor:
    """Where one sending lane reads: a segment's number and an index into its headers."""

    number: int = 0
    at: int = 0
    failures: int = 0


class Reader:
    """`lanes` lanes send; a record of lane n (of any epoch) is for sending lane n modulo lanes."""

    def __init__(self, directory: Directory, shelf: Shelf, hints: Hints, lanes: int) -> None:
        self._directory = directory
        self._shelf = shelf
        self._hints = hints
        self._lanes = lanes
        self._cursors = [_Cursor() for _ in range(lanes)]
        self.damages = 0
        self.damaged_samples = 0

    def next_block(self, lane: int) -> Block | None:
        """The lane's oldest Block, None if there is none. Raises OSError."""
        while (found := self.find(lane)) is not None:
            block = self._load(*found, self._cursors[lane])
            if block is not None:
                return block
        return None

    def find(self, lane: int) -> tuple[Segment, RecordHeader] | None:
        """The record where the lane stands, after passing over what is not for it."""
        cursor = self._cursors[lane]
        while (segment := self._shelf.at_or_after(cursor.number)) is not None:
            if segment.number != cursor.number:
                cursor.number, cursor.at = segment.number, 0
            header = self._find_in(segment, cursor, lane)
            if header is not None:
                return segment, header
            # More may still come into the segment that is being written.
            if segment.is_writing:
                return None
            self._leave(segment, cursor)
        return None

    def in_hand(self) -> frozenset[tuple[LaneKey, int]]:
        """What was given last and not settled: lane of an epoch, sequence. Raises OSError."""
        found = [found for lane in range(self._lanes) if (found := self.find(lane)) is not None]
        return frozenset([((one.lane_epoch, one.lane), one.sequence) for _, one in found])

    def _find_in(self, segment: Segment, cursor: _Cursor, lane: int) -> RecordHeader | None:
        # Fast path: everything in it was acknowledged, so its headers are not even read.
        if segment.is_settled:
            return None
        headers = self._headers_of(segment, cursor)
        while cursor.at < len(headers):
            header = headers[cursor.at]
            is_ours = header.lane % self._lanes == lane
            if is_ours and segment.gives(header, self._hints.at((header.lane_epoch, header.lane))):
                return header
            cursor.at += 1
        return None

    def _leave(self, segment: Segment, cursor: _Cursor) -> None:
        cursor.number, cursor.at = segment.number + 1, 0
        if all(other.number != segment.number for other in self._cursors):
            segment.forget()

    def _headers_of(self, segment: Segment, cursor: _Cursor) -> list[RecordHeader]:
        if segment.headers is not None:
            return segment.headers
        damages: Sequence[DamageError] = ()
        try:
            found = segment.read_headers(self._read_at(segment, cursor))
        except FileNotFoundError:
            # Somebody removed the file: what it held is lost, the queue goes on.
            logger.error("queue %s: %s is gone", self._directory.path, segment_name(segment.number))
            segment.headers = []
        except OSError:
            cursor.failures += 1
            raise
        else:
            damages = found.damages
        for other in self._cursors:
            if other.number == segment.number:
                other.at = 0
        if self._count_missing(segment):
            for damage in damages:
                self._log(segment, str(damage))
        return segment.headers or []

    def _read_at(self, segment: Segment, cursor: _Cursor) -> ReadAt:
        file = segment.open_file(self._directory)
        if cursor.failures < _READ_ATTEMPTS:
            return file.read_at
        segment.has_bad_spots = True
        return PatientReader(file).read_at

    def _count_missing(self, segment: Segment) -> bool:
        """Records that the footer promised, or an earlier look saw, and that are not there."""
        is_missing = False
        for key, tally in segment.still_there(self._hints.positions).items():
            missing = attrs.evolve(segment.pending[key])
            missing.subtract(tally)
            if missing.blocks > 0:
                self._lost(segment, key, missing)
                is_missing = True
        return is_missing

    def _load(self, segment: Segment, header: RecordHeader, cursor: _Cursor) -> Block | None:
        """The Block, or None if its record is damaged, which is then passed over for good."""
        try:
            read_at = self._read_at(segment, cursor)
            payload = read_at(header.end - header.payload_bytes, header.payload_bytes)
            block = read_block(header, payload, seed_of(segment.number))
        except FileNotFoundError:
            reason = "its file is gone"
        except OSError:
            cursor.failures += 1
            raise
        except DamageError as exc:
            reason = str(exc)
        else:
            cursor.failures = 0
            return block
        self._log(segment, reason)
        key = (header.lane_epoch, header.lane)
        self._hints.advance(key, header.sequence)
        self._lost(segment, key, tally_of((header,)))
        return None

    def _log(self, segment: Segment, reason: str) -> None:
        name = segment_name(segment.number)
        logger.warning("queue %s: %s: damaged: %s", self._directory.path, name, reason)

    def _lost(self, segment: Segment, key: LaneKey, tally: Tally) -> None:
        self.damages += tally.blocks
        self.damaged_samples += tally.samples
        self._shelf.settle(segment, key, tally)
        logger.warning(
            "queue %s: %d records with %d samples lost",
            self._directory.path,
            tally.blocks,
            tally.samples,
        )

    def settle(self, key: LaneKey, sequence: int) -> None:
        """Everything of the lane of an epoch up to `sequence` is no longer to be sent.

        What the shelf does not hold, or had to drop, is none of its business. Raises OSError.
        """
        found = self.find(key[1] % self._lanes)
        if found is not None:
            segment, header = found
            # Fast path: it is the one where the lane stands, as what is sent in order is.
            if (header.lane_epoch, header.lane) == key and header.sequence == sequence:
                self._settle(segment, header)
                return
        for segment in self._shelf:
            lane_range = segment.ranges.get(key)
            if lane_range is not None and lane_range.first <= sequence:
                self._settle_in(segment, key, sequence)

    def _settle_in(self, segment: Segment, key: LaneKey, sequence: int) -> None:
        for header in self._headers_of(segment, self._cursors[key[1] % self._lanes]):
            is_ours = (header.lane_epoch, header.lane) == key and header.sequence <= sequence
            if is_ours and segment.gives(header, self._hints.at(key)):
                self._settle(segment, header)

    def _settle(self, segment: Segment, header: RecordHeader) -> None:
        key = (header.lane_epoch, header.lane)
        self._hints.advance(key, header.sequence)
        self._shelf.settle(segment, key, tally_of((header,)))
