"""Batches become Blocks by count and by age, in time order."""

from array import array

import pytest

from pushqueue.batcher import Batcher, in_time_order
from pushqueue.wire.part import Part
from tests.pushqueue.blocks import NOW_MS, batch


def batcher(max_rows: int = 10, close_after_s: float = 1.0) -> Batcher:
    return Batcher(max_rows=max_rows, close_after_s=close_after_s)


def shape(parts: list[Part]) -> list[tuple[int, int, int]]:
    """Lane key, start and stop of each part."""
    return [(part.batch.lane_key, part.start, part.stop) for part in parts]


def test_an_empty_batcher_wants_nothing() -> None:
    empty = batcher()
    assert empty.due_at() is None
    assert empty.take(1e9) == []
    assert empty.take(1e9, everything=True) == []


def test_a_batch_waits_for_others() -> None:
    waiting = batcher()
    assert not waiting.put(batch(3, key=1), now=100.0)
    assert not waiting.put(batch(3, key=2), now=100.6)
    assert waiting.due_at() == 101.0
    assert waiting.take(100.9) == []
    assert shape(waiting.take(101.0)) == [(1, 0, 3), (2, 0, 3)]
    assert waiting.due_at() is None


def test_the_age_is_that_of_the_oldest() -> None:
    waiting = batcher()
    waiting.put(batch(9, key=1), now=100.0)
    waiting.put(batch(9, key=2), now=100.9)  # does not fit: the first is ready
    assert shape(waiting.take(100.9)) == [(1, 0, 9)]
    assert waiting.due_at() == 101.9


def test_a_full_block_does_not_wait() -> None:
    full = batcher(max_rows=6)
    assert not full.put(batch(3, key=1), now=100.0)
    assert full.put(batch(3, key=2), now=100.0)
    assert full.due_at() == float("-inf")
    assert shape(full.take(100.0)) == [(1, 0, 3), (2, 0, 3)]


def test_a_batch_that_fits_is_not_cut() -> None:
    tidy = batcher(max_rows=10)
    tidy.put(batch(7, key=1), now=0.0)
    assert tidy.put(batch(7, key=2), now=0.0)
    assert shape(tidy.take(0.0)) == [(1, 0, 7)]
    assert shape(tidy.take(0.0, everything=True)) == [(2, 0, 7)]


def test_a_batch_that_is_too_large_is_cut() -> None:
    cut = batcher(max_rows=10)
    assert cut.put(batch(25, key=1), now=0.0)
    taken = [shape(cut.take(0.0)), shape(cut.take(0.0)), shape(cut.take(0.0))]
    assert taken == [[(1, 0, 10)], [(1, 10, 20)], []]
    assert shape(cut.take(1.0)) == [(1, 20, 25)]


def test_an_empty_batch_is_nothing() -> None:
    empty = batcher()
    assert not empty.put(batch(0), now=0.0)
    assert empty.due_at() is None


def test_samples_are_counted_while_they_wait() -> None:
    counted = batcher(max_rows=10)
    counted.put(batch(25, key=1), now=0.0)
    counted.put(batch(3, key=2), now=0.0)
    assert counted.sample_count == 28
    counted.take(0.0)
    assert counted.sample_count == 18
    assert counted.drop_oldest() == 10
    assert counted.drop_oldest() == 8
    assert counted.drop_oldest() == 0
    assert counted.sample_count == 0


@pytest.mark.parametrize(
    ("times", "order"),
    [
        pytest.param([1, 2, 2, 3], [0, 1, 2, 3], id="what is in order stays"),
        pytest.param([5, 3, 4], [1, 2, 0], id="late batches are sorted in"),
        pytest.param([2, 1, 2, 1], [1, 3, 0, 2], id="equal times keep their order"),
    ],
)
def test_blocks_are_in_time_order(times: list[int], order: list[int]) -> None:
    parts = [Part(batch(1, key=key, time_ms=ms), 0, 1) for key, ms in enumerate(times)]
    assert [part.batch.lane_key for part in in_time_order(parts)] == order


def test_batches_of_one_target_are_never_swapped() -> None:
    stamps = array("q", [NOW_MS - 50])  # its own, and older than those of the batch before
    parts = [
        Part(batch(1, key=1, time_ms=NOW_MS), 0, 1),
        Part(batch(1, key=1, time_ms=stamps), 0, 1),
        Part(batch(1, key=2, time_ms=NOW_MS - 20), 0, 1),
    ]
    ordered = in_time_order(parts)
    assert [part.batch.lane_key for part in ordered] == [2, 1, 1]
    assert ordered[1:] == parts[:2]
