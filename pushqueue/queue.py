"""One remote's Blocks from the batcher to the acknowledgement: memory first, disk when late.

Takes Blocks by `put_nowait`, gives them in order, lane by lane, by `head`; keeps each until
`acknowledge` or `discard`. A shell of waits and locks: the books are `lanes`', the bytes `store`'s.
Invariants: within a lane, what is on the disk is older than what is in memory only. A Block
leaves memory only when it is durable on the disk, acknowledged, or counted as dropped.
Never: blocks or raises in `put_nowait`; ends because a disk failed.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio

from pushqueue.appended import Appended, Drop
from pushqueue.block import Block
from pushqueue.clock import PLAUSIBLE_MS
from pushqueue.disk_state import RETRY_MAX_S, RETRY_MIN_S, DiskState
from pushqueue.errors import DiskError, QueueError
from pushqueue.lanes import Held, Lane, Lanes
from pushqueue.segment_file import Tally
from pushqueue.segment_thinner import Thinned
from pushqueue.settings import QueueSettings
from pushqueue.statistics import QueueStatistics
from pushqueue.store import Store

logger = logging.getLogger("promferry.pushqueue")

RunSync = Callable[..., Awaitable[Any]]

# Blocks due within this part of spill_after are written with those that are due: fewer syncs.
_GROUP_SHARE = 0.25

# With fresh_first, of so many Blocks in a row one is of the backlog, even if new ones wait.
_FRESH_RUN = 3


class Queue:
    """With `settings.disable_disk` the store is only opened to bring a stop's leftovers there.

    `backlog_wait_s`: how long what is on the disk is to wait before another look, 0 if it may go.
    """

    def __init__(
        self,
        settings: QueueSettings,
        *,
        store: Store,
        run_sync: RunSync,
        wall_ms: Callable[[], int],
        spill_after_s: float,
        name: str = "",
        backlog_wait_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._settings = settings
        self._store = store
        self._run_sync = run_sync
        self._wall_ms = wall_ms
        self._spill_after_s = float("inf") if settings.disable_disk else spill_after_s
        self._name = name
        self._backlog_wait_s = backlog_wait_s
        self._lanes = Lanes(settings.lanes, settings.max_memory_bytes)
        self._disk = DiskState(name)
        self._disk_lock = trio.Lock()
        self._settled: deque[Held] = deque()
        self._has_gone_ahead = False
        # Of this epoch, on the disk, delivered before older ones of their lane: lane and sequence
        # to its size. They are settled when their turn comes; the disk's positions know no gaps.
        self._ahead: dict[tuple[int, int], Tally] = {}
        self._changed = trio.Event()
        self._spill_wanted = trio.Event()

    @property
    def epoch(self) -> int:
        """The epoch of this opening."""
        return self._store.statistics.epoch

    @property
    def is_in_order(self) -> bool:
        """Whether what was stored earlier is always sent earlier."""
        return not self._settings.fresh_first and not self._has_gone_ahead

    def is_from_before(self, block: Block) -> bool:
        """Whether the Block was stored before this opening, so that it may have been sent then."""
        return block.lane_epoch not in (0, self.epoch)

    # Opening and closing

    async def open(self) -> None:
        """Opens the directory. Raises QueueError; a failing disk is only told."""
        try:
            async with self._disk_lock:
                await self._open_store()
        except DiskError as exc:
            self._disk.write_failed(exc, trio.current_time())
        except QueueError as exc:
            if not self._settings.disable_disk:
                raise
            logger.warning("%s; going on in memory only", exc)

    async def _open_store(self) -> None:
        """Opens the store unless it is open. The caller holds the lock."""
        if self._store.statistics.is_open:
            return
        await self._run_sync(self._store.open)
        for lane in self._lanes:
            lane.may_have_stored = self._store.statistics.blocks > 0

    async def run(self) -> None:
        """Brings to the disk what is late, until cancelled."""
        while True:
            await self._wait_late()
            until = trio.current_time() + self._spill_after_s * _GROUP_SHARE
            # In a crowded memory everything is late.
            await self._spill(float("inf") if self._lanes.is_crowded else until)

    async def close(self) -> None:
        """Brings everything that is left to the disk and gives the directory back."""
        await self._spill(float("inf"))
        try:
            async with self._disk_lock:
                if self._store.statistics.is_open:
                    await self._settle_all()
                    await self._run_sync(self._store.close)
        except DiskError as exc:
            self._disk.failed(exc)
        lost = sum(held.block.sample_count for held in self._lanes.undelivered())
        if lost:
            self._lanes.count_drop("shutdown", lost)
            why = self._disk.error or "the queue has no disk, or was not given time to write to it"
            logger.error("queue %s: %d samples lost: %s", self._name, lost, why)

    # In

    def put_nowait(self, block: Block) -> None:
        """Takes a Block into its lane, and names it."""
        was_empty = not self._lanes.blocks
        self._lanes.put(block, trio.current_time() + self._spill_after_s)
        # Otherwise the spilling task wakes in time for the oldest.
        if was_empty or self._lanes.is_crowded:
            self._spill_wanted.set()
        self.tell_change()

    def tell_change(self) -> None:
        """Wakes whoever waits for a change; the sender calls it when an attempt has failed."""
        self._changed.set()
        self._changed = trio.Event()

    async def wait_change(self) -> None:
        """Returns after the next Block that comes, goes or moves, or failed attempt."""
        await self._changed.wait()

    # Out

    async def wait_pending(self, lane: int = 0) -> None:
        """Returns when `head` would not have to wait."""
        await self.head(lane)

    async def head(self, lane: int = 0) -> Block:
        """The lane's oldest Block, which stays until acknowledged or discarded."""
        found = self._lanes[lane]
        while True:
            await trio.lowlevel.checkpoint()
            changed = self._changed
            if found.current is not None and found.current.is_orphan:
                self._lanes.count_drop("disk_bound", found.current.block.sample_count)
                self._lanes.release(found.current)
            if found.current is None:
                await self._fetch(found)
            if found.current is None:
                # A backlog that has to wait is looked at again without a change.
                with trio.move_on_after(self._backlog_wait_s() or float("inf")):
                    await changed.wait()
            elif self._is_too_old(found.current.block):
                await self.discard(found.current.block, "age")
            else:
                return found.current.block

    async def _fetch(self, lane: Lane) -> None:
        """Hands the lane's oldest Block to the sender, if it has one that may go now."""
        is_held = bool(self._backlog_wait_s())
        is_fresh = self._settings.fresh_first and lane.fresh_run < _FRESH_RUN
        if lane.waiting and (is_fresh or is_held):
            is_ahead = lane.may_have_stored
            self._lanes.take(lane)
            assert lane.current is not None
            lane.current.is_ahead = is_ahead
            self._has_gone_ahead |= is_ahead
            lane.fresh_run += is_ahead
        elif lane.may_have_stored and is_held:
            return
        elif lane.may_have_stored:
            lane.fresh_run = 0
            block = await self._read(lane)
            if block is not None and not self._must_wait(block.lane_epoch):
                lane.current = Held(block, float("inf"), is_stored=True)
        elif not self._must_wait(self.epoch):
            self._lanes.take(lane)

    async def _read(self, lane: Lane) -> Block | None:
        """The lane's oldest Block on the disk; on errors it tries again for as long as it takes."""
        delay_s = RETRY_MIN_S
        while True:
            try:
                async with self._disk_lock:
                    await self._settle_all()
                    block = await self._next_stored(lane)
                    lane.may_have_stored = block is not None
                self._disk.succeeded("read")
                return block
            except DiskError as exc:
                self._disk.failed(exc)
            await trio.sleep(delay_s)
            delay_s = min(2 * delay_s, RETRY_MAX_S)

    async def _next_stored(self, lane: Lane) -> Block | None:
        """Passes over what was delivered ahead of its turn. The caller holds the lock."""
        while True:
            block: Block | None = await self._run_sync(self._store.next_block, lane.number)
            if block is None or block.lane_epoch != self.epoch:
                return block
            if self._ahead.pop((block.lane, block.sequence), None) is None:
                return block
            await self._run_sync(self._store.acknowledge, block)

    def _must_wait(self, epoch: int) -> bool:
        """Whether another epoch is still to be sent, by any lane."""
        # With one lane the order of the files is the order of the epochs.
        if len(self._lanes) == 1 or self._settings.fresh_first:
            return False
        oldest = self._store.statistics.oldest_epoch
        # What is being sent counts even if its segment had to go meanwhile.
        in_hand = [lane.current.block for lane in self._lanes if lane.current is not None]
        others = {oldest, *(block.lane_epoch or self.epoch for block in in_hand)} - {epoch, None}
        return bool(others)

    def _is_too_old(self, block: Block) -> bool:
        limit_ms = self._settings.max_age_s * 1000
        now_ms = self._wall_ms()
        newest_ms = block.newest_ms
        if block.created_ms > PLAUSIBLE_MS:
            # A target may claim a time to come; nothing in it is younger than the Block itself.
            newest_ms = min(newest_ms, block.created_ms)
        return bool(limit_ms) and now_ms > PLAUSIBLE_MS and newest_ms < now_ms - limit_ms

    def is_current(self, block: Block) -> bool:
        """Whether the Block, not yet acknowledged, is still to be sent."""
        held = self._lanes[block.lane].current
        return held is not None and held.block is block and not held.is_orphan

    async def acknowledge(self, block: Block) -> None:
        """The Block was delivered (or wholly answered for): it is forgotten everywhere."""
        held = self._lanes[block.lane].current
        if held is None or held.block is not block:
            return
        self._lanes.release(held)
        if held.is_stored:
            # Noted first: a cancelled task must not lose it.
            self._settle(held)
            async with self._disk_lock:
                await self._settle_all()
        self.tell_change()

    async def discard(self, block: Block, reason: str) -> None:
        """The Block is given up by a named policy."""
        self._lanes.count_drop(reason, block.sample_count, size=len(block.body))
        await self.acknowledge(block)

    def _settle(self, held: Held) -> None:
        """It is on the disk and done with: its record is to go, at once or when its turn comes."""
        block = held.block
        if not held.is_ahead:
            self._settled.append(held)
        elif not held.is_orphan:
            size = Tally(1, block.sample_count, block.size_bytes)
            self._ahead[(block.lane, block.sequence)] = size

    async def _settle_all(self) -> None:
        """Brings the acknowledgements to the store. The caller holds the lock."""
        while self._settled:
            try:
                await self._run_sync(self._store.acknowledge, self._settled.popleft().block)
                self._disk.succeeded("acknowledge in")
            except DiskError as exc:
                self._disk.failed(exc)

    # To the disk

    async def _wait_late(self) -> None:
        """Returns when something in memory is due on the disk, and the disk may be tried."""
        while True:
            self._spill_wanted = trio.Event()
            due_at = self._lanes.next_due_at()
            if self._lanes.is_crowded and not self._settings.disable_disk:
                due_at = float("-inf")
            due_at = max(due_at, self._disk.retry_at)
            if self._must_probe:
                due_at = self._disk.retry_at
            if due_at <= trio.current_time():
                return
            with trio.move_on_at(due_at):
                await self._spill_wanted.wait()

    async def _spill(self, until: float) -> None:
        """Writes what is due by then, in one group commit; not to be left half way."""
        with trio.CancelScope(shield=True):
            await self._spill_now(until)

    async def _spill_now(self, until: float) -> None:
        async with self._disk_lock:
            late = self._lanes.late(until)
            if not late and not self._must_probe:
                return
            for held in late:
                held.is_writing = True
            try:
                await self._open_store()
                await self._settle_all()
                await (self._append(late) if late else self._probe())
            except (DiskError, QueueError) as exc:
                self._write_failed(exc)
            finally:
                for held in late:
                    held.is_writing = False
        self.tell_change()

    @property
    def _must_probe(self) -> bool:
        """A disk that failed is tried again though there is nothing for it: somebody wants to
        know whether it would take it."""
        return self._disk.is_write_failing and not self._settings.disable_disk

    async def _probe(self) -> None:
        await self._run_sync(self._store.probe)
        self._disk.write_succeeded()
        self._disk.succeeded("acknowledge in", "close")

    def _write_failed(self, exc: DiskError | QueueError) -> None:
        if isinstance(exc, QueueError):
            exc = DiskError("open", exc.path, OSError(None, exc.reason))
        self._disk.write_failed(exc, trio.current_time())

    async def _append(self, late: list[Held]) -> None:
        blocks = [held.block for held in late]
        result: Appended = await self._run_sync(self._store.append, blocks, self._wall_ms())
        written = late[: result.durable]
        for held in written:
            self._lanes.stored(held)
        # Acknowledged while they were being written.
        for held in written:
            if held.is_done:
                self._settle(held)
        self._book_thinned(result.thinned)
        for drop in result.drops:
            self._book_drop(drop)
        await self._settle_all()
        if result.error is not None:
            self._disk.write_failed(result.error, trio.current_time())
            return
        self._disk.write_succeeded()
        if result.too_large:
            self._give_up(late[result.durable])

    def _book_thinned(self, thinned: Sequence[Thinned]) -> None:
        """Counts what was left out to make room; not what was delivered ahead of its turn."""
        lost = blocks = 0
        for one in thinned:
            name = (one.key[1], one.sequence)
            size = self._ahead.pop(name, None) if one.key[0] == self.epoch else None
            if size is None:
                lost += one.lost_samples
                blocks += one.left is None
            elif one.left is not None:
                self._ahead[name] = one.left
        self._lanes.count_drop("thinned", lost, blocks=blocks)

    def _book_drop(self, drop: Drop) -> None:
        """Counts a segment that had to go; not what was delivered, or is being sent."""
        samples = drop.tally.samples
        in_hand = [lane.current for lane in self._lanes if lane.current is not None]
        for held in (*in_hand, *self._settled):
            key = (held.block.lane_epoch or self.epoch, held.block.lane)
            is_in_it = held.is_stored and held.block.sequence <= drop.last.get(key, 0)
            if is_in_it and not held.is_orphan:
                # Whether what is being sent is lost shows when the attempt ends.
                held.is_orphan = True
                samples -= held.block.sample_count
        for lane, sequence in [
            key for key in self._ahead if key[1] <= drop.last_of(self.epoch, key[0])
        ]:
            samples -= self._ahead.pop((lane, sequence)).samples
        blocks, size = drop.tally.blocks, drop.tally.payload_bytes
        self._lanes.count_drop("disk_bound", samples, blocks=blocks, size=size)

    def _give_up(self, held: Held) -> None:
        """A Block larger than the disk's bound."""
        if self._lanes[held.block.lane].current is held:
            held.is_too_large = True
        elif not held.is_done:
            self._lanes.give_up(held, "disk_bound")

    @property
    def unstored_drops(self) -> int:
        """How many Blocks were given up before they were on the disk."""
        return self._lanes.unstored_drops

    async def wait_durable(self, since: int | None = None) -> bool:
        """Returns when all that was put before is on the disk, synced, or answered for.

        False, at once, if some of it cannot be: no disk, a failing one, too little room; and if
        anything was given up since `unstored_drops` was `since`: it may have been of the caller.
        """
        if self._settings.disable_disk or since not in (None, self.unstored_drops):
            return False
        held = self._lanes.hurry(trio.current_time())
        self._spill_wanted.set()
        while True:
            await trio.lowlevel.checkpoint()
            changed = self._changed
            if all(one.is_stored or (one.is_done and not one.is_orphan) for one in held):
                return True
            if self._disk.error or any(one.is_orphan or one.is_too_large for one in held):
                return False
            await changed.wait()

    # Looking in

    def is_full(self, open_samples: int = 0) -> bool:
        """Memory is nearly full, as the disk is slow, failing or switched off, or will be with so
        many samples that no Block was made of yet."""
        return self._lanes.is_full(open_samples)

    @property
    def disk_error(self) -> str:
        """What of the disk fails now; "" if nothing does."""
        return self._disk.error

    @property
    def is_empty(self) -> bool:
        return self._lanes.is_idle and self._store.statistics.blocks <= len(self._ahead)

    def statistics(self) -> QueueStatistics:
        store, lanes = self._store.statistics, self._lanes
        oldest = [ms for ms in (lanes.oldest_ms(), store.oldest_ms) if ms is not None]
        ahead = Tally()
        for size in self._ahead.values():
            ahead.add(size)
        state = self._disk.error or ("off" if self._settings.disable_disk else "ok")
        return QueueStatistics(
            memory_blocks=lanes.blocks,
            memory_samples=lanes.samples,
            memory_bytes=lanes.bytes,
            disk_blocks=store.blocks - ahead.blocks,
            disk_samples=store.samples - ahead.samples,
            disk_bytes=store.payload_bytes - ahead.payload_bytes,
            disk_file_bytes=store.file_bytes,
            disk_segments=store.segments,
            disk_written_bytes_total=store.written_bytes_total,
            disk_syncs_total=store.syncs_total,
            damages_total=store.damages_total,
            damaged_samples_total=store.damaged_samples_total,
            disk_state=state,
            oldest_ms=min(oldest, default=None),
            dropped_samples=dict(lanes.dropped),
            dropped_blocks_total=lanes.dropped_blocks,
            dropped_bytes_total=lanes.dropped_bytes,
        )
