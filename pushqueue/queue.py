"""One remote's Blocks from the batcher to the acknowledgement: memory first, disk when late.

Takes Blocks by `put_nowait`, gives them in order, lane by lane, by `head`; keeps each until
`acknowledge` or `discard`. A shell: times, locks and books; bytes on disk are `store`'s.
Invariants: within a lane, what is on the disk is older than what is in memory only. A Block
leaves memory only when it is durable on the disk, acknowledged, or counted as dropped.
Never: blocks or raises in `put_nowait`; ends because a disk failed.
"""

import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import attrs
import trio

from pushqueue.block import Block
from pushqueue.errors import DiskError
from pushqueue.judge import PLAUSIBLE_MS
from pushqueue.settings import QueueSettings
from pushqueue.statistics import QueueStatistics
from pushqueue.store import Appended, Drop, Store, StoreStatistics

logger = logging.getLogger("promferry.pushqueue")

RunSync = Callable[..., Awaitable[Any]]

# Blocks due within this part of spill_after are written with those that are due: fewer syncs.
_GROUP_SHARE = 0.25
_DISK_RETRY_MIN_S, _DISK_RETRY_MAX_S = 1.0, 30.0
# Above this share of the memory bound Blocks go to the disk before their time.
_EARLY_SPILL_SHARE = 0.5


class Drops(Protocol):
    """Who counts what is given up."""

    def __call__(self, reason: str, samples: int) -> None: ...


@attrs.define(eq=False)
class _Held:
    """A Block in memory. `is_done`: acknowledged or discarded while it was being written."""

    block: Block
    due_at: float
    is_stored: bool = False
    is_writing: bool = False
    is_done: bool = False
    is_orphan: bool = False


@attrs.define(eq=False)
class _Lane:
    """`current` is with the sender; it is older than everything in `waiting`."""

    number: int
    sequence: int = 0
    may_have_stored: bool = False
    current: _Held | None = None
    waiting: deque[_Held] = attrs.field(factory=deque)


