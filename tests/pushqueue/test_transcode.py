"""Blocks in every encoding: decoded, split, and turned into each other."""

from array import array
from contextlib import suppress
from itertools import product

import attrs
import pytest
import snappy
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.block import Block, Encoding
from pushqueue.codec import CodecError, decode, series_of, split, transcode, within
from pushqueue.encode import Encoder
from pushqueue.wire.message import WireSeries, read_v1, read_v2
from pushqueue.wire.part import Part
from series.batch import Batch
from series.wire import WireError
from tests.pushqueue.blocks import NOW_MS
from tests.pushqueue.receiver_v2 import read
from tests.pushqueue.wire_batches import (
    CUSTOM,
    EXEMPLAR,
    FAMILIES,
    FLOATS,
    INTEGERS,
    UNSTAMPED,
    chunks,
    floats,
    holed,
    layout_of,
    natives,
)
from tests.receivers.protos import WriteRequest

NAMES = [f"m{number}" for number in range(40)]
BATCHES = (
    floats(holed(NAMES), chunks=chunks("i1"), exemplars={3: (EXEMPLAR, UNSTAMPED)}),
    natives(INTEGERS, FLOATS, exemplars={1: (EXEMPLAR,)}, lane_key=7),
    floats(layout_of(["late"]), timestamps=array("q", [NOW_MS + 3]), is_pushed=True),
)


def block_of(encoding: Encoding, *batches: Batch) -> Block:
    parts = [Part(batch, 0, len(batch)) for batch in batches]
    encoder = Encoder(with_exemplars=True)
    (block,) = encoder.encode(parts, encoding, lane=2, created_ms=NOW_MS)
    return block


def bare(series: list[WireSeries]) -> list[WireSeries]:
    return [attrs.evolve(each, type=0, help="", unit="") for each in series]


@pytest.mark.parametrize("encoding", Encoding)
def test_every_encoding_says_the_same(encoding: Encoding) -> None:
    assert series_of(block_of(encoding, *BATCHES)) == series_of(
        block_of(Encoding.RW1_SNAPPY, *BATCHES)
    )


@pytest.mark.parametrize(("before", "after"), product(Encoding, Encoding))
def test_transcode(before: Encoding, after: Encoding) -> None:
    block = block_of(before, *BATCHES)
    (made,) = transcode(block, after)
    assert made.encoding is after
    assert series_of(made) == series_of(block)
    like = block_of(after, *BATCHES)
    assert made.batches == like.batches
    kept = attrs.evolve(block, body=made.body, table=made.table, encoding=after)
    assert made == kept


@pytest.mark.parametrize("encoding", Encoding)
def test_split(encoding: Encoding) -> None:
    block = block_of(encoding, *BATCHES)
    left, right = split(block)
    assert series_of(left) + series_of(right) == series_of(block)
    assert left.sample_count + right.sample_count == block.sample_count
    assert [sum(e.sample_count for e in half.batches) for half in (left, right)] == [21, 22]
    assert sum(e.sample_count for e in right.batches if e.is_native) == 2
    framed = [sum(e.framed_bytes for e in half.batches) for half in (left, right)]
    if not encoding.is_v2:
        assert framed == [len(decode(half)) for half in (left, right)]


def test_halves_of_2_0_carry_their_own_symbols_only() -> None:
    block = block_of(Encoding.RW2_SNAPPY, floats(layout_of(NAMES), families=FAMILIES))
    for half in split(block):
        read(half.body)
        assert len(decode(half)) < 0.6 * len(decode(block))


def test_a_single_sample_is_not_split() -> None:
    block = block_of(Encoding.RW2_SNAPPY, floats(layout_of(["m"])))
    assert split(block) == (block,)


def test_1_0_has_no_place_for_custom_buckets() -> None:
    block = block_of(Encoding.RW2_SNAPPY, natives(INTEGERS, CUSTOM), floats(layout_of(["a"])))
    (made,) = transcode(block, Encoding.RW1_SNAPPY)
    assert made.sample_count == 2
    assert [entry.sample_count for entry in made.batches] == [1, 1]
    assert transcode(block_of(Encoding.RW2_SNAPPY, natives(CUSTOM)), Encoding.RW1_SNAPPY) == ()


