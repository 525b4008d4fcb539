"""One test for each way in which the files of a queue can be broken: each costs what is damaged."""

import errno
import logging

import pytest

from pushqueue.record import HEADER_BYTES, encode_record
from pushqueue.segment import SEGMENT_HEADER, seed_of
from pushqueue.survey import survey
from tests.pushqueue.blocks import block
from tests.pushqueue.fake_directory import Disk, FakeDirectory, Node
from tests.pushqueue.stores import drained, opened, put, restarted, segments, take

RECORD = HEADER_BYTES + 100
FIRST = "0000000000000001.pfq"


def full_disk(*, count: int = 6, segment_bytes: int = 700, is_closed: bool = True) -> Disk:
    """Six Blocks of three samples in two segments, three in each."""
    disk = Disk()
    store = opened(disk, segment_bytes=segment_bytes)
    put(store, range(1, count + 1), samples=3)
    if is_closed:
        store.close()
    disk.kill()
    return disk


def data_of(disk: Disk, index: int = 0) -> bytearray:
    return disk.nodes[segments(disk)[index]].data


def record_at(index: int) -> int:
    return SEGMENT_HEADER.size + index * RECORD


def left_after(disk: Disk, *, lost: int) -> list[int]:
    """What is still given; `lost` samples must have been counted."""
    store = opened(disk)
    numbers = drained(store)
    assert store.statistics.damaged_samples_total == lost
    assert store.statistics.blocks == 0
    assert (store.statistics.damages_total > 0) == (lost > 0)
    put(store, [99])
    assert drained(store) == [99]
    return numbers


def test_the_segments_are_as_these_tests_believe() -> None:
    disk = full_disk()
    assert segments(disk) == [FIRST, "0000000000000002.pfq"]
    assert left_after(disk, lost=0) == [1, 2, 3, 4, 5, 6]


def test_a_torn_tail_costs_the_record_that_was_torn() -> None:
    disk = full_disk(is_closed=False)
    del data_of(disk, -1)[record_at(2) + 90 :]
    assert left_after(disk, lost=3) == [1, 2, 3, 4, 5]


def test_a_tail_torn_in_a_header_costs_a_record_of_unknown_size() -> None:
    disk = full_disk(is_closed=False)
    del data_of(disk, -1)[record_at(2) + 20 :]
    store = opened(disk)
    assert drained(store) == [1, 2, 3, 4, 5]
    assert store.statistics.damages_total == 1


def test_a_lost_tail_costs_what_was_in_it() -> None:
    disk = full_disk(is_closed=False)
    del data_of(disk, -1)[record_at(1) :]
    assert drained(opened(disk)) == [1, 2, 3, 4]


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_flipped_byte_in_a_payload_costs_its_record(is_closed: bool) -> None:
    disk = full_disk(is_closed=is_closed)
    data_of(disk)[record_at(1) + HEADER_BYTES + 50] ^= 1
    assert left_after(disk, lost=3) == [1, 3, 4, 5, 6]


def test_a_flipped_byte_in_a_header_costs_its_record() -> None:
    disk = full_disk()
    data_of(disk)[record_at(1) + 30] ^= 1
    assert left_after(disk, lost=3) == [1, 3, 4, 5, 6]


def test_a_flipped_byte_in_a_length_does_not_lead_astray() -> None:
    disk = full_disk()
    data_of(disk)[record_at(0) + 11] ^= 0x7F
    assert left_after(disk, lost=3) == [2, 3, 4, 5, 6]


def test_a_flipped_byte_in_a_footer_costs_nothing() -> None:
    disk = full_disk()
    data_of(disk)[record_at(3) + 20] ^= 1
    assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]


def test_a_flipped_byte_in_a_segment_header_costs_nothing() -> None:
    disk = full_disk()
    data_of(disk)[12] ^= 1
    assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]