class Queue:
    """`store` None: memory only, and what is not delivered at the end is dropped."""

    def __init__(
        self,
        settings: QueueSettings,
        *,
        store: Store | None,
        run_sync: RunSync,
        wall_ms: Callable[[], int],
        spill_after_s: float,
        name: str = "",
    ) -> None:
        self._settings = settings
        self._store = store
        self._run_sync = run_sync
        self._wall_ms = wall_ms
        self._spill_after_s = spill_after_s
        self._name = name
        self._lanes = [_Lane(number) for number in range(settings.lanes)]
        self._memory_bytes = 0
        self._memory_samples = 0
        self._memory_blocks = 0
        self._dropped: Counter[str] = Counter()
        self._disk_error = ""
        self._disk_retry_s = _DISK_RETRY_MIN_S
        self._disk_retry_at = float("-inf")
        self._disk_lock = trio.Lock()
        self._changed = trio.Event()
        self._spill_wanted = trio.Event()
        self.epoch = 0

    # Opening and closing

    async def open(self) -> None:
        """Opens the directory. Raises QueueError; a failing disk is only told."""
        if self._store is None:
            return
        try:
            await self._run_sync(self._store.open)
        except DiskError as exc:
            self._disk_failed(exc)
        self.epoch = self._store.epoch
        for lane in self._lanes:
            lane.may_have_stored = self._store.statistics.blocks > 0

    async def run(self) -> None:
        """Brings to the disk what is late, until cancelled."""
        while True:
            await self._wait_late()
            await self._spill(trio.current_time() + self._spill_after_s * _GROUP_SHARE)

    async def close(self) -> None:
        """Brings everything that is left to the disk and gives the directory back."""
        if self._store is None:
            left = self._undelivered()
            self._count_drop("shutdown", sum(held.block.sample_count for held in left))
            return
        try:
            await self._spill(float("inf"))
        finally:
            try:
                async with self._disk_lock:
                    await self._run_sync(self._store.close)
            except DiskError as exc:
                self._disk_failed(exc)
        left = [held for held in self._undelivered() if not held.is_stored]
        if left:
            samples = sum(held.block.sample_count for held in left)
            self._count_drop("shutdown", samples)
            logger.error("queue %s: %d samples lost: %s", self._name, samples, self._disk_error)

    def _undelivered(self) -> list[_Held]:
        held = [lane.current for lane in self._lanes if lane.current is not None]
        return held + [waiting for lane in self._lanes for waiting in lane.waiting]

    # In

    def put_nowait(self, block: Block) -> None:
        """Takes a Block into its lane, and names it."""
        lane = self._lanes[block.lane % len(self._lanes)]
        lane.sequence += 1
        named = attrs.evolve(block, lane_epoch=self.epoch, lane=lane.number, sequence=lane.sequence)
        lane.waiting.append(_Held(named, trio.current_time() + self._spill_after_s))
        self._count_memory(named, +1)
        self._make_room_in_memory()
        if self._is_crowded() or not self._spill_after_s or self._memory_blocks == 1:
            self._spill_wanted.set()
        self._tell_change()

    def _count_memory(self, block: Block, sign: int) -> None:
        self._memory_bytes += sign * block.size_bytes
        self._memory_samples += sign * block.sample_count
        self._memory_blocks += sign

    def _is_crowded(self) -> bool:
        limit = self._settings.max_memory_bytes
        return bool(limit) and self._memory_bytes > limit * _EARLY_SPILL_SHARE

    def _make_room_in_memory(self) -> None:
        limit = self._settings.max_memory_bytes
        while limit and self._memory_bytes > limit:
            victims = [held for lane in self._lanes for held in lane.waiting if not held.is_writing]
            # What is with the sender or on its way to the disk stays; so the bound may be
            # exceeded by that much, and by a single Block larger than the bound.
            if len(victims) < 2:
                return
            oldest = min(victims, key=lambda held: held.due_at)
            self._lanes[oldest.block.lane].waiting.remove(oldest)
            self._count_memory(oldest.block, -1)
            self._count_drop("memory", oldest.block.sample_count)

    def _count_drop(self, reason: str, samples: int) -> None:
        if samples:
            self._dropped[reason] += samples

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

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
                self._let_go(found, found.current)
            if found.current is None:
                await self._fetch(found)
            if found.current is None:
                await changed.wait()
            elif self._is_too_old(found.current.block):
                await self.discard(found.current.block, "age")
            else:
                return found.current.block

    async def _fetch(self, lane: _Lane) -> None:
        """Puts the lane's oldest Block into `current`, if it has one that may go now."""
        if lane.may_have_stored:
            assert self._store is not None
            await self._wait_disk()
            async with self._disk_lock:
                try:
                    block = await self._run_sync(self._store.next_block, lane.number)
                except DiskError as exc:
                    self._disk_failed(exc)
                    return
                lane.may_have_stored = block is not None
            if block is not None and not self._must_wait(block.lane_epoch):
                lane.current = _Held(block, float("inf"), is_stored=True)
        elif lane.waiting and not self._must_wait(self.epoch):
            lane.current = lane.waiting.popleft()

    def _must_wait(self, epoch: int) -> bool:
        # Within one lane the order of the files is the order of the epochs.
        if self._store is None or len(self._lanes) == 1:
            return False
        return self._store.is_behind(epoch)

    def _is_too_old(self, block: Block) -> bool:
        now_ms = self._wall_ms()
        limit_ms = self._settings.max_age_s * 1000
        return bool(limit_ms) and now_ms > PLAUSIBLE_MS and block.newest_ms < now_ms - limit_ms

    def is_current(self, block: Block) -> bool:
        """Whether the Block, not yet acknowledged, is still to be sent."""
        held = self._lanes[block.lane % len(self._lanes)].current
        return held is not None and held.block is block and not held.is_orphan

    async def acknowledge(self, block: Block) -> None:
        """The Block was delivered (or wholly answered for): it is forgotten everywhere."""
        lane = self._lanes[block.lane % len(self._lanes)]
        held = lane.current
        if held is None or held.block is not block:
            return
        lane.current = None
        if held.is_writing:
            held.is_done = True
        if held.is_stored:
            await self._settle(block)
        else:
            self._count_memory(block, -1)
        self._tell_change()

    async def discard(self, block: Block, reason: str) -> None:
        """The Block is given up by a named policy."""
        self._count_drop(reason, block.sample_count)
        await self.acknowledge(block)

    async def _settle(self, block: Block) -> None:
        assert self._store is not None
        async with self._disk_lock:
            try:
                await self._run_sync(self._store.acknowledge, block)
            except DiskError as exc:
                self._disk_failed(exc)

    # To the disk

    async def _wait_late(self) -> None:
        """Returns when something in memory is due on the disk."""
        while True:
            if self._store is None:
                await trio.sleep_forever()
            self._spill_wanted = trio.Event()
            due_at = float("-inf") if self._is_crowded() else self._oldest_due_at()
            due_at = max(due_at, self._disk_retry_at)
            if due_at == float("inf"):
                await self._spill_wanted.wait()
            elif due_at <= trio.current_time():
                return
            else:
                with trio.move_on_at(due_at):
                    await self._spill_wanted.wait()

    def _in_memory_only(self) -> list[_Held]:
        return [held for held in self._undelivered() if not held.is_stored]

    def _oldest_due_at(self) -> float:
        return min((held.due_at for held in self._in_memory_only()), default=float("inf"))

    async def _spill(self, until: float) -> None:
        """Writes what is due by then (all of it if memory is crowded), in one group commit."""
        if self._is_crowded():
            until = float("inf")
        async with self._disk_lock:
            late = [held for held in self._in_memory_only() if held.due_at <= until]
            for held in late:
                held.is_writing = True
            if late:
                await self._append(late)

    async def _append(self, late: list[_Held]) -> None:
        assert self._store is not None
        blocks = [held.block for held in late]
        try:
            result: Appended = await self._run_sync(self._store.append, blocks, self._wall_ms())
        finally:
            for held in late:
                held.is_writing = False
        for held in late[: result.durable]:
            await self._stored(held)
        for drop in result.drops:
            self._dropped_from_disk(drop)
        if result.error is not None:
            self._disk_failed(result.error)
        elif result.too_large:
            self._give_up(late[result.durable], "disk_bound")
        else:
            self._disk_recovered()
        self._tell_change()

    async def _stored(self, held: _Held) -> None:
        """The Block is durable: memory lets go of it, unless the sender has it."""
        assert self._store is not None
        lane = self._lanes[held.block.lane]
        held.is_stored = True
        if held.is_done:
            # Acknowledged while it was being written; its place in memory was given back then.
            await self._run_sync(self._store.acknowledge, held.block)
            return
        self._count_memory(held.block, -1)
        lane.may_have_stored = True
        if lane.waiting and lane.waiting[0] is held:
            lane.waiting.popleft()

    def _dropped_from_disk(self, drop: Drop) -> None:
        samples = drop.tally.samples
        for lane in self._lanes:
            held = lane.current
            if held is None or not held.is_stored or held.is_orphan:
                continue
            block = held.block
            if block.sequence <= drop.last.get((block.lane_epoch, block.lane), 0):
                # It is being sent: whether it is lost shows when the attempt ends.
                held.is_orphan = True
                samples -= block.sample_count
        self._count_drop("disk_bound", samples)

    def _let_go(self, lane: _Lane, held: _Held) -> None:
        self._count_drop("disk_bound", held.block.sample_count)
        lane.current = None

    def _give_up(self, held: _Held, reason: str) -> None:
        lane = self._lanes[held.block.lane]
        if held in lane.waiting:
            lane.waiting.remove(held)
            self._count_memory(held.block, -1)
            self._count_drop(reason, held.block.sample_count)
        else:
            held.due_at = float("inf")

    # The disk's health

    async def _wait_disk(self) -> None:
        if self._disk_error:
            await trio.sleep_until(self._disk_retry_at)

    def _disk_failed(self, exc: DiskError) -> None:
        if not self._disk_error:
            logger.error("queue %s: %s; keeping data in memory", self._name, exc)
        self._disk_error = str(exc)
        self._disk_retry_at = trio.current_time() + self._disk_retry_s
        self._disk_retry_s = min(2 * self._disk_retry_s, _DISK_RETRY_MAX_S)

    def _disk_recovered(self) -> None:
        if self._disk_error:
            logger.info("queue %s: the disk works again", self._name)
        self._disk_error = ""
        self._disk_retry_s = _DISK_RETRY_MIN_S
        self._disk_retry_at = float("-inf")

    # Looking in

    async def wait_change(self) -> None:
        """Returns after the next Block that comes, goes or moves, or failed attempt."""
        await self._changed.wait()

    def tell_change(self) -> None:
        """Wakes whoever waits for a change: an attempt to send has failed."""
        self._tell_change()

    @property
    def is_empty(self) -> bool:
        stored = self._store.statistics.blocks if self._store is not None else 0
        return not stored and not self._undelivered()

    def statistics(self) -> QueueStatistics:
        store = self._store.statistics if self._store is not None else StoreStatistics()
        in_memory = self._in_memory_only()
        oldest = [held.block.oldest_ms for held in in_memory]
        if store.oldest_ms is not None:
            oldest.append(store.oldest_ms)
        return QueueStatistics(
            memory_blocks=self._memory_blocks,
            memory_samples=self._memory_samples,
            memory_bytes=self._memory_bytes,
            disk_blocks=store.blocks,
            disk_samples=store.samples,
            disk_bytes=store.payload_bytes,
            disk_file_bytes=store.file_bytes,
            disk_segments=store.segments,
            disk_written_bytes_total=store.written_bytes_total,
            disk_syncs_total=store.syncs_total,
            damages_total=store.damages_total,
            damaged_samples_total=store.damaged_samples_total,
            disk_state="off" if self._store is None else self._disk_error or "ok",
            oldest_ms=min(oldest, default=None),
            dropped_samples=dict(self._dropped),
        )
