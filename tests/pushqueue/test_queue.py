"""Memory first, disk when late; the order, the bounds and the failing disk, on a mock clock."""

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from pushqueue.errors import QueueError
from pushqueue.queue import Queue
from pushqueue.settings import QueueSettings
from pushqueue.store import Store
from tests.pushqueue.blocks import NOW_MS, block, number_of
from tests.pushqueue.fake_directory import Disk, FakeDirectory
from tests.pushqueue.stores import drained, opened, put, restarted


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def in_line(function: Callable[..., Any], *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return function(*args)


def queue_on(
    disk: Disk, *, wall_ms: Callable[[], int] = lambda: NOW_MS, max_bytes: int = 0, **settings: Any
) -> Queue:
    made = QueueSettings(**settings)
    store = Store(FakeDirectory(disk), lanes=made.lanes, max_bytes=max_bytes, segment_bytes=2000)
    return Queue(
        made,
        store=store,
        run_sync=in_line,
        wall_ms=wall_ms,
        spill_after_s=made.spill_after_s,
        name="r",
    )


@asynccontextmanager
async def running(queue: Queue) -> AsyncIterator[Queue]:
    """An open queue whose spilling task runs; stopped, not closed, at the end."""
    await queue.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(queue.run)
        yield queue
        nursery.cancel_scope.cancel()


async def deliver(queue: Queue, lane: int = 0) -> int:
    head = await queue.head(lane)
    await queue.acknowledge(head)
    return number_of(head)


async def deliver_all(queue: Queue, lane: int = 0) -> list[int]:
    numbers = []
    while not queue.is_empty:
        numbers.append(await deliver(queue, lane))
    return numbers


def put_all(queue: Queue, *numbers: int, **fields: Any) -> None:
    for number in numbers:
        queue.put_nowait(block(number, **fields))


# Memory first


async def test_what_is_delivered_in_time_never_touches_the_disk(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        for number in range(20):
            put_all(queue, number)
            await trio.sleep(0.9)
            assert await deliver(queue) == number
        assert disk.calls["write"] == disk.calls["create"] == 0


async def test_what_is_late_is_on_the_disk(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2, 3)
        await trio.sleep(0.99)
        assert queue.statistics().disk_blocks == 0
        await trio.sleep(0.02)
        found = queue.statistics()
        assert (found.memory_blocks, found.disk_blocks, found.disk_syncs_total) == (0, 3, 1)
        assert drained(restarted(disk)) == [1, 2, 3]


async def test_what_is_with_the_sender_goes_to_the_disk_too(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2)
        head = await queue.head()
        await trio.sleep(1.5)
        assert queue.statistics().disk_blocks == 2
        await queue.acknowledge(head)
        assert queue.statistics().disk_blocks == 1
        assert await deliver_all(queue) == [2]
        assert drained(restarted(disk)) == []


async def test_blocks_that_are_due_soon_are_written_together(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        for number in range(10):
            put_all(queue, number)
            await trio.sleep(0.02)
        await trio.sleep(3)
        assert queue.statistics().disk_syncs_total == 1
        assert queue.statistics().disk_blocks == 10


async def test_write_ahead_waits_for_nothing(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), spill_after_s=0)) as queue:
        put_all(queue, 1)
        await trio.sleep(0.001)
        assert queue.statistics().disk_blocks == 1
        assert await deliver(queue) == 1


async def test_memory_without_a_disk_never_writes(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk, disable_disk=True, max_memory_bytes=1000)) as queue:
        put_all(queue, *range(1, 21))
        await trio.sleep(100)
        assert disk.calls["write"] == 0
        assert queue.statistics().disk_state == "off"
        assert queue.statistics().dropped_samples == {"memory": 10}
        assert await deliver_all(queue) == list(range(11, 21))


