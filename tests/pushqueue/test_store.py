"""What is appended is given back in order until acknowledged, within the bounds."""

import errno
import random
import shutil
from pathlib import Path

import pytest

from pushqueue.directory import RealDirectory
from pushqueue.errors import DiskError, QueueError
from pushqueue.store import Store
from tests.pushqueue.blocks import NOW_MS, block, number_of
from tests.pushqueue.fake_directory import Disk, FakeDirectory
from tests.pushqueue.stores import drained, opened, put, restarted, segments, take

BOUND = 8192 + 4000


# In and out


def test_blocks_come_back_in_order() -> None:
    store = opened(Disk())
    assert put(store, range(1, 6)).durable == 5
    assert drained(store) == [1, 2, 3, 4, 5]
    assert take(store) is None


def test_a_block_is_given_until_it_is_acknowledged() -> None:
    store = opened(Disk())
    put(store, [1, 2])
    assert [number_of(b) for b in (store.next_block(0), store.next_block(0)) if b] == [1, 1]


def test_a_block_keeps_everything_and_gets_the_epoch() -> None:
    store = opened(Disk())
    written = block(3, sequence=3, samples=9)
    store.append([written], NOW_MS)
    found = store.next_block(0)
    assert found is not None
    assert found.lane_epoch == store.epoch == 1
    assert (found.body, found.sample_count, found.sequence) == (written.body, 9, 3)
    assert (found.oldest_ms, found.newest_ms, found.created_ms) == (NOW_MS + 3,) * 3


def test_reading_and_writing_take_turns() -> None:
    store = opened(Disk(), segment_bytes=600)
    seen = []
    for number in range(1, 30, 3):
        put(store, range(number, number + 3))
        found = take(store)
        assert found is not None
        seen.append(number_of(found))
    assert seen + drained(store) == list(range(1, 31))


def test_statistics_tell_what_is_there() -> None:
    store = opened(Disk())
    put(store, [1, 2, 3], samples=7)
    take(store)
    found = store.statistics
    assert (found.blocks, found.samples, found.payload_bytes) == (2, 14, 200)
    assert (found.segments, found.epoch, found.is_open) == (1, 1, True)
    assert found.oldest_ms == NOW_MS + 1
    assert found.file_bytes == 8192 + 32 + 3 * 164


# Restarts


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_what_was_not_acknowledged_outlives_the_process(how: str) -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=600)
    put(store, range(1, 11))
    assert [number_of(b) for b in (take(store), take(store), take(store)) if b] == [1, 2, 3]
    store = restarted(disk, store if how == "closed" else None, segment_bytes=600)
    assert store.statistics.blocks == 7
    assert drained(store) == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("seed", range(20))
def test_what_was_told_to_be_durable_outlives_a_power_cut(seed: int) -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=600)
    for number in range(1, 10):
        assert put(store, [number]).durable == 1
    disk.cut_power(random.Random(seed))
    assert drained(restarted(disk)) == list(range(1, 10))


def test_each_opening_is_an_epoch() -> None:
    disk = Disk()
    store = opened(disk)
    put(store, [1, 2])
    store = restarted(disk)
    put(store, [1, 2, 3])
    assert store.epoch == 2
    assert drained(store) == [1, 2, 1, 2, 3]


def test_an_epoch_is_never_given_twice_even_if_nothing_can_be_read() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=300)
    put(store, [1, 2, 3])
    disk.faults["open"] = errno.EACCES
    blind = restarted(disk)
    assert blind.epoch > 3
    disk.faults.clear()
    put(blind, [1, 2])
    assert drained(restarted(disk)) == [1, 2, 3, 1, 2]


def test_a_closed_queue_that_is_empty_leaves_no_segment() -> None:
    disk = Disk()
    store = opened(disk)
    put(store, [1])
    assert drained(store) == [1]
    store.close()
    assert segments(disk) == []
    assert disk.locked_by is None


def test_a_finished_segment_has_a_footer_and_is_not_scanned() -> None:
    disk = Disk()
    put(opened(disk, segment_bytes=400), range(1, 10))
    reads = Disk(nodes=disk.nodes)
    store = opened(reads)
    assert store.statistics.blocks == 9
    # Header and end of each, once over the last one, which has no footer, and the positions.
    assert reads.calls["read"] == 2 * len(segments(disk)) + 2


# Lanes


