"""What a pusher is told is durable: on the disk and synced, or answered for; never on hope."""

import errno
import random
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from pushqueue.fanout import FanOut
from tests.pushqueue.blocks import batch
from tests.pushqueue.fake_directory import Disk
from tests.pushqueue.fake_remote import FakeRemote, Reply, always
from tests.pushqueue.remotes import remote_on
from tests.pushqueue.remotes import running as running_remote
from tests.pushqueue.stores import drained, restarted
from tests.pushqueue.test_queue import put_all, queue_on, running


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_it_is_on_the_disk_before_its_time(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk, spill_after_s=60.0)) as queue:
        put_all(queue, 1, 2)
        assert await queue.wait_durable()
        assert trio.current_time() < 1
        put_all(queue, 3)
        assert queue.statistics().disk_blocks == 2
    disk.cut_power(random.Random(1))
    assert drained(restarted(disk)) == [1, 2]


async def test_waiters_share_a_sync(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk())) as queue, trio.open_nursery() as nursery:
        for number in range(20):
            put_all(queue, number)
            nursery.start_soon(queue.wait_durable)
        await trio.sleep(0.5)
        assert queue.statistics().disk_syncs_total <= 3


async def test_without_anything_to_store_it_is_durable(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk())) as queue:
        assert await queue.wait_durable()


async def test_a_failing_disk_is_told_at_once(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(queue_on(disk)) as queue:
        disk.faults["sync"] = errno.EIO
        put_all(queue, 1)
        assert not await queue.wait_durable()
        assert not await queue.wait_durable()
        assert trio.current_time() < 1


async def test_without_a_disk_nothing_is_durable(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), disable_disk=True)) as queue:
        put_all(queue, 1)
        assert not await queue.wait_durable()


async def test_a_full_memory_is_told(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), disable_disk=True, max_memory_bytes=1000)) as queue:
        put_all(queue, *range(9))
        assert not queue.is_full()
        held = queue.statistics().memory_samples
        assert not queue.is_full(open_samples=0)
        assert queue.is_full(open_samples=held // 3)
        put_all(queue, 9, 10)
        assert queue.is_full()


async def test_what_memory_had_no_room_for_is_told(autojump_clock: MockClock) -> None:
    async with running(queue_on(Disk(), max_memory_bytes=300, spill_after_s=60.0)) as queue:
        since = queue.unstored_drops
        put_all(queue, *range(9))
        assert queue.statistics().dropped_samples["memory"]
        assert not await queue.wait_durable(since)
        since = queue.unstored_drops
        await trio.sleep(1)
        put_all(queue, 10)
        assert await queue.wait_durable(since)


async def test_all_remotes_have_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    down = remote_on(tmp_path / "a", FakeRemote(always(503)), flush_interval_s=30.0)
    up = remote_on(tmp_path / "b", FakeRemote(), spill_after_s=60.0)
    async with running_remote(down), running_remote(up):
        fan_out = FanOut([down, up])
        assert await fan_out.put_durable([batch(5)])
        assert trio.current_time() < 1
        assert down.statistics().queue.disk_samples == 5
        assert fan_out.refusal() is None


async def test_one_remote_without_a_disk_is_enough_for_a_no(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    slow = FakeRemote(lambda request: Reply(after_s=20.0))
    one = remote_on(tmp_path / "a", slow)
    other = remote_on(tmp_path / "b", slow, disable_disk=True)
    async with running_remote(one), running_remote(other):
        fan_out = FanOut([one, other])
        assert not await fan_out.put_durable([batch(5)])


async def test_a_full_memory_without_a_disk_refuses_only_where_it_is_alone(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(always(503))
    one = remote_on(tmp_path / "a", far_end, disable_disk=True, max_memory_bytes=100)
    other = remote_on(tmp_path / "b", far_end)
    async with running_remote(one), running_remote(other):
        fan_out = FanOut([one])
        fan_out.put_nowait([batch(50)])
        await trio.sleep(1.5)
        refused = fan_out.refusal()
        assert refused is not None
        assert refused.status == 429
        fan_out.replace([one, other])
        assert fan_out.refusal() is None