async def test_memory_without_a_disk_is_kept_at_the_end(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk, disable_disk=True)) as queue:
        put_all(queue, 1, 2)
    await queue.close()
    async with running(queue_on(disk, disable_disk=True)) as queue:
        assert await deliver_all(queue) == [1, 2]


async def test_a_crowded_memory_goes_to_the_disk_early(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), spill_after_s=60, max_memory_bytes=1000)) as queue:
        put_all(queue, 1, 2, 3, 4, 5, 6)
        await trio.sleep(0.01)
        assert queue.statistics().disk_blocks == 6
        assert queue.statistics().dropped_samples == {}


# Order


async def test_the_disk_comes_before_memory(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk())) as queue:
        put_all(queue, 1, 2, 3)
        await trio.sleep(1.1)
        put_all(queue, 4, 5)
        assert queue.statistics().memory_blocks == 2
        assert await deliver_all(queue) == [1, 2, 3, 4, 5]


async def test_what_an_earlier_process_left_comes_first(autojump_clock: MockClock) -> None:
    disk = Disk()
    put(opened(disk), [1, 2])
    disk.kill()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 3)
        first = await queue.head()
        assert queue.is_from_before(first)
        assert await deliver_all(queue) == [1, 2, 3]


async def test_what_is_new_is_not_from_before(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk())) as queue:
        put_all(queue, 1)
        assert not queue.is_from_before(await queue.head())
        await trio.sleep(2)
        await deliver(queue)
        put_all(queue, 2)
        await trio.sleep(2)
        assert not queue.is_from_before(await queue.head())


async def test_head_waits_for_a_block(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk())) as queue, trio.open_nursery() as nursery:
        nursery.start_soon(queue.wait_pending)
        await trio.sleep(5)
        assert len(nursery.child_tasks) == 1
        put_all(queue, 1)
        await trio.testing.wait_all_tasks_blocked()
        assert len(nursery.child_tasks) == 0


async def test_lanes_do_not_wait_for_each_other(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), lanes=2)) as queue:
        put_all(queue, 1, 2, lane=0)
        put_all(queue, 3, 4, lane=1)
        stuck = await queue.head(0)
        assert [await deliver(queue, 1), await deliver(queue, 1)] == [3, 4]
        assert queue.is_current(stuck)


async def test_lanes_wait_until_an_older_epoch_is_empty(autojump_clock: MockClock) -> None:
    disk = Disk()
    put(opened(disk), [1], lane=0)
    disk.kill()
    async with running(queue_on(disk, lanes=2)) as queue:
        put_all(queue, 2, lane=1)
        with trio.move_on_after(5) as scope:
            await queue.head(1)
        assert scope.cancelled_caught
        assert await deliver(queue, 0) == 1
        assert await deliver(queue, 1) == 2


async def test_lanes_wait_for_an_older_epoch_that_is_being_sent_though_its_segment_went(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    put(opened(disk), [1], lane=0)
    disk.kill()
    async with running(queue_on(disk, lanes=2, max_bytes=8192 + 4000)) as queue:
        old = await queue.head(0)
        put_all(queue, *range(2, 100), lane=1)
        await trio.sleep(2)
        assert not queue.is_current(old)
        with trio.move_on_after(5) as scope:
            await queue.head(1)
        assert scope.cancelled_caught
        await queue.acknowledge(old)
        assert not queue.is_from_before(await queue.head(1))


# Bounds


async def test_the_disk_bound_counts_what_it_drops(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), max_bytes=8192 + 4000)) as queue:
        put_all(queue, *range(100), samples=2)
        await trio.sleep(2)
        found = queue.statistics()
        assert found.dropped_samples == {"disk_bound": 2 * (100 - found.disk_blocks)}


