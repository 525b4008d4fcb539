"""The positions file, kept up to date over restarts, power cuts and failures."""

import errno
import random
from collections.abc import Callable

import pytest

from pushqueue.hints import MAX_FILE_BYTES, Hints
from pushqueue.positions import FILE_NAME, SLOT_BYTES
from tests.pushqueue.fake_directory import Disk, FakeDirectory

KEY = (1, 0)


def opened(disk: Disk) -> Hints:
    hints = Hints(FakeDirectory(disk))
    hints.load(FILE_NAME in disk.nodes)
    return hints


def with_position(sequence: int) -> Disk:
    disk = Disk()
    hints = opened(disk)
    hints.prepare(1)
    hints.advance(KEY, sequence)
    hints.save(sync=True)
    return disk


def test_without_a_file_nothing_was_acknowledged() -> None:
    hints = opened(Disk())
    assert hints.at(KEY) == 0
    assert hints.file_bytes == 0


def test_a_position_outlives_the_process() -> None:
    assert opened(with_position(5)).at(KEY) == 5


def test_a_position_never_goes_back() -> None:
    hints = opened(with_position(5))
    hints.advance(KEY, 3)
    assert hints.at(KEY) == 5


def test_an_unsynced_position_outlives_the_process_but_maybe_not_the_power() -> None:
    disk = with_position(5)
    hints = opened(disk)
    hints.advance(KEY, 6)
    hints.save()
    disk.kill()
    assert opened(disk).at(KEY) == 6


@pytest.mark.parametrize("seed", range(30))
def test_a_power_cut_leaves_one_slot_whole(seed: int) -> None:
    disk = with_position(5)
    for sequence in range(6, 6 + seed % 4):
        hints = opened(disk)
        hints.advance(KEY, sequence)
        hints.save(sync=sequence % 2 == 0)
        hints.advance(KEY, sequence + 100)
        hints.save()
    disk.cut_power(random.Random(seed))
    assert opened(disk).at(KEY) >= 5


def test_nothing_is_written_when_nothing_changed() -> None:
    disk = with_position(5)
    hints = opened(disk)
    before = disk.calls["write"]
    hints.save(sync=True)
    assert disk.calls["write"] == before


def test_the_file_has_its_size_from_the_start() -> None:
    disk = Disk()
    opened(disk).prepare(1)
    assert len(disk.nodes[FILE_NAME].data) == MAX_FILE_BYTES


def test_what_was_not_saved_is_saved_later() -> None:
    disk = with_position(5)
    hints = opened(disk)
    hints.advance(KEY, 6)
    disk.faults["write"] = errno.EIO
    with pytest.raises(OSError, match="EIO"):
        hints.save()
    disk.faults.clear()
    hints.save(sync=True)
    assert opened(disk).at(KEY) == 6


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: data.__setitem__(slice(None), b"x" * 9000), id="garbage"),
        pytest.param(lambda data: data.__setitem__(30, 99), id="a flipped byte"),
        pytest.param(lambda data: data.__delitem__(slice(20, None)), id="a cut file"),
    ],
)
def test_a_damaged_file_costs_a_second_sending_only(
    spoil: Callable[[bytearray], None],
) -> None:
    disk = with_position(5)
    spoil(disk.nodes[FILE_NAME].data)
    hints = opened(disk)
    assert hints.at(KEY) == 0
    hints.prepare(2)
    hints.advance((2, 0), 1)
    hints.save(sync=True)
    assert opened(disk).positions == {(2, 0): 1}


def test_an_empty_file_is_no_damage(caplog: pytest.LogCaptureFixture) -> None:
    disk = with_position(5)
    del disk.nodes[FILE_NAME].data[:]
    assert opened(disk).at(KEY) == 0
    assert not caplog.records


def test_an_older_slot_is_better_than_none() -> None:
    disk = with_position(5)
    hints = opened(disk)
    hints.advance(KEY, 6)
    hints.save(sync=True)
    newer = disk.nodes[FILE_NAME].data
    newer[SLOT_BYTES + 30] ^= 1
    assert opened(disk).at(KEY) == 5


def test_what_could_not_be_read_is_kept_if_it_can_be_read_again() -> None:
    disk = with_position(5)
    disk.faults["read"] = errno.EIO
    hints = opened(disk)
    assert hints.at(KEY) == 0
    disk.faults.clear()
    hints.prepare(7)
    assert opened(disk).at(KEY) == 5


def test_a_slot_that_comes_back_does_not_speak_of_a_reused_epoch() -> None:
    disk = with_position(500)
    disk.faults["read"] = errno.EIO
    hints = opened(disk)
    disk.faults.clear()
    # Nothing could be seen, so the epoch of the lost position is given again.
    hints.prepare(1)
    assert opened(disk).at(KEY) == 0


def test_older_epochs_are_forgotten() -> None:
    hints = opened(with_position(5))
    hints.advance((4, 0), 1)
    hints.forget_before(4)
    assert hints.positions == {(4, 0): 1}


def test_after_a_sync_that_failed_the_slot_is_written_again() -> None:
    """The system may have let go of the pages: a second sync alone would prove nothing."""
    disk = with_position(5)
    hints = opened(disk)
    hints.advance(KEY, 6)
    disk.faults["sync"] = errno.EIO
    with pytest.raises(OSError, match="EIO"):
        hints.save(sync=True)
    disk.nodes[FILE_NAME].unsynced.clear()
    disk.faults.clear()
    hints.save(sync=True)
    disk.cut_power(random.Random(1))
    assert opened(disk).at(KEY) == 6


def test_what_no_sync_confirmed_goes_into_the_next_file() -> None:
    disk = with_position(5)
    hints = opened(disk)
    hints.advance(KEY, 6)
    hints.save()
    hints.close()
    hints.save(sync=True)
    disk.cut_power(random.Random(1))
    assert opened(disk).at(KEY) == 6