def test_each_lane_is_a_queue_of_its_own() -> None:
    store = opened(Disk(), lanes=2, segment_bytes=600)
    for number in range(1, 11):
        lane = number % 2
        store.append([block(number, lane=lane, sequence=number)], NOW_MS)
    assert drained(store, 1) == [1, 3, 5, 7, 9]
    assert store.statistics.blocks == 5
    assert drained(store, 0) == [2, 4, 6, 8, 10]
    assert store.statistics.blocks == 0


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_a_changed_number_of_lanes_keeps_the_order_of_each(lanes: int) -> None:
    disk = Disk()
    store = opened(disk, lanes=4)
    for number in range(1, 13):
        store.append([block(number, lane=number % 4, sequence=number)], NOW_MS)
    store = restarted(disk, lanes=lanes)
    seen = [number for lane in range(lanes) for number in drained(store, lane)]
    assert sorted(seen) == list(range(1, 13))
    for old_lane in range(4):
        of_lane = [number for number in seen if number % 4 == old_lane]
        assert of_lane == sorted(of_lane)


def test_the_oldest_epoch_is_that_of_the_oldest_segment() -> None:
    disk = Disk()
    put(opened(disk), [1])
    store = restarted(disk)
    put(store, [1])
    assert store.statistics.oldest_epoch == 1
    take(store)
    assert store.statistics.oldest_epoch == 2
    take(store)
    assert store.statistics.oldest_epoch is None


# Segments


def test_segments_are_of_bounded_size() -> None:
    disk = Disk()
    put(opened(disk, segment_bytes=1000), range(1, 100))
    sizes = [len(disk.nodes[name].data) for name in segments(disk)]
    assert max(sizes) <= 1000
    assert min(sizes[:-1]) > 750


def test_a_large_block_has_a_segment_of_its_own() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=500)
    put(store, [1])
    put(store, [2], size=2000)
    put(store, [3])
    assert len(segments(disk)) == 3
    assert drained(store) == [1, 2, 3]


def test_a_segment_goes_when_all_of_it_was_acknowledged() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=400)
    put(store, range(1, 7))
    counts = []
    for _ in range(6):
        take(store)
        counts.append(len(segments(disk)))
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


def test_a_slow_link_does_not_create_a_file_for_each_block() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=100_000)
    for number in range(1, 51):
        put(store, [number])
        take(store)
    assert disk.calls["remove"] == 0
    assert store.statistics.blocks == 0


# Faults


@pytest.mark.parametrize(
    "operation",
    ["create", "write", "sync", "sync_directory"],
)
def test_a_failed_write_keeps_what_was_there(operation: str) -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=1000)
    put(store, [1, 2, 3, 4])
    disk.faults[operation] = errno.EIO
    result = put(store, [5, 6, 7])
    assert result.durable < 3
    assert "cannot write fake: EIO injected" in str(result.error)
    disk.faults.clear()
    put(store, range(5 + result.durable, 8))
    assert drained(store) == [1, 2, 3, 4, 5, 6, 7]


def test_a_full_disk_keeps_what_was_there() -> None:
    disk = Disk()
    store = opened(disk)
    put(store, [1, 2])
    disk.capacity = disk.used() + 400
    result = put(store, [3, 4, 5, 6])
    assert result.durable == 0
    assert "no space left" in str(result.error)
    disk.capacity = None
    put(store, [3, 4, 5, 6])
    assert drained(store) == [1, 2, 3, 4, 5, 6]


def test_after_a_failed_sync_nothing_since_the_last_good_one_counts() -> None:
    disk = Disk()
    store = opened(disk)
    put(store, [1])
    disk.faults["sync"] = errno.EIO
    assert put(store, [2]).durable == 0
    disk.faults.clear()
    # The file is not trusted again: a later success would tell nothing of the lost pages.
    assert put(store, [2, 3]).durable == 2
    assert len(segments(disk)) == 2
    disk.cut_power(random.Random(0))
    assert drained(restarted(disk)) == [1, 2, 3]


def test_second_copies_are_given_once() -> None:
    disk = Disk()
    store = opened(disk)
    put(store, [1])
    disk.faults.update(sync=errno.EIO, truncate=errno.EIO)
    assert put(store, [2]).durable == 0
    disk.faults.clear()
    put(store, [2, 3])
    store = restarted(disk)
    assert store.statistics.blocks == 3
    assert drained(store) == [1, 2, 3]


def test_a_disk_too_full_for_the_positions_is_emptied_all_the_same() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=400)
    put(store, range(1, 7))
    disk.faults["write"] = errno.ENOSPC
    seen = []
    while (found := store.next_block(0)) is not None:
        seen.append(number_of(found))
        with pytest.raises(DiskError, match="cannot acknowledge in fake: ENOSPC"):
            store.acknowledge(found)
    assert seen == [1, 2, 3, 4, 5, 6]
    assert segments(disk) == []


