"""A plain model of the queue's promise, and a driver that does random things to the real one.

The model knows which Blocks exist and what became of each; the driver acts, reads what the queue
says, and raises AssertionError where the promise is broken.
"""

import errno
import random
from collections.abc import Callable
from typing import Any

import attrs
import trio

from pushqueue.appended import Appended, Drop
from pushqueue.block import Block
from pushqueue.queue import Queue
from pushqueue.segment_file import Segment
from pushqueue.settings import QueueSettings
from pushqueue.store import Store
from tests.pushqueue.blocks import block, number_of
from tests.pushqueue.fake_directory import Crash, Disk, FakeDirectory

SERIES = 6  # what must stay in order; a series' lane is its number modulo the lanes
DISK_BOUND = 8192 + 6000
SEGMENT_BYTES = 1500
SPILL_AFTER_S = 1.0
# A Block is due on the disk after SPILL_AFTER_S; a writer that is at work may keep it so long.
GRACE_S = 0.01


class WatchedStore(Store):
    """The real store, which tells the model what it was told to be durable or dropped."""

    def __init__(self, model: "Model", directory: FakeDirectory, **options: Any) -> None:
        super().__init__(directory, **options)
        self._model = model

    def append(self, blocks: "list[Block] | tuple[Block, ...]", now_ms: int) -> Appended:  # type: ignore[override]
        result = super().append(blocks, now_ms)
        for stored in blocks[: result.durable]:
            self._model.durable.add(number_of(stored))
        return result

    def _drop(self, segment: Segment) -> Drop:
        dropped = super()._drop(segment)
        self._model.drops_pending += dropped.tally.blocks
        return dropped


@attrs.define(eq=False)
class Model:
    """What became of each Block, by its number."""

    samples: dict[int, int] = attrs.field(factory=dict)
    series: dict[int, int] = attrs.field(factory=dict)
    put_at: dict[int, float] = attrs.field(factory=dict)
    durable: set[int] = attrs.field(factory=set)
    promised: set[int] = attrs.field(factory=set)  # what a pusher was told is durable
    delivered: list[int] = attrs.field(factory=list)
    may_repeat: set[int] = attrs.field(factory=set)
    drops_pending: int = 0
    lossy: bool = False  # a bound was hit: which Blocks had to go is not foretold


