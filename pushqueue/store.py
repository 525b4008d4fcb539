"""What of a queue is on the disk: append, read in order, acknowledge, drop.

Takes Blocks with their names; gives them back in order, lane by lane, until acknowledged.
Synchronous, and called from one thread at a time. All that is durable is told by return values.
Invariants: those of `pushqueue.segment`. `statistics` is an immutable snapshot, replaced after
each call, so any thread may read it.
Never: raises for want of space while appending (that is a result), removes what is not settled
except to make room as told.
"""

import errno
import logging
from collections.abc import Sequence

import attrs

from pushqueue.block import Block
from pushqueue.directory import LOCK_NAME, Directory
from pushqueue.errors import DamageError, DiskError
from pushqueue.hints import Hints
from pushqueue.positions import FILE_NAME as POSITIONS_NAME
from pushqueue.record import RecordHeader, read_block, record_bytes
from pushqueue.segment import (
    SEGMENT_HEADER,
    LaneKey,
    NewerVersionError,
    footer_bytes,
    seed_of,
    segment_name,
    segment_number,
)
from pushqueue.shelf import Segment, Tally, open_segment
from pushqueue.writer import SegmentWriter

logger = logging.getLogger("promferry.pushqueue")

DEFAULT_SEGMENT_BYTES = 8 * 2**20
_READ_ATTEMPTS = 3


@attrs.frozen(kw_only=True)
class StoreStatistics:
    """`damaged_samples` counts those whose number is known; `damages` the places."""

    epoch: int = 0
    segments: int = 0
    file_bytes: int = 0
    blocks: int = 0
    samples: int = 0
    payload_bytes: int = 0
    oldest_ms: int | None = None
    written_bytes_total: int = 0
    syncs_total: int = 0
    damages_total: int = 0
    damaged_samples_total: int = 0


@attrs.frozen
class Drop:
    """A segment that had to go: what it still held, and up to where each of its lanes."""

    tally: Tally
    last: dict[LaneKey, int]


@attrs.frozen
class Appended:
    """The first `durable` Blocks are on the disk. `too_large`: the next one never will be."""

    durable: int
    drops: tuple[Drop, ...] = ()
    error: DiskError | None = None
    too_large: bool = False


@attrs.define
class _Cursor:
    """Where one sending lane reads: a segment's number and an index into its headers."""

    number: int = 0
    at: int = 0
    failures: int = 0


class _NoRoomError(Exception):
    """A record that the bounds have no room for, even after everything else went."""


