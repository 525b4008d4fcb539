"""Headers, footers and the walk over records, whole and broken."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.errors import DamageError
from pushqueue.record import HEADER_BYTES, encode_record
from pushqueue.segment import (
    SEGMENT_HEADER,
    NewerVersionError,
    ReadAt,
    Scan,
    encode_footer,
    encode_segment_header,
    ranges_of,
    read_footer,
    read_segment_header,
    scan,
    segment_name,
    segment_number,
)
from tests.pushqueue.blocks import NOW_MS, block

Change = Callable[[bytes], bytes]

NUMBER = 0x1F
START = SEGMENT_HEADER.size
RECORD = HEADER_BYTES + 100


def records(count: int = 5, number: int = NUMBER) -> bytes:
    """Records of 164 bytes each, three lanes in turn."""
    made = [block(i, lane=i % 3, epoch=2, sequence=i, samples=i) for i in range(1, count + 1)]
    return b"".join(encode_record(item, number) for item in made)


def segment(count: int = 5, *, finished: bool = True) -> bytes:
    data = encode_segment_header(NUMBER, NOW_MS) + records(count)
    if finished:
        data += encode_footer(ranges_of(walk(data).headers), len(data), NUMBER)
    return data


def reader(data: bytes) -> ReadAt:
    return lambda offset, count: data[offset : offset + count]


def walk(data: bytes) -> Scan:
    return scan(reader(data), START, len(data), NUMBER)


def found(data: bytes) -> list[int]:
    return [header.sequence for header in walk(data).headers]


def record_at(index: int) -> int:
    return START + index * RECORD


# Names


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param("0000000000000001.pfq", 1, id="the first"),
        pytest.param("00000000deadbeef.pfq", 0xDEADBEEF, id="hexadecimal"),
        pytest.param("1.pfq", None, id="too short"),
        pytest.param("00000000DEADBEEF.pfq", None, id="upper case"),
        pytest.param("000000000000001g.pfq", None, id="no number"),
        pytest.param("0000000000000001", None, id="without the suffix"),
        pytest.param("positions", None, id="another file"),
    ],
)
def test_names(name: str, number: int | None) -> None:
    assert segment_number(name) == number
    assert number is None or segment_name(number) == name


# Header


def test_a_header_tells_where_records_begin() -> None:
    assert read_segment_header(segment()[:START], NUMBER) == START


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda d: d[:31], "cut after 31 bytes", id="cut"),
        pytest.param(lambda d: bytes(32), "no segment", id="zeros"),
        pytest.param(lambda d: d[:20] + b"\xff" + d[21:], "wrong checksum", id="a flipped byte"),
        pytest.param(
            lambda d: encode_segment_header(9, NOW_MS),
            "segment 9 under the name of 1f",
            id="renamed",
        ),
    ],
)
def test_a_bad_header_is_told(change: Change, reason: str) -> None:
    with pytest.raises(DamageError, match=reason):
        read_segment_header(change(segment()[:START]), NUMBER)


def test_a_newer_version_is_not_damage() -> None:
    newer = bytearray(segment()[:START])
    newer[8] = 2
    with pytest.raises(NewerVersionError, match="version 2, this program knows 1"):
        read_segment_header(bytes(newer), NUMBER)


# Footer


def test_a_footer_tells_what_the_segment_holds() -> None:
    data = segment()
    footer = read_footer(reader(data), len(data), NUMBER)
    assert footer is not None
    ranges, end = footer
    assert end == record_at(5)
    assert {key: (r.first, r.last, r.blocks, r.samples) for key, r in ranges.items()} == {
        (2, 1): (1, 4, 2, 5),
        (2, 2): (2, 5, 2, 7),
        (2, 0): (3, 3, 1, 3),
    }
    assert (ranges[2, 1].oldest_ms, ranges[2, 1].newest_ms) == (NOW_MS + 1, NOW_MS + 4)
    assert ranges[2, 1].payload_bytes == 200


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: d[:-1], id="the last byte is gone"),
        pytest.param(lambda d: d[: record_at(5)], id="it was never written"),
        pytest.param(lambda d: d[:-30] + bytes(30), id="its end is zeros"),
        pytest.param(lambda d: d + b"x", id="something follows"),
        pytest.param(lambda d: d[:900] + b"\xff" + d[901:], id="a flipped byte"),
        pytest.param(lambda d: b"", id="an empty file"),
    ],
)
def test_a_bad_footer_is_none(damage: Change) -> None:
    data = damage(segment())
    assert read_footer(reader(data), len(data), NUMBER) is None


def test_many_lanes_need_more_than_one_page() -> None:
    made = [block(i, lane=i, epoch=2, sequence=1, size=8) for i in range(100)]
    data = encode_segment_header(NUMBER, NOW_MS)
    data += b"".join(encode_record(item, NUMBER) for item in made)
    data += encode_footer(ranges_of(walk(data).headers), len(data), NUMBER)
    footer = read_footer(reader(data), len(data), NUMBER)
    assert footer is not None
    assert len(footer[0]) == 100


# Walking


def test_all_records_are_found() -> None:
    for data in (segment(), segment(finished=False)):
        assert found(data) == [1, 2, 3, 4, 5]
        assert walk(data).damages == ()


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def zero(data: bytes, start: int, end: int) -> bytes:
    return data[:start] + bytes(end - start) + data[end:]


@pytest.mark.parametrize(
    ("damage", "left", "places"),
    [
        pytest.param(lambda d: flip(d, record_at(1) + 2), [1, 3, 4, 5], 1, id="a flipped magic"),
        pytest.param(lambda d: flip(d, record_at(1) + 9), [1, 3, 4, 5], 1, id="a flipped length"),
        pytest.param(lambda d: flip(d, record_at(0)), [2, 3, 4, 5], 1, id="the first record"),
        pytest.param(lambda d: flip(d, record_at(4)), [1, 2, 3, 4], 1, id="the last record"),
        pytest.param(
            lambda d: flip(d, record_at(2) + HEADER_BYTES + 3), [1, 2, 3, 4, 5], 0, id="a payload"
        ),
        pytest.param(
            lambda d: zero(d, record_at(1) + 50, record_at(3) + 10), [1, 5], 1, id="zeros"
        ),
        pytest.param(lambda d: zero(d, START, len(d)), [], 1, id="nothing but zeros"),
        pytest.param(lambda d: d[: record_at(4) + 100], [1, 2, 3, 4], 1, id="a torn payload"),
        pytest.param(lambda d: d[: record_at(4) + 20], [1, 2, 3, 4], 1, id="a torn header"),
        pytest.param(lambda d: d[: record_at(4)], [1, 2, 3, 4], 0, id="a lost tail"),
        pytest.param(
            lambda d: d[: record_at(2)] + b"x" * 70_000 + d[record_at(2) :],
            [1, 2, 3, 4, 5],
            1,
            id="garbage longer than the search window",
        ),
        pytest.param(
            lambda d: d[: record_at(2)] + records(3, number=NUMBER + 1) + d[record_at(2) :],
            [1, 2, 3, 4, 5],
            1,
            id="bytes of another segment",
        ),
    ],
)
def test_damage_costs_what_is_damaged(damage: Change, left: list[int], places: int) -> None:
    data = damage(segment(finished=False))
    assert found(data) == left
    assert len(walk(data).damages) == places


def test_a_torn_record_tells_its_samples() -> None:
    assert walk(segment(finished=False)[: record_at(4) + 100]).lost_samples == 5


def test_a_damaged_footer_ends_the_walk() -> None:
    data = flip(segment(), record_at(5) + 8)
    assert found(data) == [1, 2, 3, 4, 5]
    assert walk(data).damages == ()


def test_second_copies_are_counted_once() -> None:
    data = encode_segment_header(NUMBER, NOW_MS) + records(3) + records(4)
    assert {
        key: (r.first, r.last, r.blocks) for key, r in ranges_of(walk(data).headers).items()
    } == {
        (2, 1): (1, 4, 2),
        (2, 2): (2, 2, 1),
        (2, 0): (3, 3, 1),
    }


@given(st.binary(max_size=400))
def test_any_bytes_are_walked(data: bytes) -> None:
    assert walk(bytes(START) + data).headers == ()


@given(st.integers(START, START + 5 * RECORD - 1), st.integers(1, 200))
def test_zeros_anywhere_cost_the_records_that_they_touch(at: int, count: int) -> None:
    data = segment(finished=False)
    end = min(at + count, len(data))
    touched = {
        index + 1
        for index in range(5)
        if at < record_at(index) + HEADER_BYTES and end > record_at(index)
    }
    # Bytes that are zeros already do not count.
    assert set(found(zero(data, at, end))) >= {1, 2, 3, 4, 5} - touched
