"""The byte bound and the floor of free space: exact, used, and the oldest goes first."""

import random

import pytest

from tests.pushqueue.blocks import NOW_MS, block
from tests.pushqueue.fake_directory import Disk
from tests.pushqueue.stores import drained, opened, put, segments

BOUND = 8192 + 4000


def test_the_byte_bound_drops_the_oldest() -> None:
    disk = Disk()
    store = opened(disk, max_bytes=BOUND, segment_bytes=500)
    dropped = 0
    for number in range(1, 101):
        result = put(store, [number], samples=2)
        assert result.durable == 1
        dropped += sum(drop.tally.samples for drop in result.drops)
        assert disk.used() <= BOUND
    left = drained(store)
    assert left == list(range(101 - len(left), 101))
    assert dropped == 2 * (100 - len(left))
    # The bound is used, not merely kept.
    assert len(left) * 164 > 0.5 * (BOUND - 8192)


@pytest.mark.parametrize("max_bytes", [2**20, 2**20 + 1, 3 * 2**20 - 7])
def test_small_bounds_are_exact(max_bytes: int) -> None:
    disk = Disk()
    store = opened(disk, max_bytes=max_bytes)
    rng = random.Random(max_bytes)
    for number in range(1, 120):
        put(store, [number], size=rng.randint(8, 90_000))
    assert disk.most_bytes <= max_bytes
    assert disk.used() > 0.8 * max_bytes


@pytest.mark.parametrize("lanes", [2, 5, 20])
def test_small_bounds_are_exact_with_many_lanes(lanes: int) -> None:
    disk = Disk()
    store = opened(disk, lanes=lanes, max_bytes=BOUND, segment_bytes=2000)
    for number in range(1, 60):
        group = [block(number, lane=lane, sequence=number, size=8) for lane in range(lanes)]
        store.append(group, NOW_MS)
    assert disk.most_bytes <= BOUND


def test_a_group_larger_than_the_bound_leaves_its_newest() -> None:
    store = opened(Disk(), max_bytes=BOUND, segment_bytes=500)
    result = put(store, range(1, 101))
    assert result.durable == 100
    left = drained(store)
    assert left == list(range(101 - len(left), 101))
    assert sum(drop.tally.blocks for drop in result.drops) == 100 - len(left)


def test_a_block_larger_than_the_bound_is_told() -> None:
    store = opened(Disk(), max_bytes=BOUND)
    result = store.append([block(1, sequence=1), block(2, size=5000, sequence=2)], NOW_MS)
    assert (result.durable, result.too_large, result.error) == (1, True, None)
    assert [drop.tally.blocks for drop in result.drops] == [1]


def test_a_block_that_was_being_sent_is_dropped_with_its_segment() -> None:
    store = opened(Disk(), max_bytes=BOUND, segment_bytes=500)
    put(store, [1])
    sent = store.next_block(0)
    assert sent is not None
    result = put(store, range(2, 101))
    assert result.drops[0].last == {(1, 0): 1}
    store.acknowledge(sent)
    assert store.statistics.blocks == len(drained(store))


def test_below_the_floor_the_oldest_make_room_for_the_new() -> None:
    disk = Disk(capacity=20_000)
    store = opened(disk, min_free_percent=30, segment_bytes=500)
    for number in range(1, 101):
        put(store, [number])
    assert disk.capacity is not None
    assert disk.capacity - disk.used() > 0.25 * disk.capacity
    left = drained(store)
    assert left == list(range(101 - len(left), 101))
    assert left


def test_on_a_small_disk_segments_are_small_so_that_little_goes_at_once() -> None:
    disk = Disk(capacity=2 * 2**20)
    store = opened(disk, min_free_percent=5)
    dropped = [
        drop.tally.blocks
        for number in range(1, 101)
        for drop in put(store, [number], size=30_000).drops
    ]
    assert max(dropped) <= 4
    left = drained(store)
    assert left == list(range(101 - len(left), 101))
    assert len(left) * 30_000 > 1.7 * 2**20


def test_below_the_floor_without_anything_of_ours_nothing_is_written() -> None:
    disk = Disk(capacity=1000)
    store = opened(disk, min_free_percent=95)
    result = put(store, [1])
    assert result.durable == 0
    assert "free disk space is below the configured floor" in str(result.error)
    assert segments(disk) == []