async def test_what_is_being_sent_is_counted_when_its_attempt_ends(
    autojump_clock: MockClock,
) -> None:
    async with running(queue_on(Disk(), max_bytes=8192 + 4000)) as queue:
        put_all(queue, 0, samples=2)
        await trio.sleep(2)
        sent = await queue.head()
        put_all(queue, *range(1, 100), samples=2)
        await trio.sleep(2)
        assert not queue.is_current(sent)
        before = queue.statistics().dropped_samples["disk_bound"]
        await queue.head()
        assert queue.statistics().dropped_samples["disk_bound"] == before + 2


async def test_what_is_delivered_after_its_segment_went_is_not_dropped(
    autojump_clock: MockClock,
) -> None:
    async with running(queue_on(Disk(), max_bytes=8192 + 4000)) as queue:
        put_all(queue, 0, samples=2)
        await trio.sleep(2)
        sent = await queue.head()
        put_all(queue, *range(1, 100), samples=2)
        await trio.sleep(2)
        await queue.acknowledge(sent)
        left = len(await deliver_all(queue))
        assert queue.statistics().dropped_samples == {"disk_bound": 2 * (99 - left)}


async def test_a_block_too_large_for_the_disk_is_dropped(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), max_bytes=8192 + 1000)) as queue:
        put_all(queue, 1)
        put_all(queue, 2, size=2000, samples=7)
        put_all(queue, 3)
        await trio.sleep(3)
        assert queue.statistics().dropped_samples["disk_bound"] >= 7
        assert (await deliver_all(queue))[-1] == 3


async def test_too_old_blocks_are_dropped_when_their_turn_comes(autojump_clock: MockClock) -> None:
    now_ms = NOW_MS
    async with running(queue_on(Disk(), wall_ms=lambda: now_ms, max_age_s=60)) as queue:
        put_all(queue, 1, 2, time_ms=NOW_MS, samples=3)
        put_all(queue, 3, time_ms=NOW_MS + 30_000)
        await trio.sleep(2)
        now_ms = NOW_MS + 60_001
        assert await deliver_all(queue) == [3]
        assert queue.statistics().dropped_samples == {"age": 6}


@pytest.mark.parametrize(
    "now_ms", [pytest.param(0, id="1970"), pytest.param(NOW_MS - 10**9, id="stepped back")]
)
async def test_a_clock_that_cannot_be_right_drops_nothing(
    now_ms: int, autojump_clock: MockClock
) -> None:
    async with running(queue_on(Disk(), wall_ms=lambda: now_ms, max_age_s=60)) as queue:
        put_all(queue, 1)
        assert await deliver_all(queue) == [1]


# The end


async def test_closing_brings_everything_to_the_disk(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2, 3)
        await queue.head()
    await queue.close()
    assert disk.locked_by is None
    assert drained(opened(disk)) == [1, 2, 3]


async def test_an_acknowledgement_outlives_a_cancelled_sender(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2)
        await trio.sleep(2)
        head = await queue.head()
        with trio.CancelScope() as scope:
            scope.cancel()
            await queue.acknowledge(head)
    await queue.close()
    assert drained(opened(disk)) == [2]


async def test_what_cannot_be_kept_is_counted_and_told(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2, samples=4)
        disk.faults["write"] = errno.ENOSPC
    await queue.close()
    assert queue.statistics().dropped_samples == {"shutdown": 8}
    assert "queue r: 8 samples lost: cannot write fake: ENOSPC injected" in caplog.text


# The disk's faults


@attrs.frozen
class Fault:
    operation: str
    number: int