@attrs.define(eq=False)
class Driver:
    """One sequence of actions on one disk, over several openings of the queue."""

    seed: int
    rng: random.Random = attrs.field(init=False)
    disk: Disk = attrs.field(factory=Disk)
    model: Model = attrs.field(factory=Model)
    log: list[str] = attrs.field(factory=list)
    next_number: int = 1
    lanes: int = 1
    queue: Queue = attrs.field(init=False)
    store: Store = attrs.field(init=False)
    in_flight: dict[int, Block] = attrs.field(factory=dict)
    given_up: dict[int, Block] = attrs.field(factory=dict)
    last_of_series: dict[int, int] = attrs.field(factory=dict)
    recovered: int = 0
    put_samples: int = 0
    acknowledged_samples: int = 0
    healthy_since: float = 0.0
    is_counted: bool = True
    threads: int = 0
    had_fault: bool = False
    max_disk_is_kept: bool = True
    max_disk: int = 0
    max_memory: int = 0
    is_fresh_first: bool = False

    def __attrs_post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.max_disk = self.rng.choice([0, 0, DISK_BOUND])
        self.max_memory = self.rng.choice([0, 0, 2000])

    async def run(self, actions: int) -> None:
        left = actions
        while left > 0:
            left -= await self._one_opening(left)
        self._end_faults()
        await self._drain()

    # One opening of the queue, until it is closed, killed or cut from its power

    async def _one_opening(self, most: int) -> int:
        done = 0
        ending: Callable[[], Any] | None = None
        try:
            async with trio.open_nursery() as nursery:
                await self._open()
                nursery.start_soon(self.queue.run)
                while ending is None and done < most:
                    done += 1
                    ending = await self._act()
                    self._check()
                nursery.cancel_scope.cancel()
        except* Crash:
            self._note_losses()
            self.log.append("in the middle of a call:")
            ending = self.rng.choice([self._kill, self._cut_power])
        if self.had_fault or self.disk.has_crashed or self.is_fresh_first:
            # A position may not have reached the disk; and what was delivered before older ones
            # of its lane has none.
            self.model.may_repeat.update(self.model.delivered)
        try:
            await (ending or self._close)()
        except Crash:
            self.log.append("in the middle of the close:")
            self.model.may_repeat.update(self.model.delivered)
            await self.rng.choice([self._kill, self._cut_power])()
        # What was not durable is gone with the process, and is no longer waited for.
        self.model.put_at.clear()
        return done

    async def _open(self) -> None:
        self.lanes = self.rng.choice([1, 1, 2, 3])
        self.is_fresh_first = self.rng.random() < 0.2
        settings = QueueSettings(
            lanes=self.lanes,
            max_memory_bytes=self.max_memory,
            spill_after_s=SPILL_AFTER_S,
            fresh_first=self.is_fresh_first,
        )
        self.store = WatchedStore(
            self.model,
            FakeDirectory(self.disk),
            lanes=self.lanes,
            max_bytes=self.max_disk,
            segment_bytes=SEGMENT_BYTES,
        )
        self.queue = Queue(
            settings,
            store=self.store,
            run_sync=self._run_sync,
            wall_ms=lambda: 0,
            spill_after_s=SPILL_AFTER_S,
        )
        self.in_flight.clear()
        self.given_up.clear()
        if self.max_disk and self.disk.used() > self.max_disk:
            # Files that a power cut brought back; the next Block to be stored makes them go.
            self.max_disk_is_kept = False
        if {"open", "read"} & self.disk.faults.keys():
            # Positions that cannot be read may have to be given up.
            self.model.may_repeat.update(self.model.delivered)
        self.last_of_series.clear()
        self.had_fault = bool(self.disk.faults) or self.disk.capacity is not None
        await self.queue.open()
        found = self.queue.statistics()
        self.recovered = found.disk_samples + found.damaged_samples_total
        self.is_counted = self.queue.epoch > 0
        self.put_samples = self.acknowledged_samples = 0
        order = ", fresh first" if self.is_fresh_first else ""
        self.log.append(f"open with {self.lanes} lanes{order}, epoch {self.queue.epoch}")

    async def _run_sync(self, function: Callable[..., Any], *args: Any) -> Any:
        """Others may run before and after, as they do while a thread works."""
        self.threads += 1
        try:
            for _ in range(self.rng.randint(1, 3)):
                await trio.lowlevel.checkpoint()
            result = function(*args)
            for _ in range(self.rng.randint(0, 3)):
                await trio.lowlevel.checkpoint()
            return result
        finally:
            self.threads -= 1

    # Actions

    async def _act(self) -> Callable[[], Any] | None:
        actions: list[tuple[int, Callable[[], Any]]] = [
            (30, self._put),
            (25, self._take),
            (20, self._acknowledge),
            (5, self._release),
            (12, self._wait),
            (6, self._put_durable),
            (1, self._crash_soon),
            (4, self._begin_fault),
            (6, self._end_faults_and_wait),
        ]
        endings: list[tuple[int, Callable[[], Any]]] = [
            (1, self._close),
            (1, self._kill),
            (1, self._cut_power),
        ]
        weights = [weight for weight, _ in (*actions, *endings)]
        index = self.rng.choices(range(len(weights)), weights)[0]
        if index >= len(actions):
            return endings[index - len(actions)][1]
        await actions[index][1]()
        return None

    async def _put(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            number, self.next_number = self.next_number, self.next_number + 1
            series = self.rng.randrange(SERIES)
            samples = self.rng.randint(1, 9)
            made = block(
                number,
                lane=series % self.lanes,
                size=self.rng.choice([8, 60, 300, 700]),
                samples=samples,
            )
            self.model.samples[number] = samples
            self.model.series[number] = series
            self.model.put_at[number] = trio.current_time()
            self.queue.put_nowait(made)
            self.put_samples += samples
            self.log.append(f"put {number} of series {series}")

    async def _put_durable(self) -> None:
        """A pusher puts something and waits for a promise."""
        since, first = self.queue.unstored_drops, self.next_number
        await self._put()
        is_durable = None
        with trio.move_on_after(0.5):
            is_durable = await self.queue.wait_durable(since)
        mine = range(first, self.next_number)
        self.log.append(f"{list(mine)} durable: {is_durable}")
        if is_durable:
            self.model.promised.update(mine)
            missing = set(mine) - self.model.durable
            assert not missing, f"promised and not stored: {missing}"

    async def _crash_soon(self) -> None:
        if self.disk.calls_left is None:
            self.disk.calls_left = self.rng.randint(0, 12)
            self.log.append(f"{self.disk.calls_left} calls to the disk left")

    async def _take(self) -> None:
        lane = self.rng.randrange(self.lanes)
        if lane in self.in_flight:
            return
        self.given_up.pop(lane, None)
        with trio.move_on_after(0.001):
            self.in_flight[lane] = await self.queue.head(lane)
            self.log.append(f"take {number_of(self.in_flight[lane])} on lane {lane}")

    async def _acknowledge(self) -> None:
        if self.in_flight:
            lane = self.rng.choice(list(self.in_flight))
            await self._deliver(self.in_flight.pop(lane))

    async def _deliver(self, sent: Block) -> None:
        number = number_of(sent)
        self.log.append(f"deliver {number}")
        series = self.model.series[number]
        before = self.last_of_series.get(series, 0)
        is_in_order = number > before or self.is_fresh_first
        assert is_in_order, f"{number} after {before} of series {series}"
        self.last_of_series[series] = number
        is_repeated = number in self.model.delivered
        assert not is_repeated or number in self.model.may_repeat, f"{number} delivered twice"
        self.model.delivered.append(number)
        self.acknowledged_samples += sent.sample_count
        await self.queue.acknowledge(sent)

    async def _release(self) -> None:
        """An attempt failed: the sender looks whether the Block is still its."""
        if self.in_flight:
            lane = self.rng.choice(list(self.in_flight))
            if not self.queue.is_current(self.in_flight[lane]):
                self.log.append(f"give up {number_of(self.in_flight[lane])}")
                # The queue books it when the sender asks for the next.
                self.given_up[lane] = self.in_flight.pop(lane)

    async def _wait(self) -> None:
        seconds = self.rng.choice([0.01, 0.3, 1.5])
        self.log.append(f"wait {seconds}")
        await trio.sleep(seconds)

    async def _begin_fault(self) -> None:
        if self.rng.random() < 0.4:
            self.disk.capacity = self.disk.used() + self.rng.randint(0, 1500)
            self.log.append("the disk is full soon")
        else:
            operations = ["write", "sync", "sync_directory", "create", "remove", "read", "open"]
            operation = self.rng.choice(operations)
            self.disk.faults[operation] = self.rng.choice([errno.EIO, errno.EROFS, errno.EACCES])
            self.log.append(f"{operation} fails from now on")
        self.healthy_since = float("inf")
        self.had_fault = True

    async def _end_faults_and_wait(self) -> None:
        if self.disk.faults or self.disk.capacity is not None:
            self._end_faults()
            # Longer than any pause between attempts.
            await trio.sleep(70)
            self.healthy_since = trio.current_time()

    def _end_faults(self) -> None:
        self.log.append("the disk works")
        self.disk.faults.clear()
        self.disk.capacity = self.disk.calls_left = None

    # Endings

    async def _close(self) -> None:
        self.log.append("close")
        is_healthy = not self.disk.faults and self.disk.capacity is None
        await self.queue.close()
        if is_healthy:
            assert not self.queue.statistics().dropped_samples.get("shutdown")
            assert self.disk.locked_by is None
        self.disk.kill()

    async def _kill(self) -> None:
        self.log.append("kill -9")
        self._check_age()
        self.disk.kill()

    async def _cut_power(self) -> None:
        self.log.append("power cut")
        self._check_age()
        self.disk.cut_power(self.rng)
        # Positions are synced when a segment goes and at the end, not for each answer.
        self.model.may_repeat.update(self.model.delivered)

    # The promise

    def _check(self) -> None:
        statistics = self.queue.statistics()
        dropped = sum(statistics.dropped_samples.values())
        pending = statistics.memory_samples + statistics.disk_samples
        held = [b for b in self.in_flight.values() if not self.queue.is_current(b)]
        self._note_losses()
        # While the disk is at work a Block may be in two books, or in none.
        if self.is_counted and not self.threads and not self.store.statistics.unsettled:
            orphans = sum(b.sample_count for b in (*held, *self.given_up.values()))
            known = self.acknowledged_samples + dropped + pending + orphans
            total = self.put_samples + self.recovered
            damaged = statistics.damaged_samples_total
            # What was acknowledged just before its record could not be read counts twice.
            is_sound = known + damaged >= total if damaged else known == total
            assert is_sound, (known, damaged, total, statistics)
        if self.max_disk and self.max_disk_is_kept:
            assert self.disk.most_bytes <= self.max_disk, self.disk.most_bytes
        if self.max_memory:
            # The newest Block, what is with senders, and what is being written are beyond it.
            assert statistics.memory_bytes <= self.max_memory + 700 * (1 + self.lanes)

    def _note_losses(self) -> None:
        statistics = self.queue.statistics()
        self.model.lossy |= bool(statistics.dropped_samples or statistics.damages_total)

    def _check_age(self) -> None:
        """What a crash may take is younger than spill_after and one sync."""
        now = trio.current_time()
        if self.model.lossy or self.healthy_since > now - SPILL_AFTER_S - GRACE_S:
            return
        safe = self.model.durable | set(self.model.delivered)
        late = [
            number
            for number, at in self.model.put_at.items()
            if at < now - SPILL_AFTER_S - GRACE_S and number not in safe
        ]
        assert not late, f"not on the disk: {late}"

    async def _drain(self) -> None:
        """In the end everything durable has been delivered, unless a bound took it."""
        async with trio.open_nursery() as nursery:
            await self._open()
            nursery.start_soon(self.queue.run)
            while not self.queue.is_empty:
                for lane in range(self.lanes):
                    with trio.move_on_after(0.001):
                        await self._deliver(await self.queue.head(lane))
            nursery.cancel_scope.cancel()
        await self._close()
        if not (self.model.lossy or self.model.drops_pending):
            missing = (self.model.durable | self.model.promised) - set(self.model.delivered)
            assert not missing, f"durable and lost: {sorted(missing)}"