def test_a_zeroed_page_costs_the_records_that_it_touches() -> None:
    disk = full_disk(count=12, segment_bytes=3000)
    data_of(disk)[512:1024] = bytes(512)
    assert left_after(disk, lost=3 * 5) == [1, 2, 8, 9, 10, 11, 12]


def test_a_segment_of_zeros_costs_that_segment() -> None:
    disk = full_disk()
    data_of(disk)[:] = bytes(len(data_of(disk)))
    assert drained(opened(disk)) == [4, 5, 6]


def test_an_empty_segment_is_nothing() -> None:
    disk = full_disk()
    disk.nodes["0000000000000003.pfq"] = Node()
    assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]
    assert segments(disk) == []


def test_a_missing_segment_costs_that_segment() -> None:
    disk = full_disk()
    del disk.nodes[FIRST]
    assert drained(opened(disk)) == [4, 5, 6]


def test_a_segment_that_vanishes_while_running_costs_that_segment() -> None:
    disk = full_disk()
    store = opened(disk)
    del disk.nodes[FIRST]
    assert drained(store) == [4, 5, 6]
    assert store.statistics.damaged_samples_total == 9
    assert store.statistics.blocks == 0


def test_damage_that_comes_while_running_is_found() -> None:
    disk = full_disk()
    store = opened(disk)
    take(store)
    data_of(disk)[record_at(1) + 70] ^= 1
    assert drained(store) == [3, 4, 5, 6]
    assert store.statistics.damaged_samples_total == 3


def test_damage_is_lasting_only_until_its_segment_is_gone() -> None:
    disk = full_disk()
    data_of(disk)[record_at(1) + 70] ^= 1
    assert drained(opened(disk)) == [1, 3, 4, 5, 6]
    assert segments(disk) == []


def test_missing_positions_cost_a_second_sending() -> None:
    disk = full_disk()
    store = opened(disk)
    take(store)
    disk.kill()
    del disk.nodes["positions"]
    assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]


def test_garbage_positions_cost_a_second_sending() -> None:
    disk = full_disk()
    store = opened(disk)
    take(store)
    disk.kill()
    disk.nodes["positions"].data[:] = b"not positions at all" * 500
    store = opened(disk)
    assert drained(store) == [1, 2, 3, 4, 5, 6]
    assert store.epoch > 1


def test_foreign_files_are_left_alone_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    disk = full_disk()
    disk.nodes["README.txt"] = Node(bytearray(b"do not touch"))
    disk.nodes["00000000000000aa.pfq"] = Node(bytearray(b"neither this one, which has our name"))
    with caplog.at_level(logging.WARNING):
        assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]
    assert disk.nodes["README.txt"].data == b"do not touch"
    assert "00000000000000aa.pfq" in disk.nodes
    named = [r.message for r in caplog.records if "README.txt" in r.message]
    assert named == ["queue fake: foreign files left alone: README.txt"]


def test_a_segment_of_a_newer_version_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    disk = full_disk()
    data_of(disk)[8] = 2
    before = bytes(data_of(disk))
    store = opened(disk)
    assert drained(store) == [4, 5, 6]
    assert bytes(disk.nodes[FIRST].data) == before
    assert "format version 2, this program knows 1" in caplog.text
    assert store.epoch > 2


def test_a_renamed_segment_is_read_where_its_name_puts_it() -> None:
    disk = full_disk()
    disk.nodes["0000000000000009.pfq"] = disk.nodes.pop(FIRST)
    # Its records are tied to its number, so under another name they are no records of ours.
    assert drained(opened(disk)) == [4, 5, 6]
    assert "0000000000000009.pfq" in disk.nodes


def test_a_copied_segment_is_not_sent_twice() -> None:
    disk = full_disk(is_closed=False)
    copy = Node(bytearray(data_of(disk)))
    disk.nodes["000000000000000a.pfq"] = copy
    assert drained(opened(disk)) == [1, 2, 3, 4, 5, 6]