def test_metadata_and_starts_are_2_0s_own() -> None:
    batch = floats(layout_of(["m"]), families=FAMILIES, start_timestamps=array("q", [NOW_MS - 1]))
    (series,) = series_of(block_of(Encoding.RW2_SNAPPY, batch))
    assert (series.type, series.help, series.samples[0].start_ms) == (1, "how often", NOW_MS - 1)
    (made,) = transcode(block_of(Encoding.RW2_SNAPPY, batch), Encoding.RW1_SNAPPY)
    assert made.body == block_of(Encoding.RW1_SNAPPY, batch).body
    native = natives(INTEGERS, start_timestamps=array("q", [NOW_MS - 1]))
    (made,) = transcode(block_of(Encoding.RW2_SNAPPY, native), Encoding.RW1_SNAPPY)
    assert made.body == block_of(Encoding.RW1_SNAPPY, native).body


def test_what_a_1_0_receiver_decodes() -> None:
    message = WriteRequest.FromString(decode(block_of(Encoding.RW1_SNAPPY, *BATCHES)))
    with_exemplars = message.timeseries[3]
    assert [each.timestamp for each in with_exemplars.exemplars] == [NOW_MS - 5, NOW_MS]
    assert len(with_exemplars.samples) == 1
    integers, counts = (series.histograms[0] for series in message.timeseries[40:42])
    assert (integers.count_int, integers.sum, integers.zero_count_int) == (9, 3.5, 2)
    assert list(integers.positive_deltas) == [1, 1, -1]
    assert (integers.reset_hint, integers.timestamp) == (3, NOW_MS)
    assert (counts.count_float, list(counts.positive_counts)) == (4.5, [1.5, 2.5])
    assert not message.timeseries[40].samples


def test_within_a_bound_of_the_body() -> None:
    block = block_of(Encoding.RW1_ZSTD, *BATCHES)
    assert within(block, 0) == (block,)
    parts = within(block, len(block.body) // 2)
    assert max(len(part.body) for part in parts) <= len(block.body) // 2
    assert [each for part in parts for each in series_of(part)] == series_of(block)


@pytest.mark.parametrize("encoding", Encoding)
def test_timestamps_of_a_batch_do_not_go_back(encoding: Encoding) -> None:
    stamps = array("q", [NOW_MS + 2, NOW_MS, NOW_MS + 1])
    block = block_of(encoding, floats(layout_of(["a", "b", "c"]), timestamps=stamps))
    got = [(dict(s.labels)["__name__"], s.samples[0].timestamp_ms) for s in series_of(block)]
    assert got == [("b", NOW_MS), ("c", NOW_MS + 1), ("a", NOW_MS + 2)]


def _with_body(encoding: Encoding, body: bytes) -> Block:
    return attrs.evolve(block_of(encoding, BATCHES[2]), body=body)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(_with_body(Encoding.RW1_ZSTD, b"junk"), id="no zstd"),
        pytest.param(_with_body(Encoding.RW2_SNAPPY, b"\xff" * 5), id="no snappy"),
        pytest.param(
            _with_body(Encoding.RW2_SNAPPY, b"\xff\xff\xff\xff\x0f"), id="a claim of 4 GiB"
        ),
        pytest.param(
            _with_body(Encoding.RW1_ZSTD, zstandard.compress(bytes(2**27))), id="a bomb of zstd"
        ),
        pytest.param(
            _with_body(Encoding.RW2_SNAPPY, snappy.compress(b"\x2a\x04\x0a\x02\x01\x02")),
            id="references without symbols",
        ),
        pytest.param(
            _with_body(Encoding.RW2_SNAPPY, snappy.compress(b"\x22\x00\x2a\x03\x0a\x01\x00")),
            id="half a label",
        ),
        pytest.param(
            _with_body(Encoding.RW2_SNAPPY, snappy.compress(b"\x22\x01\xff\x2a\x00")),
            id="a symbol that is not UTF-8",
        ),
        pytest.param(_with_body(Encoding.RW1_SNAPPY, snappy.compress(b"\x0a\x7f")), id="cut short"),
    ],
)
def test_a_damaged_body_is_told(block: Block) -> None:
    with pytest.raises(CodecError):
        series_of(block)


@given(st.binary(max_size=200))
def test_any_bytes_give_series_or_an_error(message: bytes) -> None:
    for read_one in (read_v1, read_v2):
        with suppress(WireError):
            list(read_one(message))


@given(st.data())
def test_a_flipped_byte_gives_series_or_an_error(data: st.DataObject) -> None:
    message = bytearray(decode(block_of(Encoding.RW2_SNAPPY, *BATCHES)))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        list(read_v2(bytes(message)))
