"""New data at once, the backlog beside it: what is sent when, and what is sent twice."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from pushqueue.queue import Queue
from tests.pushqueue.blocks import block, number_of
from tests.pushqueue.fake_directory import Disk
from tests.pushqueue.stores import drained, restarted
from tests.pushqueue.test_queue import deliver, deliver_all, put_all, queue_on, running


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def fresh_queue(disk: Disk, **fields: Any) -> Queue:
    return queue_on(disk, fresh_first=True, **fields)


async def with_backlog(queue: Queue, *numbers: int) -> None:
    put_all(queue, *numbers)
    await trio.sleep(1.5)
    assert queue.statistics().disk_blocks == len(numbers)


async def test_new_blocks_go_before_the_backlog(autojump_clock: MockClock) -> None:
    async with running(fresh_queue(Disk())) as queue:
        await with_backlog(queue, 1, 2, 3)
        put_all(queue, 4, 5)
        assert await deliver_all(queue) == [4, 5, 1, 2, 3]


async def test_the_backlog_has_its_share_beside_new_blocks(autojump_clock: MockClock) -> None:
    async with running(fresh_queue(Disk())) as queue:
        await with_backlog(queue, 1, 2, 3)
        put_all(queue, *range(10, 18))
        assert await deliver_all(queue) == [10, 11, 12, 1, 13, 14, 15, 2, 16, 17, 3]


async def test_without_a_backlog_the_order_is_kept(autojump_clock: MockClock) -> None:
    async with running(fresh_queue(Disk())) as queue:
        put_all(queue, *range(10))
        assert await deliver_all(queue) == list(range(10))


async def test_what_was_late_with_the_sender_is_not_sent_again(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(fresh_queue(disk)) as queue:
        await with_backlog(queue, 1, 2)
        put_all(queue, 3)
        head = await queue.head()
        await trio.sleep(2)  # a slow remote: it goes to the disk meanwhile
        assert number_of(head) == 3
        assert queue.statistics().disk_blocks == 3
        await queue.acknowledge(head)
        assert await deliver_all(queue) == [1, 2]
        with trio.move_on_after(1):
            await queue.head()  # as the sender does
        assert queue.statistics().disk_blocks == 0
        assert drained(restarted(disk)) == []


async def test_a_kill_brings_back_the_backlog_and_what_went_ahead_of_it(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    async with running(fresh_queue(disk)) as queue:
        await with_backlog(queue, 1, 2)
        put_all(queue, 3)
        head = await queue.head()
        await trio.sleep(2)
        await queue.acknowledge(head)
    assert drained(restarted(disk)) == [1, 2, 3]


async def test_a_backlog_of_an_earlier_start_does_not_hold_up_new_blocks(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    async with running(fresh_queue(disk, lanes=2)) as queue:
        put_all(queue, 1, 2)
        queue.put_nowait(block(3, lane=1))
        await trio.sleep(1.5)
    disk.kill()
    async with running(fresh_queue(disk, lanes=2)) as queue:
        put_all(queue, 4)
        queue.put_nowait(block(5, lane=1))
        assert await deliver(queue) == 4
        assert await deliver(queue, 1) == 5
        assert [await deliver(queue), await deliver(queue), await deliver(queue, 1)] == [1, 2, 3]


async def test_what_went_ahead_does_not_count_as_lost_when_its_segment_goes(
    autojump_clock: MockClock,
) -> None:
    disk = Disk()
    async with running(fresh_queue(disk, max_bytes=8192 + 4000)) as queue:
        await with_backlog(queue, 1, 2)
        put_all(queue, 3)
        head = await queue.head()
        await trio.sleep(2)
        await queue.acknowledge(head)
        numbers = range(10, 60)
        for number in numbers:
            put_all(queue, number)
        await trio.sleep(2)
        left = len(await deliver_all(queue))
        assert sum(queue.statistics().dropped_samples.values()) + left == 2 + len(numbers)
