"""What of a queue is on the disk: append, read in order, acknowledge, drop.

Takes Blocks with lane and sequence; gives them back in order, lane by lane, until acknowledged.
Synchronous, and called from one thread at a time. All that is durable is told by return values.
Invariants: those of `pushqueue.segment`. `statistics` is an immutable snapshot, replaced after
each call, so any thread may read it.
Never: raises for want of space while appending (that is a result), removes what is not settled
except to make room as told.
"""

import errno
import logging
from collections import deque
from collections.abc import Sequence

import attrs

from pushqueue.appended import Appended, Drop
from pushqueue.aside import Aside
from pushqueue.block import Block
from pushqueue.directory import LOCK_NAME, Directory
from pushqueue.errors import DiskError
from pushqueue.hints import MAX_FILE_BYTES, Hints
from pushqueue.positions import FILE_NAME as POSITIONS_NAME
from pushqueue.reader import Reader
from pushqueue.record import record_bytes
from pushqueue.segment import (
    BESIDE_NAME,
    SEGMENT_HEADER,
    LaneKey,
    NewerVersionError,
    footer_bytes,
    segment_name,
    segment_number,
)
from pushqueue.segment_file import Segment, Tally, open_segment
from pushqueue.segment_thinner import SegmentThinner, Thinned
from pushqueue.shelf import Shelf
from pushqueue.store_statistics import StoreStatistics
from pushqueue.writer import SegmentWriter, probe

logger = logging.getLogger("promferry.pushqueue")

DEFAULT_SEGMENT_BYTES = 8 * 2**20

# A sixteenth of the smallest byte bound that can be set.
_LEAST_SEGMENT_BYTES = 2**16

# What a segment costs beside its records, in the reckoning of the byte bound.
_OVERHEAD_BYTES = SEGMENT_HEADER.size + footer_bytes(1)


