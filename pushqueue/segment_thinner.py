"""Rewrites segments with every second tick left out, so that a long outage costs density, no hole.

Takes the shelf's closed segments; gives what the next one lost. Of the oldest half (by bytes) the
one that was thinned least goes first, of those the oldest: density falls with age.
A segment is replaced as a whole: its thinner copy is written beside it, synced, and renamed over
it, so that a crash at any instant leaves one of the two. Both are within the byte bound together.
Never: touches the segment that is written, records that senders have in hand, a damaged segment.
"""

import contextlib
import errno
import logging
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs

from pushqueue.block import Block
from pushqueue.codec import CodecError
from pushqueue.directory import Directory, File
from pushqueue.errors import DamageError
from pushqueue.hints import Hints
from pushqueue.record import RecordHeader, read_block
from pushqueue.segment import BESIDE_NAME, LaneKey, seed_of, segment_name
from pushqueue.segment_file import Segment, Tally
from pushqueue.shelf import Shelf
from pushqueue.thinning import Thinner, thinnable_bytes
from pushqueue.writer import SegmentWriter

logger = logging.getLogger("promferry.pushqueue")

# A copy that saves less is not worth its writing.
_LEAST_GAIN = 0.1
# Where so little may be left out one day, or so many looks in a row saved too little, there are no
# more looks.
_LEAST_SHARE = 0.25
_MAX_FRUITLESS = 8


@attrs.frozen
class Thinned:
    """What one record lost. `left`: what is there now, None if nothing."""

    key: LaneKey
    sequence: int
    lost_samples: int
    left: Tally | None


@attrs.define
class _Copy:
    """The records of one segment that stay, and what went."""

    thinner: Thinner
    in_hand: frozenset[tuple[LaneKey, int]]
    thinned: list[Thinned] = attrs.field(factory=list)
    thinnable_bytes: int = 0
    all_bytes: int = 0

    @property
    def is_hopeless(self) -> bool:
        return self.thinnable_bytes < _LEAST_SHARE * self.all_bytes or not self.thinnable_bytes

    def of(self, header: RecordHeader, block: Block) -> Block | None:
        key = (header.lane_epoch, header.lane)
        if (key, header.sequence) in self.in_hand:
            return block
        try:
            thin = self.thinner.thin(block)
        except CodecError:
            return block  # its receiver is to judge it
        self.thinnable_bytes += thinnable_bytes(block)
        self.all_bytes += sum([entry.framed_bytes for entry in block.batches])
        if thin is not block:
            left = None if thin is None else Tally(1, thin.sample_count, thin.size_bytes)
            lost = block.sample_count - (left.samples if left else 0)
            self.thinned.append(Thinned(key, header.sequence, lost, left))
        return thin


class SegmentThinner:
    def __init__(self, directory: Directory, shelf: Shelf, hints: Hints) -> None:
        self._directory = directory
        self._shelf = shelf
        self._hints = hints
        self._levels: dict[int, int] = {}
        self._unfit: set[int] = set()
        self._fruitless: Counter[int] = Counter()
        # For each level: ticks are counted on from segment to segment.
        self._thinners: dict[int, Thinner] = {}
        self.written_bytes = 0

    def clear(self) -> None:
        """Removes what a crash left of a copy."""
        with contextlib.suppress(OSError):
            self._directory.remove(BESIDE_NAME)

    def thin_next(
        self, room: int, now_ms: int, in_hand: frozenset[tuple[LaneKey, int]]
    ) -> Sequence[Thinned] | None:
        """Thins the next segment, its copy at most `room` bytes; None if there is none to thin."""
        while (segment := self._choose()) is not None:
            level = self._levels.get(segment.number, 0)
            copy = _Copy(self._thinners.setdefault(level, Thinner()), in_hand)
            try:
                is_done = self._thin(segment, copy, room, now_ms)
            except DamageError:
                self._unfit.add(segment.number)
            except OSError as exc:
                # A full or failing disk: the caller makes room otherwise.
                logger.warning("queue %s: not thinned: %s", self._directory.path, exc)
                self.clear()
                return None
            else:
                self._levels[segment.number] = level + 1
                if is_done:
                    self._fruitless[segment.number] = 0
                    return copy.thinned
                # Its ticks may be those that stay this time, and go the next.
                self._fruitless[segment.number] += 1
                if self._fruitless[segment.number] == _MAX_FRUITLESS or copy.is_hopeless:
                    self._unfit.add(segment.number)
            self.clear()
        return None

    def _choose(self) -> Segment | None:
        """Of the oldest half; beyond it only where nothing there can be thinner."""
        fit, half = [], []
        size = 0
        for segment in self._shelf:
            size += segment.file_bytes
            if segment.is_writing:
                break
            if self._is_fit(segment):
                fit.append(segment)
                if size <= self._shelf.closed_bytes / 2:
                    half.append(segment)
        return min(
            half or fit[:1],
            key=lambda one: (self._levels.get(one.number, 0), one.number),
            default=None,
        )

    def _is_fit(self, segment: Segment) -> bool:
        is_known = segment.number in self._unfit
        return not (is_known or segment.is_settled or segment.has_bad_spots)

    def _thin(self, segment: Segment, copy: _Copy, room: int, now_ms: int) -> bool:
        """False if it is not worth it. Raises DamageError, OSError, also where room is short."""
        file = self._directory.open(segment_name(segment.number))
        writer = SegmentWriter(self._directory, segment.number, now_ms, name=BESIDE_NAME)
        try:
            for header, block in self._records(segment, file):
                thin = copy.of(header, block)
                if thin is not None:
                    writer.append(thin)
                if writer.finished_size() > room:
                    raise OSError(errno.ENOSPC, "too little room for a copy within the byte bound")
            if writer.finished_size() > segment.file_bytes * (1 - _LEAST_GAIN):
                return False
            is_empty = not writer.staged_blocks
            if not is_empty:
                writer.sync()
                writer.finish()
        finally:
            file.close()
            writer.segment.is_writing = False
            writer.segment.forget()
        self._replace(segment, None if is_empty else writer)
        return True

    def _records(self, segment: Segment, file: File) -> Iterator[tuple[RecordHeader, Block]]:
        """Those that are still to be sent. Raises DamageError where anything is damaged."""
        found = attrs.evolve(segment, file=None).read_headers(file.read_at)
        if found.damages:
            raise found.damages[0]
        last: dict[LaneKey, int] = {}
        for header in found.headers:
            key = (header.lane_epoch, header.lane)
            floor = max(self._hints.at(key), last.get(key, 0))
            if segment.gives(header, floor):
                last[key] = header.sequence
                payload = file.read_at(header.end - header.payload_bytes, header.payload_bytes)
                yield header, read_block(header, payload, seed_of(segment.number))

    def _replace(self, segment: Segment, writer: SegmentWriter | None) -> None:
        name = segment_name(segment.number)
        if writer is None:
            self._directory.remove(BESIDE_NAME)
            self._directory.remove(name)
            self._shelf.remove(segment)
            segment.forget()
            return
        self._directory.rename(BESIDE_NAME, name)
        self.written_bytes += writer.segment.file_bytes
        self._shelf.replace(segment, writer.segment)
        with contextlib.suppress(OSError):  # until it is durable a power cut brings back the whole
            self._directory.sync()
