"""The books of what is in memory."""

import pytest

from pushqueue.lanes import Held, Lanes
from tests.pushqueue.blocks import block, number_of


def filled(count: int, *, lanes: int = 1, max_bytes: int = 0) -> Lanes:
    """Blocks 1 to `count`, in turn over the lanes; Block n is due at time n."""
    made = Lanes(lanes, max_bytes)
    for number in range(1, count + 1):
        made.put(block(number, lane=number % lanes, samples=2), due_at=float(number))
    return made


def numbers(held: list[Held]) -> list[int]:
    return [number_of(item.block) for item in held]


def waiting(lanes: Lanes, lane: int = 0) -> list[int]:
    return numbers(list(lanes[lane].waiting))


def test_a_block_is_named_by_its_lane() -> None:
    lanes = filled(4, lanes=2)
    names = [(held.block.lane, held.block.sequence) for held in lanes.undelivered()]
    assert names == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_a_lane_of_another_epoch_maps_to_one_of_ours() -> None:
    lanes = filled(0, lanes=3)
    assert [lanes[number].number for number in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_everything_is_counted() -> None:
    lanes = filled(3)
    assert (lanes.blocks, lanes.samples, lanes.bytes) == (3, 6, 300)
    lanes.take(lanes[0])
    assert lanes.blocks == 3
    assert lanes[0].current is not None
    lanes.release(lanes[0].current)
    assert (lanes.blocks, lanes.samples, lanes.bytes) == (2, 4, 200)
    assert waiting(lanes) == [2, 3]


def test_what_is_stored_leaves_memory() -> None:
    lanes = filled(3)
    for held in lanes.late(2.0):
        lanes.stored(held)
    assert waiting(lanes) == [3]
    assert lanes[0].may_have_stored
    assert lanes.blocks == 1


def test_what_the_sender_has_stays_with_it_when_it_is_stored() -> None:
    lanes = filled(2)
    lanes.take(lanes[0])
    held = lanes[0].current
    assert held is not None
    lanes.stored(held)
    assert lanes[0].current is held
    assert numbers(lanes.undelivered()) == [2]
    lanes.release(held)
    assert lanes.blocks == 1


def test_what_was_acknowledged_while_it_was_written_is_counted_once() -> None:
    lanes = filled(1)
    lanes.take(lanes[0])
    held = lanes[0].current
    assert held is not None
    lanes.release(held)
    lanes.stored(held)
    assert (lanes.blocks, lanes.bytes) == (0, 0)
    assert not lanes[0].may_have_stored


@pytest.mark.parametrize(
    ("until", "late"),
    [
        pytest.param(0.5, [], id="nothing is due"),
        pytest.param(2.0, [2, 1], id="what is due by then"),
        pytest.param(float("inf"), [2, 4, 1, 3], id="everything, lane by lane"),
    ],
)
def test_late(until: float, late: list[int]) -> None:
    lanes = filled(4, lanes=2)
    assert numbers(lanes.late(until)) == late
    assert lanes.next_due_at() == 1.0


def test_what_the_disk_never_takes_does_not_stand_in_the_way() -> None:
    lanes = filled(3)
    lanes.take(lanes[0])
    assert lanes[0].current is not None
    lanes[0].current.is_too_large = True
    assert lanes.next_due_at() == 2.0
    assert numbers(lanes.late(5.0)) == [2, 3]
    assert numbers(lanes.undelivered()) == [1, 2, 3]


def test_empty_lanes_are_due_never() -> None:
    assert filled(0).next_due_at() == float("inf")
    assert filled(0).is_idle
    assert filled(0).oldest_ms() is None


def test_memory_full_drops_the_oldest() -> None:
    lanes = filled(6, max_bytes=300)
    assert waiting(lanes) == [4, 5, 6]
    assert lanes.dropped == {"memory": 6}
    assert lanes.bytes == 300


def test_memory_full_drops_the_oldest_of_all_lanes() -> None:
    lanes = filled(5, lanes=2, max_bytes=300)
    assert (waiting(lanes, 0), waiting(lanes, 1)) == ([4], [3, 5])


def test_what_is_in_hand_is_not_dropped() -> None:
    lanes = filled(3)
    lanes.take(lanes[0])
    lanes[0].waiting[0].is_writing = True
    lanes = _bounded(lanes, 300)
    lanes.put(block(4), due_at=4.0)
    assert waiting(lanes) == [2, 4]
    assert lanes[0].current is not None


def _bounded(lanes: Lanes, max_bytes: int) -> Lanes:
    lanes._max_bytes = max_bytes
    return lanes


def test_a_single_block_larger_than_the_bound_is_held() -> None:
    lanes = Lanes(1, 50)
    lanes.put(block(1), due_at=0.0)
    assert waiting(lanes) == [1]
    lanes.put(block(2), due_at=0.0)
    assert waiting(lanes) == [2]


@pytest.mark.parametrize(
    ("count", "is_crowded"),
    [
        pytest.param(5, False, id="half full is not"),
        pytest.param(6, True, id="more than half is"),
    ],
)
def test_crowded(count: int, is_crowded: bool) -> None:
    assert filled(count, max_bytes=1000).is_crowded == is_crowded
    assert not filled(count).is_crowded