def test_a_read_only_disk_is_still_sent() -> None:
    disk = Disk()
    put(opened(disk), [1, 2])
    for operation in ("create", "write", "remove", "truncate"):
        disk.faults[operation] = errno.EROFS
    store = restarted(disk)
    seen = []
    while (found := store.next_block(0)) is not None:
        seen.append(number_of(found))
        with pytest.raises(DiskError):
            store.acknowledge(found)
    assert seen == [1, 2]
    assert "EROFS" in str(put(store, [3]).error)


def test_a_passing_read_error_costs_nothing() -> None:
    disk = Disk()
    put(opened(disk), [1, 2])
    store = restarted(disk)
    disk.faults["read"] = errno.EIO
    for _ in range(2):
        with pytest.raises(DiskError, match="cannot read fake: EIO"):
            store.next_block(0)
    disk.faults.clear()
    assert drained(store) == [1, 2]
    assert store.statistics.damages_total == 0


def test_a_lasting_read_error_is_damage_and_the_file_is_kept() -> None:
    disk = Disk()
    put(opened(disk), [1, 2])
    store = restarted(disk)
    disk.faults["read"] = errno.EIO
    for _ in range(3):
        with pytest.raises(DiskError):
            store.next_block(0)
    assert store.next_block(0) is None
    assert store.statistics.damaged_samples_total == 2
    disk.faults.clear()
    put(store, [3])
    assert drained(store) == [3]
    assert segments(disk) == ["0000000000000001.pfq", "0000000000000002.pfq"]


def test_other_errors_are_never_damage() -> None:
    disk = Disk()
    put(opened(disk), [1])
    store = restarted(disk)
    disk.faults["open"] = errno.EMFILE
    for _ in range(10):
        with pytest.raises(DiskError, match="EMFILE"):
            store.next_block(0)
    disk.faults.clear()
    assert drained(store) == [1]


def test_what_was_acknowledged_is_not_given_again_though_the_disk_failed_to_note_it() -> None:
    disk = Disk()
    store = opened(disk, segment_bytes=200)
    put(store, [1, 2])
    store = restarted(disk)
    found = store.next_block(0)
    assert found is not None
    disk.faults.update(write=errno.EIO, read=errno.EIO, remove=errno.EIO)
    with pytest.raises(DiskError):
        store.acknowledge(found)
    disk.faults.clear()
    assert drained(store) == [2]


def test_a_drop_that_fails_books_nothing() -> None:
    disk = Disk()
    put(opened(disk, segment_bytes=500), range(1, 20))
    store = restarted(disk, max_bytes=BOUND, segment_bytes=500)
    disk.faults.update(open=errno.EIO, remove=errno.EIO)
    with pytest.raises(DiskError):
        store.acknowledge(block(1, epoch=1, sequence=1))
    assert store.statistics.unsettled == 1
    assert put(store, [20], size=1500).drops == ()
    assert store.statistics.unsettled == 1
    disk.faults.clear()
    assert drained(store)[:3] == [2, 3, 4]


@pytest.mark.parametrize("is_full", [True, False])
def test_a_directory_that_was_removed_is_made_anew(is_full: bool, tmp_path: Path) -> None:
    """On a real disk, where writing to a removed file succeeds."""
    store = Store(RealDirectory(tmp_path / "q"), segment_bytes=200 if is_full else 2000)
    store.open()
    put(store, [1, 2])
    shutil.rmtree(tmp_path / "q")
    if put(store, [3]).durable == 0:
        assert put(store, [3]).durable == 1
    assert drained(store) == [3]
    assert store.statistics.damaged_samples_total == 2
    assert (tmp_path / "q" / "lock").exists()
    store.close()


@pytest.mark.parametrize("operation", ["prepare", "names"])
def test_a_disk_that_fails_at_the_start_can_be_opened_later(operation: str) -> None:
    disk = Disk()
    put(opened(disk), [1])
    disk.kill()
    store = Store(FakeDirectory(disk))
    disk.faults[operation] = errno.EIO
    with pytest.raises(DiskError, match="cannot open fake: EIO injected"):
        store.open()
    assert not store.statistics.is_open
    disk.faults.clear()
    store.open()
    assert drained(store) == [1]


def test_a_directory_in_use_is_refused() -> None:
    disk = Disk()
    opened(disk)
    with pytest.raises(QueueError, match="another process uses it"):
        opened(disk)
