"""Blocks are made of parts, decoded, and split."""

import math
import struct
from array import array
from itertools import chain

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.block import Block, Encoding
from pushqueue.codec import CodecError, decode, series_ends, split
from pushqueue.encode import encode
from pushqueue.wire.part import Part
from series.batch import Batch
from series.stale import STALE_NAN_BITS, stale_values
from series.wire import decode_labels, read_varint
from tests.pushqueue.blocks import NOW_MS, batch, layout

Sample = tuple[str, float, int]


def samples_of(block: Block) -> list[Sample]:
    """Name, value and timestamp of each series, read with a decoder of its own."""
    message = decode(block)
    starts = [0, *series_ends(message)[:-1]]
    return [
        _sample(message[start:end]) for start, end in zip(starts, series_ends(message), strict=True)
    ]


def _sample(framed: bytes) -> Sample:
    _, at = read_varint(framed, 1)
    labels = framed[at : framed.index(b"\x12\x10\x09", at)]
    at += len(labels) + 3
    value = struct.unpack_from("<d", framed, at)[0]
    timestamp, _ = read_varint(framed, at + 9)
    return dict(decode_labels(labels))["__name__"], value, timestamp


def whole(*batches: Batch) -> list[Part]:
    return [Part(item, 0, len(item)) for item in batches]


def encoded(parts: list[Part], *, max_bytes: int = 0) -> list[Block]:
    return list(encode(parts, lane=2, created_ms=NOW_MS, max_bytes=max_bytes))


def test_a_block_holds_its_parts_in_order() -> None:
    first, second = batch(2, key=1), batch(3, key=2, time_ms=NOW_MS + 5)
    (block,) = encoded(whole(first, second))
    assert samples_of(block) == [
        ("metric_00000", 0.0, NOW_MS),
        ("metric_00001", 1.0, NOW_MS),
        ("metric_00000", 0.0, NOW_MS + 5),
        ("metric_00001", 1.0, NOW_MS + 5),
        ("metric_00002", 2.0, NOW_MS + 5),
    ]
    assert (block.lane, block.created_ms, block.sample_count) == (2, NOW_MS, 5)
    assert (block.oldest_ms, block.newest_ms) == (NOW_MS, NOW_MS + 5)
    assert block.encoding is Encoding.RW1_SNAPPY


def test_the_table_tells_the_batches() -> None:
    (block,) = encoded(whole(batch(2, key=1, is_markers=True), batch(3, key=2, is_pushed=True)))
    assert [(e.lane_key, e.sample_count, e.is_markers, e.is_pushed) for e in block.batches] == [
        (1, 2, True, False),
        (2, 3, False, True),
    ]
    assert sum(entry.framed_bytes for entry in block.batches) == len(decode(block))


def test_a_part_is_a_range_of_its_batch() -> None:
    (block,) = encoded([Part(batch(10), 3, 5)])
    assert [name for name, _, _ in samples_of(block)] == ["metric_00003", "metric_00004"]
    assert block.sample_count == 2


def test_times_of_their_own_bound_the_block() -> None:
    stamps = array("q", [NOW_MS + 3, NOW_MS - 4, NOW_MS])
    (block,) = encoded(whole(batch(3, time_ms=stamps)))
    assert (block.oldest_ms, block.newest_ms) == (NOW_MS - 4, NOW_MS + 3)


def test_a_staleness_marker_keeps_its_bits() -> None:
    markers = attrs.evolve(batch(2, is_markers=True), values=stale_values(2))
    (block,) = encoded(whole(markers))
    assert decode(block).count(struct.pack("<Q", STALE_NAN_BITS)) == 2


@pytest.mark.parametrize("max_bytes", [1, 70, 200, 1000])
def test_blocks_stay_within_their_bytes(max_bytes: int) -> None:
    blocks = encoded(whole(*[batch(7, key=key) for key in range(5)]), max_bytes=max_bytes)
    assert sum(block.sample_count for block in blocks) == 35
    for block in blocks:
        assert len(decode(block)) <= max_bytes or block.sample_count == 1
    assert list(chain.from_iterable(map(samples_of, blocks))) == samples_of(
        encoded(whole(*[batch(7, key=key) for key in range(5)]))[0]
    )


# Splitting


@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_a_split_keeps_samples_and_table(counts: list[int]) -> None:
    (block,) = encoded(whole(*[batch(n, key=k) for k, n in enumerate(counts)]))
    parts = split(block)
    assert list(chain.from_iterable(map(samples_of, parts))) == samples_of(block)
    for part in parts:
        assert part.sample_count == len(samples_of(part))
        assert sum(entry.sample_count for entry in part.batches) == part.sample_count
        assert sum(entry.framed_bytes for entry in part.batches) == len(decode(part))
    assert abs(parts[0].sample_count - parts[-1].sample_count) <= 1


def test_a_split_keeps_the_name() -> None:
    (block,) = encoded(whole(batch(4)))
    named = attrs.evolve(block, lane_epoch=3, sequence=9)
    assert {(p.lane_epoch, p.lane, p.sequence) for p in split(named)} == {(3, 2, 9)}


def test_a_single_sample_cannot_be_split() -> None:
    (block,) = encoded(whole(batch(1)))
    assert split(block) == (block,)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "not a snappy block", id="nothing"),
        pytest.param(b"\xff" * 20, "not a snappy block", id="garbage"),
        pytest.param(b"\x04\x0cabcd", "no series at byte 0", id="another message"),
    ],
)
def test_what_is_no_message_is_told(body: bytes, reason: str) -> None:
    (block,) = encoded(whole(batch(1)))
    with pytest.raises(CodecError, match=reason):
        split(attrs.evolve(block, body=body))


@given(st.binary(max_size=60))
def test_any_message_is_walked_or_refused(message: bytes) -> None:
    try:
        ends = series_ends(message)
    except CodecError:
        return
    assert ends == sorted(ends)
    assert (ends[-1] if ends else 0) == len(message)


def test_the_value_survives_as_it_is() -> None:
    odd = attrs.evolve(batch(4), values=array("d", [math.inf, -0.0, 5e-324, 1e308]))
    (block,) = encoded(whole(odd))
    assert [value for _, value, _ in samples_of(block)] == [math.inf, -0.0, 5e-324, 1e308]
    assert layout(1).templates[0].labels() == (("__name__", "metric_00000"), ("job", "node"))
