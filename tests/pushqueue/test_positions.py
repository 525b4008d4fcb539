"""Two slots, the newer good one counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.positions import MAX_ENTRIES, SLOT_BYTES, encode_slot, read_slots

POSITIONS = {(1, 0): 5, (2, 0): 2**63, (2, 7): 1}

entries = st.dictionaries(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)),
    st.integers(0, 2**64 - 1),
    max_size=20,
)


def file(*slots: bytes) -> bytes:
    return b"".join(slot.ljust(SLOT_BYTES, b"\0") for slot in slots)


@given(entries)
def test_a_slot_says_what_was_written(positions: dict[tuple[int, int], int]) -> None:
    slots = read_slots(encode_slot(3, positions))
    assert slots.newest is not None
    assert (slots.newest.serial, slots.newest.index) == (3, 0)
    assert slots.newest.positions == positions
    assert not slots.is_suspect


@pytest.mark.parametrize(
    ("data", "serial", "is_suspect"),
    [
        pytest.param(b"", None, False, id="an empty file"),
        pytest.param(bytes(2 * SLOT_BYTES), None, False, id="a file that was never written"),
        pytest.param(file(encode_slot(1, {})), 1, False, id="only the first slot"),
        pytest.param(file(encode_slot(8, {}), encode_slot(9, {})), 9, False, id="the newer one"),
        pytest.param(file(encode_slot(9, {}), encode_slot(8, {})), 9, False, id="wherever it is"),
        pytest.param(file(b"garbage", encode_slot(8, {})), 8, True, id="the good one"),
        pytest.param(file(encode_slot(8, {}), b"garbage"), 8, True, id="whichever is good"),
        pytest.param(b"garbage", None, True, id="garbage"),
        pytest.param(b"\xff" * 20_000, None, True, id="a lot of garbage"),
        pytest.param(encode_slot(1, POSITIONS)[:-1], None, True, id="a cut slot"),
    ],
)
def test_slots(data: bytes, serial: int | None, is_suspect: bool) -> None:
    slots = read_slots(data)
    assert (slots.newest.serial if slots.newest else None) == serial
    assert slots.is_suspect == is_suspect


@given(st.integers(0, 65), st.integers(1, 255))
def test_any_flipped_byte_is_found(at: int, mask: int) -> None:
    data = bytearray(encode_slot(1, POSITIONS))
    data[at] ^= mask
    assert read_slots(bytes(data)).newest is None


def test_of_too_many_entries_the_newest_epochs_stay() -> None:
    many = {(epoch, 0): epoch for epoch in range(1000)}
    slot = encode_slot(1, many)
    assert len(slot) <= SLOT_BYTES
    newest = read_slots(slot).newest
    assert newest is not None
    assert list(newest.positions) == [(e, 0) for e in range(1000 - MAX_ENTRIES, 1000)]