class Store:
    """One queue's directory. `lanes`: how many lanes send; `open` first, `close` last."""

    def __init__(
        self,
        directory: Directory,
        *,
        lanes: int = 1,
        max_bytes: int = 0,
        min_free_percent: float = 0.0,
        segment_bytes: int = DEFAULT_SEGMENT_BYTES,
    ) -> None:
        self._directory = directory
        self._lanes = lanes
        self._max_bytes = max_bytes
        self._min_free_percent = min_free_percent
        self._segment_bytes = min(segment_bytes, max_bytes // 16) if max_bytes else segment_bytes
        self._segments: dict[int, Segment] = {}
        self._cursors = [_Cursor() for _ in range(lanes)]
        self._hints = Hints(directory)
        self._writer: SegmentWriter | None = None
        self._next_number = 1
        self._pending = Tally()
        self._counts = StoreStatistics()
        self._foreign: tuple[str, ...] = ()
        self.epoch = 1
        self.statistics = StoreStatistics()

    # Opening and closing

    def open(self) -> None:
        """Locks the directory and finds what is in it. Raises QueueError, DiskError."""
        try:
            self._directory.prepare()
            names = self._directory.names()
        except OSError as exc:
            raise DiskError("open", self._directory.path, exc) from exc
        self._hints.load(POSITIONS_NAME in names)
        floors = dict(self._hints.positions)
        for name in names:
            number = segment_number(name)
            if number is not None:
                self._next_number = max(self._next_number, number + 1)
                self._open_segment(number, floors)
        self._name_foreign(names)
        self.epoch = max((epoch for epoch, _ in floors), default=0) + 1
        self._remove_settled()
        self._publish()

    def _open_segment(self, number: int, floors: dict[LaneKey, int]) -> None:
        try:
            opened = open_segment(self._directory, number, floors)
        except NewerVersionError as exc:
            logger.error("queue %s: %s left alone: %s", self._path, segment_name(number), exc)
            return
        except OSError as exc:
            logger.error("queue %s: %s not readable: %s", self._path, segment_name(number), exc)
            self._count_damage(0)
            return
        for damage in opened.damages:
            logger.warning("queue %s: %s: %s", self._path, segment_name(number), damage)
        self._counts = attrs.evolve(
            self._counts,
            damages_total=self._counts.damages_total + len(opened.damages),
            damaged_samples_total=self._counts.damaged_samples_total + opened.lost_samples,
        )
        self._segments[number] = opened.segment
        self._pending.add(opened.segment.pending_total())

    def _name_foreign(self, names: Sequence[str]) -> None:
        ours = {LOCK_NAME, POSITIONS_NAME}
        foreign = [n for n in names if n not in ours and segment_number(n) is None]
        if foreign:
            shown = ", ".join(foreign[:5])
            logger.warning("queue %s: foreign files left alone: %s", self._path, shown)

    @property
    def _path(self) -> str:
        return self._directory.path

    def close(self) -> None:
        """Finishes the segment and the positions, and gives the lock back."""
        try:
            if self._writer is not None:
                self._finish_writer()
            self._remove_settled()
            self._hints.save(sync=True)
        except OSError as exc:
            raise DiskError("close", self._path, exc) from exc
        finally:
            for segment in self._segments.values():
                segment.forget()
            self._hints.close()
            self._directory.release()
            self._publish()

    # Writing

    def append(self, blocks: Sequence[Block], now_ms: int) -> Appended:
        """Writes and syncs the Blocks (one group commit), making room as the bounds ask."""
        drops: list[Drop] = []
        durable = 0
        error = None
        too_large = False
        try:
            for block in blocks:
                durable += self._stage(block, now_ms, drops)
            durable += self._sync()
        except _NoRoomError:
            durable += self._sync_what_is_staged()
            too_large = durable < len(blocks)
        except OSError as exc:
            error = DiskError("write", self._path, exc)
            self._abandon_writer()
        self._publish()
        return Appended(durable, tuple(drops), error, too_large and error is None)

    def _stage(self, block: Block, now_ms: int, drops: list[Drop]) -> int:
        """Appends the Block to a segment; the number of Blocks that a roll made durable."""
        need = record_bytes(block)
        durable = 0
        writer = self._writer
        if writer is not None and writer.finished_size() + need > self._segment_bytes:
            durable = self._finish_writer()
        durable += self._make_room(need, drops)
        if self._writer is None:
            self._writer = SegmentWriter(self._directory, self._next_number, now_ms)
            self._segments[self._next_number] = self._writer.segment
            self._next_number += 1
        self._writer.append(block)
        return durable

    def _make_room(self, need: int, drops: list[Drop]) -> int:
        """Drops the oldest segments until `need` more bytes are within the bounds."""
        durable = 0
        overhead = SEGMENT_HEADER.size + footer_bytes(1)
        to_free = self._bytes_above_floor(need)
        while (
            self._max_bytes and self._bytes_when_finished() + need + overhead > self._max_bytes
        ) or to_free > 0:
            if not self._segments:
                raise _NoRoomError
            oldest = next(iter(self._segments.values()))
            if oldest.is_writing:
                durable += self._finish_writer()
            to_free -= oldest.file_bytes
            drops.append(self._drop(oldest))
        return durable

    def _bytes_above_floor(self, need: int) -> int:
        """What must go from our files so that the free space of the host does not shrink."""
        if not self._min_free_percent:
            return 0
        free, size = self._directory.free_bytes()
        if free - need >= size * self._min_free_percent / 100:
            return 0
        if not self._segments:
            raise OSError(errno.ENOSPC, "free disk space is below the configured floor")
        return need

    def _bytes_when_finished(self) -> int:
        total = self._hints.file_bytes + sum(s.file_bytes for s in self._segments.values())
        if self._writer is not None:
            total += self._writer.finished_size() - self._writer.segment.file_bytes
        return total

    def _drop(self, segment: Segment) -> Drop:
        tally = segment.pending_total()
        last = {key: found.last for key, found in segment.ranges.items()}
        for key, sequence in last.items():
            self._hints.advance(key, sequence)
        self._hints.save(sync=True)
        self._remove(segment)
        return Drop(tally, last)

    def _sync(self) -> int:
        if self._writer is None or not self._writer.staged_blocks:
            return 0
        before = self._writer.segment.file_bytes
        staged = self._writer.sync()
        self._count_written(self._writer.segment.file_bytes - before)
        for header in staged:
            self._pending.add(Tally(1, header.sample_count, header.payload_bytes))
        return len(staged)

    def _sync_what_is_staged(self) -> int:
        try:
            return self._sync()
        except OSError:
            self._abandon_writer()
            return 0

    def _finish_writer(self) -> int:
        assert self._writer is not None
        durable = self._sync()
        before = self._writer.segment.file_bytes
        try:
            self._writer.finish()
        except OSError:
            # The records are durable, only the footer is not: it will be scanned.
            self._abandon_writer()
        else:
            self._count_written(self._writer.segment.file_bytes - before)
            self._writer = None
        return durable

    def _abandon_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None and not writer.abandon():
            self._segments.pop(writer.segment.number, None)

    # Reading

    def next_block(self, lane: int) -> Block | None:
        """The oldest Block that sending lane `lane` has on the disk. Raises DiskError."""
        block = None
        try:
            while block is None and (found := self._find(lane)) is not None:
                block = self._load(*found, self._cursors[lane])
        except OSError as exc:
            raise DiskError("read", self._path, exc) from exc
        finally:
            self._publish()
        return block

    def is_behind(self, epoch: int) -> bool:
        """Whether Blocks of an older epoch than `epoch` are still to be sent."""
        return any(
            key[0] < epoch and tally.blocks
            for segment in self._segments.values()
            for key, tally in segment.pending.items()
        )

    def _find(self, lane: int) -> tuple[Segment, RecordHeader] | None:
        """The record where the lane's cursor stands, after passing over what is not for it."""
        cursor = self._cursors[lane]
        for segment in [s for n, s in self._segments.items() if n >= cursor.number]:
            if segment.number != cursor.number:
                self._leave(cursor)
                cursor.number, cursor.at = segment.number, 0
            if segment.is_settled and not segment.is_writing:
                continue
            headers = self._headers_of(segment)
            while cursor.at < len(headers):
                header = headers[cursor.at]
                key = (header.lane_epoch, header.lane)
                if header.lane % self._lanes == lane and header.sequence > self._hints.at(key):
                    return segment, header
                cursor.at += 1
        return None

    def _headers_of(self, segment: Segment) -> list[RecordHeader]:
        try:
            return segment.load_headers(self._directory)
        except FileNotFoundError:
            # Somebody removed the file: what it held is lost, the queue goes on.
            self._lose(segment, segment.pending_total())
            segment.headers = []
            for tally in segment.pending.values():
                tally.subtract(attrs.evolve(tally))
            return segment.headers

    def _load(self, segment: Segment, header: RecordHeader, cursor: _Cursor) -> Block | None:
        """The Block, or None if its record is damaged, which is then passed over for good."""
        reason: Exception
        try:
            file = segment.open_file(self._directory)
            offset = header.end - header.payload_bytes
            payload = file.read_at(offset, header.payload_bytes)
            block = read_block(header, payload, seed_of(segment.number))
        except DamageError as exc:
            reason = exc
        except OSError as exc:
            cursor.failures += 1
            if cursor.failures < _READ_ATTEMPTS:
                raise
            reason = exc
        else:
            cursor.failures = 0
            return block
        cursor.failures = 0
        logger.warning(
            "queue %s: %s: a record of %d samples is lost: %s",
            self._path,
            segment_name(segment.number),
            header.sample_count,
            reason,
        )
        self._count_damage(header.sample_count)
        self._settle(segment, header)
        return None

    def _lose(self, segment: Segment, tally: Tally) -> None:
        name = segment_name(segment.number)
        logger.error("queue %s: %s is gone, %d samples lost", self._path, name, tally.samples)
        self._pending.subtract(tally)
        self._count_damage(tally.samples)

    def _leave(self, cursor: _Cursor) -> None:
        left = self._segments.get(cursor.number)
        others = [c for c in self._cursors if c is not cursor and c.number == cursor.number]
        if left is not None and not left.is_writing and not others:
            left.forget()

    # Acknowledging

    def acknowledge(self, block: Block) -> None:
        """The Block was delivered or given up: it is not read again. Raises DiskError."""
        lane = block.lane % self._lanes
        try:
            while (found := self._find(lane)) is not None:
                segment, header = found
                if (header.lane_epoch, header.lane) != (block.lane_epoch, block.lane):
                    break
                if header.sequence > block.sequence:
                    break
                self._settle(segment, header)
            self._remove_settled()
            self._hints.save()
        except OSError as exc:
            raise DiskError("acknowledge in", self._path, exc) from exc
        finally:
            self._publish()

    def _settle(self, segment: Segment, header: RecordHeader) -> None:
        self._hints.advance((header.lane_epoch, header.lane), header.sequence)
        self._pending.subtract(segment.settle(header))

    def _remove_settled(self) -> None:
        """Removes the segments that nobody needs; the one being written only if it is large."""
        settled = [s for s in self._segments.values() if s.is_settled and self._is_removable(s)]
        if not settled:
            return
        self._hints.save(sync=True)
        for segment in settled:
            self._remove(segment)

    def _is_removable(self, segment: Segment) -> bool:
        if not segment.is_writing:
            return True
        # A slow link writes and settles Block after Block: the file is kept for a while, so that
        # not every second creates and removes one.
        return segment.file_bytes >= self._segment_bytes // 8

    def _remove(self, segment: Segment) -> None:
        if self._writer is not None and self._writer.segment is segment:
            self._writer = None
            segment.is_writing = False
        segment.forget()
        del self._segments[segment.number]
        self._pending.subtract(segment.pending_total())
        try:
            self._directory.remove(segment_name(segment.number))
        except FileNotFoundError:
            logger.warning("queue %s: %s was gone already", self._path, segment.number)

    # Counting

    def _count_written(self, count: int) -> None:
        self._counts = attrs.evolve(
            self._counts,
            written_bytes_total=self._counts.written_bytes_total + count,
            syncs_total=self._counts.syncs_total + 1,
        )

    def _count_damage(self, samples: int) -> None:
        self._counts = attrs.evolve(
            self._counts,
            damages_total=self._counts.damages_total + 1,
            damaged_samples_total=self._counts.damaged_samples_total + samples,
        )

    def _publish(self) -> None:
        oldest = None
        for segment in self._segments.values():
            times = [segment.ranges[k].oldest_ms for k, t in segment.pending.items() if t.blocks]
            if times:
                oldest = min(times)
                break
        self.statistics = attrs.evolve(
            self._counts,
            epoch=self.epoch,
            segments=len(self._segments),
            file_bytes=self._hints.file_bytes + sum(s.file_bytes for s in self._segments.values()),
            blocks=self._pending.blocks,
            samples=self._pending.samples,
            payload_bytes=self._pending.payload_bytes,
            oldest_ms=oldest,
        )