def test_damage_is_counted_once_over_all_openings(caplog: pytest.LogCaptureFixture) -> None:
    disk = full_disk()
    data_of(disk)[record_at(1) + 70] ^= 1
    store = opened(disk)
    assert drained(store) == [1, 3, 4, 5, 6]
    assert caplog.text.count("damaged: payload with a wrong checksum") == 1
    store = restarted(disk, store)
    assert store.statistics.damages_total == 0


def with_a_newer_segment(size: int) -> tuple[Disk, bytes]:
    disk = full_disk(count=1)
    data = data_of(disk)
    data[8] = 2
    data += bytes(size - len(data))
    return disk, bytes(data)


def test_a_segment_of_a_newer_version_takes_its_part_of_the_bound() -> None:
    disk, before = with_a_newer_segment(2000)
    bound = 8192 + 5000
    store = opened(disk, max_bytes=bound, segment_bytes=700)
    assert store.statistics.file_bytes == 8192 + 2000
    for number in range(1, 100):
        assert put(store, [number]).durable == 1
    assert disk.most_bytes <= bound
    assert drained(store)[-1] == 99
    assert bytes(disk.nodes[FIRST].data) == before


def test_a_bound_that_newer_segments_take_whole_is_a_disk_that_fails() -> None:
    """What comes stays in memory and is not given up at once; somebody must see to the files."""
    disk, before = with_a_newer_segment(5000)
    store = opened(disk, max_bytes=8192 + 5000, segment_bytes=700)
    result = put(store, [1])
    assert (result.durable, result.too_large) == (0, False)
    assert "segments of a later version take the room" in str(result.error)
    assert bytes(disk.nodes[FIRST].data) == before


def test_a_segment_that_cannot_be_read_takes_its_part_of_the_bound() -> None:
    disk = full_disk(count=1)
    disk.faults["open"] = errno.EACCES
    store = opened(disk, max_bytes=8192 + 1000, segment_bytes=700)
    assert store.statistics.file_bytes == len(data_of(disk))
    disk.faults.clear()
    # It is the oldest, so it is the first to go.
    for number in range(1, 20):
        assert put(store, [number]).durable == 1
    assert FIRST not in disk.nodes
    assert disk.most_bytes <= 8192 + 1000


def with_a_torn_first_copy() -> Disk:
    """The record of Block 3 is in two segments; in the older one its payload is torn.

    So it stands after a sync that failed, was made good in a new segment, and a power cut.
    """
    disk = Disk()
    store = opened(disk, segment_bytes=700)
    put(store, [1, 2], samples=3)
    disk.faults["sync"] = errno.EIO
    assert put(store, [3], samples=3).durable == 0
    disk.faults.clear()
    assert put(store, [3, 4], samples=3).durable == 2
    again = block(3, sequence=3, epoch=1, samples=3)
    data_of(disk, 0)[record_at(2) :] = encode_record(again, seed_of(1))[:-5] + bytes(5)
    disk.kill()
    return disk


def test_a_torn_copy_that_a_failed_sync_left_does_not_cost_the_good_one() -> None:
    assert left_after(with_a_torn_first_copy(), lost=0) == [1, 2, 3, 4]


def test_the_tools_take_the_newer_copy_too() -> None:
    found = survey(FakeDirectory(with_a_torn_first_copy()))
    assert [[header.sequence for header in one.pending] for one in found.segments] == [
        [1, 2],
        [3, 4],
    ]


def test_a_segment_that_makes_room_takes_no_newer_copy_with_it() -> None:
    disk = with_a_torn_first_copy()
    bound = 8192 + 1500
    store = restarted(disk, max_bytes=bound, segment_bytes=700)
    assert store.statistics.blocks == 4
    dropped, numbers = 0, iter(range(101, 200))
    while segments(disk)[0] == FIRST:
        dropped += sum(drop.tally.blocks for drop in put(store, [next(numbers)]).drops)
    assert dropped == 2
    assert [number for number in drained(store) if number < 100] == [3, 4]