@attrs.frozen
class _Acknowledged:
    """A Block that is still to be taken off the books."""

    key: LaneKey
    sequence: int
    samples: int

    def is_in(self, segment: Segment) -> bool:
        found = segment.ranges.get(self.key)
        return found is not None and found.first <= self.sequence <= segment.last_given(self.key)


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
        self._is_fitted = False  # to the size of the file system
        self._shelf = Shelf()
        self._hints = Hints(directory)
        self._reader = Reader(directory, self._shelf, self._hints, lanes)
        self._thinner = SegmentThinner(directory, self._shelf, self._hints)
        self._writer: SegmentWriter | None = None
        self._acknowledged: deque[_Acknowledged] = deque()
        self._next_number = 1
        self._kept: list[Segment] = []  # settled, with bad spots; the first to go for room
        self._aside = Aside(directory)
        self._synced_blocks = 0
        self._written_bytes = self._syncs = self._damages = self._damaged_samples = 0
        self._is_open = False
        self.epoch = 0
        self.statistics = StoreStatistics()

    # Opening and closing

    def open(self) -> None:
        """Locks the directory and finds what is in it. Raises QueueError, DiskError."""
        try:
            self._directory.prepare()
            names = self._directory.names()
        except OSError as exc:
            self._directory.release()
            raise DiskError("open", self._directory.path, exc) from exc
        self._hints.load(POSITIONS_NAME in names)
        positions = self._hints.positions
        self._aside.clear()
        if BESIDE_NAME in names:
            self._thinner.clear()
        numbers = [number for name in names if (number := segment_number(name)) is not None]
        self._next_number = max(numbers, default=self._next_number - 1) + 1
        self._open_segments(sorted(numbers, reverse=True))
        self._name_foreign(names)
        # One counter for epochs and segments: a segment's name shows that its epoch is not higher,
        # even where the file cannot be read, so no epoch's number is ever given twice.
        newest = max((epoch for epoch, _ in positions), default=0)
        self._next_number = self.epoch = max(self._next_number, newest + 1)
        stored = [epoch for segment in self._shelf for epoch, _ in segment.ranges]
        self._hints.forget_before(min(stored, default=newest))
        self._is_open = True
        try:
            self._remove_settled()
        except OSError as exc:
            # A read-only disk: what is on it can be sent all the same.
            logger.error("queue %s: %s", self._directory.path, exc)
        self._publish()

    def _open_segments(self, numbers: Sequence[int]) -> None:
        ceilings: dict[LaneKey, int] = {}
        found = [self._open_segment(number, ceilings) for number in numbers]
        for segment in reversed(found):
            if segment is not None:
                self._shelf.add(segment)

    def _open_segment(self, number: int, ceilings: dict[LaneKey, int]) -> Segment | None:
        name = segment_name(number)
        try:
            opened = open_segment(self._directory, number, self._hints.positions, ceilings)
        except NewerVersionError as exc:
            logger.error("queue %s: %s left alone: %s", self._directory.path, name, exc)
            self._aside.add_newer(name)
            return None
        except OSError as exc:
            logger.error("queue %s: %s left alone: %s", self._directory.path, name, exc)
            self._damages += 1
            self._aside.add_unread(name)
            return None
        for damage in opened.damages:
            logger.warning("queue %s: %s: damaged: %s", self._directory.path, name, damage)
        self._damages += len(opened.damages)
        self._damaged_samples += opened.lost_samples
        # A file that only has our name is left alone; without any record there is nothing of ours.
        return opened.segment if opened.segment.ranges or not opened.is_foreign else None

    def _name_foreign(self, names: Sequence[str]) -> None:
        ours = {LOCK_NAME, POSITIONS_NAME, BESIDE_NAME}
        foreign = [n for n in names if n not in ours and segment_number(n) is None]
        if foreign:
            shown = ", ".join(foreign[:5])
            logger.warning("queue %s: foreign files left alone: %s", self._directory.path, shown)

    def close(self) -> None:
        """Finishes the segment and the positions, and gives the lock back. Raises DiskError."""
        try:
            self._finish_writer()
            self._settle_acknowledged()
            self._remove_settled()
            self._hints.save(sync=True)
        except OSError as exc:
            raise DiskError("close", self._directory.path, exc) from exc
        finally:
            for segment in self._shelf:
                segment.forget()
            self._hints.close()
            self._directory.release()
            self._is_open = False
            self._publish()

    # Writing

    def append(self, blocks: Sequence[Block], now_ms: int) -> Appended:
        """Writes and syncs the Blocks (one group commit), making room as the bounds ask.

        They are stored under the store's own epoch.
        """
        drops: list[Drop] = []
        thinned: list[Thinned] = []
        synced_before = self._synced_blocks
        error = None
        is_full = False
        try:
            for block in blocks:
                self._thin(record_bytes(block), now_ms, thinned)
                self._stage(attrs.evolve(block, lane_epoch=self.epoch), now_ms, drops)
            self._sync()
        except _NoRoomError:
            is_full = True
            self._sync_or_abandon()
        except OSError as exc:
            error = DiskError("write", self._directory.path, exc)
            self._abandon_writer()
        self._publish()
        durable = self._synced_blocks - synced_before
        return Appended(durable, tuple(drops), tuple(thinned), error, is_full and error is None)

    def _stage(self, block: Block, now_ms: int, drops: list[Drop]) -> None:
        """Appends the Block to a segment, a new one where it does not fit."""
        need = record_bytes(block)
        writer = self._writer
        if writer is not None and writer.finished_size() + need > self._segment_bytes:
            self._finish_writer()
        self._make_room(need, drops)
        if self._writer is None:
            self._writer = self._new_writer(now_ms)
        self._writer.append(block)

    def _new_writer(self, now_ms: int) -> SegmentWriter:
        try:
            self._hints.prepare(self.epoch)
            writer = SegmentWriter(self._directory, self._next_number, now_ms)
        except FileNotFoundError:
            # The directory was removed under us: make it anew, what was in it is gone.
            self._directory.release()
            self._directory.prepare()
            self._hints.close()
            writer = SegmentWriter(self._directory, self._next_number, now_ms)
        self._next_number += 1
        self._shelf.add(writer.segment)
        return writer

    def _sync(self) -> None:
        """Makes what is staged durable."""
        if self._writer is None or not self._writer.staged_blocks:
            return
        before = self._writer.segment.file_bytes
        staged = self._writer.sync()
        self._written_bytes += self._writer.segment.file_bytes - before
        self._syncs += 1
        self._synced_blocks += len(staged)
        for header in staged:
            self._shelf.stored(header)

    def _sync_or_abandon(self) -> None:
        try:
            self._sync()
        except OSError:
            self._abandon_writer()

    def _finish_writer(self) -> None:
        """Ends the segment in order. Raises OSError if what is staged cannot be made durable."""
        if self._writer is None:
            return
        self._sync()
        writer = self._writer
        before = writer.segment.file_bytes
        try:
            writer.finish()
        except OSError:
            # The records are durable, only the footer is not: they will be scanned.
            self._abandon_writer()
            return
        self._written_bytes += writer.segment.file_bytes - before
        self._syncs += 1
        self._shelf.closed(writer.segment)
        self._writer = None

    def _abandon_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if writer.abandon():
            self._shelf.closed(writer.segment)
        else:
            self._shelf.remove(writer.segment)
            writer.segment.forget()

    def probe(self) -> None:
        """Does what is left over, and whether the disk takes anything at all. Raises DiskError."""
        try:
            self._settle_acknowledged()
            self._remove_settled()
            self._hints.save()
            if self._is_above_bound(1):
                return
            probe(self._directory, self._next_number)
        except OSError as exc:
            raise DiskError("write", self._directory.path, exc) from exc
        finally:
            self._publish()

    # Making room

    def _thin(self, need: int, now_ms: int, thinned: list[Thinned]) -> None:
        """As the byte bound nears, a coarser history is kept instead of a shorter one."""
        # A segment's copy needs room beside it.
        near = need + _OVERHEAD_BYTES + self._segment_bytes
        while self._is_above_bound(near) and not self._acknowledged:
            room = self._max_bytes - self._file_bytes()
            found = self._thinner.thin_next(room, now_ms, self._reader.in_hand())
            if found is None:
                return
            thinned.extend(found)

    def _make_room(self, need: int, drops: list[Drop]) -> None:
        """Drops the oldest segments until `need` more bytes are within the bounds."""
        to_free = self._bytes_to_displace(need)
        while to_free > 0 or self._is_above_bound(need + _OVERHEAD_BYTES):
            if self._aside.has_unread:
                to_free -= self._aside.give_up_unread()
                continue
            if self._kept:
                to_free -= self._kept[0].file_bytes
                self._remove_file(self._kept[0])
                del self._kept[0]
                continue
            oldest = self._shelf.oldest()
            if oldest is None:
                raise self._no_room(need)
            if oldest.is_writing:
                self._sync()
                self._abandon_writer()
            to_free -= oldest.file_bytes
            if self._shelf.get(oldest.number) is not None:
                drops.append(self._drop(oldest))

    def _no_room(self, need: int) -> Exception:
        """Why there is none, though nothing is left that could go."""
        if need + _OVERHEAD_BYTES + MAX_FILE_BYTES > self._max_bytes:
            return _NoRoomError()
        reason = "segments of a later version take the room that the byte bound gives"
        return OSError(errno.ENOSPC, reason)

    def _is_above_bound(self, more: int) -> bool:
        return bool(self._max_bytes) and self._file_bytes() + more > self._max_bytes

    def _bytes_to_displace(self, need: int) -> int:
        """What of ours must go so that the free space of the host does not shrink further."""
        if not self._min_free_percent:
            return 0
        free, size = self._directory.free_bytes()
        if not self._is_fitted:
            # What goes to make room goes by segments: on a small disk they are small, too.
            self._segment_bytes = min(self._segment_bytes, max(size // 16, _LEAST_SEGMENT_BYTES))
            self._is_fitted = True
        if free - need >= size * self._min_free_percent / 100:
            return 0
        if not len(self._shelf) and not self._kept and not self._aside.has_unread:
            raise OSError(errno.ENOSPC, "the free disk space is below the configured floor")
        return need

    def _file_bytes(self) -> int:
        """All our files, the open segment as it will be with its footer."""
        writing = self._writer.finished_size() if self._writer is not None else 0
        kept = sum(segment.file_bytes for segment in self._kept)
        ours = MAX_FILE_BYTES + self._shelf.closed_bytes + kept + writing
        return ours + self._aside.file_bytes

    def _drop(self, segment: Segment) -> Drop:
        tally = segment.pending_total()
        # Fails before anything is booked: then the segment stays, and so does all that is known.
        self._remove(segment)
        for done in [done for done in self._acknowledged if done.is_in(segment)]:
            self._acknowledged.remove(done)
            tally.subtract(Tally(1, done.samples))
        last = {key: segment.last_given(key) for key in segment.ranges}
        for key, sequence in last.items():
            self._hints.advance(key, sequence)
        return Drop(tally, last)

    # Reading and acknowledging

    def next_block(self, lane: int) -> Block | None:
        """The oldest Block that sending lane `lane` has on the disk. Raises DiskError."""
        try:
            self._settle_acknowledged()
            return self._reader.next_block(lane)
        except OSError as exc:
            raise DiskError("read", self._directory.path, exc) from exc
        finally:
            self._publish()

    def acknowledge(self, block: Block) -> None:
        """The Block was delivered or given up: it is not given again. Raises DiskError.

        One that came from memory bears no epoch: it was stored under that of this opening.
        """
        key = (block.lane_epoch or self.epoch, block.lane)
        self._acknowledged.append(_Acknowledged(key, block.sequence, block.sample_count))
        try:
            self._settle_acknowledged()
            self._remove_settled()
            self._hints.save()
        except OSError as exc:
            raise DiskError("acknowledge in", self._directory.path, exc) from exc
        finally:
            self._publish()

    def _settle_acknowledged(self) -> None:
        # After an error they stay, and are seen to before anything else is read: what was
        # acknowledged is never given a second time.
        while self._acknowledged:
            self._reader.settle(self._acknowledged[0].key, self._acknowledged[0].sequence)
            self._acknowledged.popleft()

    def _remove_settled(self) -> None:
        """Removes the segments that nobody needs; the one being written only if it is large."""
        is_saved = False
        while (oldest := self._shelf.oldest()) is not None and self._is_removable(oldest):
            if not is_saved:
                self._save_positions()
                is_saved = True
            if oldest.is_writing:
                self._abandon_writer()
            if oldest.has_bad_spots:
                # The spots may be readable again, in another machine or another day.
                self._shelf.remove(oldest)
                self._kept.append(oldest)
            else:
                self._remove(oldest)

    def _save_positions(self) -> None:
        try:
            self._hints.save(sync=True)
        except OSError as exc:
            # A disk too full for the positions must be emptied all the same. What this may cost
            # is a second sending, after a power cut that brings the files back.
            logger.warning("queue %s: positions not saved: %s", self._directory.path, exc)

    def _is_removable(self, segment: Segment) -> bool:
        if not segment.is_settled:
            return False
        # A slow link writes and settles Block after Block: the file is kept for a while, so that
        # not every second creates and removes one.
        is_large = segment.file_bytes >= self._segment_bytes // 8
        return not segment.is_writing or (is_large and segment.file_bytes > 0)

    def _remove(self, segment: Segment) -> None:
        """Only when the file is gone does the shelf forget it."""
        self._remove_file(segment)
        self._shelf.remove(segment)

    def _remove_file(self, segment: Segment) -> None:
        name = segment_name(segment.number)
        segment.forget()
        try:
            self._directory.remove(name)
        except FileNotFoundError:
            logger.warning("queue %s: %s was gone already", self._directory.path, name)

    # Looking in

    def _publish(self) -> None:
        pending = self._shelf.pending
        first = self._shelf.oldest_pending()
        epoch, oldest_ms = (first.oldest_pending() if first is not None else None) or (None, None)
        writing = self._writer.segment.file_bytes if self._writer is not None else 0
        stored = self._shelf.closed_bytes + writing + self._aside.file_bytes
        self.statistics = StoreStatistics(
            is_open=self._is_open,
            epoch=self.epoch,
            oldest_epoch=epoch,
            segments=len(self._shelf),
            file_bytes=self._hints.file_bytes + stored,
            blocks=pending.blocks,
            samples=pending.samples,
            payload_bytes=pending.payload_bytes,
            unsettled=len(self._acknowledged),
            oldest_ms=oldest_ms,
            written_bytes_total=self._written_bytes + self._thinner.written_bytes,
            syncs_total=self._syncs,
            damages_total=self._damages + self._reader.damages,
            damaged_samples_total=self._damaged_samples + self._reader.damaged_samples,
        )