FAULTS = [
    pytest.param(Fault("write", errno.ENOSPC), id="a full disk"),
    pytest.param(Fault("write", errno.EDQUOT), id="a quota"),
    pytest.param(Fault("write", errno.EIO), id="a broken disk"),
    pytest.param(Fault("create", errno.EROFS), id="a read-only disk"),
    pytest.param(Fault("sync", errno.EIO), id="a failed sync"),
    pytest.param(Fault("sync_directory", errno.EIO), id="a failed sync of the directory"),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failing_disk_is_survived(fault: Fault, autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        put_all(queue, 1, 2)
        await trio.sleep(2)
        disk.faults[fault.operation] = fault.number
        # Too large for the segment that is open, so that it takes a new one.
        put_all(queue, 3, 4, size=1900)
        await trio.sleep(100)
        found = queue.statistics()
        assert (found.disk_blocks, found.memory_blocks) == (2, 2)
        assert found.disk_state.startswith("cannot write fake: E")
        disk.faults.clear()
        await trio.sleep(31)
        found = queue.statistics()
        assert (found.disk_blocks, found.memory_blocks, found.disk_state) == (4, 0, "ok")
        assert await deliver_all(queue) == [1, 2, 3, 4]


@pytest.mark.parametrize("fault", FAULTS)
async def test_data_flows_while_the_disk_fails(fault: Fault, autojump_clock: MockClock) -> None:
    disk = Disk(faults={fault.operation: fault.number})
    async with running(queue_on(disk, max_memory_bytes=1000)) as queue:
        for number in range(50):
            put_all(queue, number)
            await trio.sleep(1)
            assert await deliver(queue) == number
        put_all(queue, *range(50, 70))
        await trio.sleep(5)
        assert await deliver_all(queue) == list(range(60, 70))
        assert queue.statistics().dropped_samples == {"memory": 10}


async def test_a_directory_that_cannot_be_opened_is_opened_later(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    put(opened(disk), [1])
    disk.kill()
    disk.faults["names"] = errno.EIO
    async with running(queue_on(disk)) as queue:
        put_all(queue, 2)
        await trio.sleep(10)
        assert queue.statistics().disk_state == "cannot open fake: EIO injected"
        disk.faults.clear()
        await trio.sleep(31)
        assert await deliver_all(queue) == [1, 2]


async def test_reading_is_tried_again(autojump_clock: MockClock) -> None:
    disk = Disk()
    put(opened(disk), [1])
    disk.kill()
    async with running(queue_on(disk)) as queue:
        disk.faults["open"] = errno.EMFILE
        with trio.move_on_after(100):
            await queue.head()
        assert "EMFILE" in queue.statistics().disk_state
        disk.faults.clear()
        assert await deliver_all(queue) == [1]


async def test_a_directory_in_use_is_an_error_at_the_start(autojump_clock: MockClock) -> None:
    disk = Disk()
    opened(disk)
    with pytest.raises(QueueError, match="another process uses it"):
        await queue_on(disk).open()


async def test_without_a_disk_even_that_is_survived(autojump_clock: MockClock) -> None:
    disk = Disk()
    opened(disk)
    async with running(queue_on(disk, disable_disk=True)) as queue:
        put_all(queue, 1)
        assert await deliver_all(queue) == [1]


async def test_a_timestamp_to_come_does_not_keep_a_block_young(autojump_clock: MockClock) -> None:
    now = [NOW_MS]
    async with running(queue_on(Disk(), max_age_s=10.0, wall_ms=lambda: now[0])) as queue:
        future = attrs.evolve(block(1, time_ms=NOW_MS), newest_ms=NOW_MS + 10**9)
        queue.put_nowait(future)
        now[0] += 20_000
        queue.put_nowait(block(2, time_ms=now[0]))
        assert await deliver(queue) == 2
        assert queue.statistics().dropped_samples == {"age": 1}


async def test_a_disk_that_failed_is_looked_at_again_though_nothing_waits_for_it(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        disk.faults["sync"] = errno.ENOSPC
        put_all(queue, 1)
        await trio.sleep(2)
        assert "ENOSPC" in queue.statistics().disk_state
        await queue.acknowledge(await queue.head())
        await trio.sleep(60)
        assert "ENOSPC" in queue.statistics().disk_state
        disk.faults.clear()
        await trio.sleep(31)
        assert queue.statistics().disk_state == "ok"
        assert [name for name in disk.nodes if name.endswith(".pfq")] == []
