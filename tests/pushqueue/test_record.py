"""One Block as bytes and back; any damage is told."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.block import Block, Encoding
from pushqueue.errors import DamageError
from pushqueue.record import (
    HEADER_BYTES,
    MAX_RECORD_BYTES,
    encode_record,
    read_block,
    read_header,
    record_bytes,
)
from tests.pushqueue.blocks import block

SEED = 7

signed = st.integers(-(2**63), 2**63 - 1)
blocks = st.builds(
    Block,
    lane_epoch=st.integers(0, 2**32 - 1),
    lane=st.integers(0, 2**16 - 1),
    sequence=st.integers(0, 2**64 - 1),
    created_ms=signed,
    sample_count=st.integers(0, 2**32 - 1),
    oldest_ms=signed,
    newest_ms=signed,
    encoding=st.sampled_from(Encoding),
    table=st.binary(max_size=50),
    body=st.binary(max_size=50),
)


def read(data: bytes, seed: int = SEED) -> Block:
    header = read_header(data[:HEADER_BYTES], 0, seed)
    return read_block(header, data[HEADER_BYTES:], seed)


@given(blocks)
def test_a_record_is_read_as_it_was_written(written: Block) -> None:
    data = encode_record(written, SEED)
    assert len(data) == record_bytes(written)
    assert read(data) == written


@given(st.integers(0, HEADER_BYTES + 99), st.integers(1, 255))
def test_any_flipped_byte_is_found(at: int, mask: int) -> None:
    data = bytearray(encode_record(block(1), SEED))
    data[at] ^= mask
    with pytest.raises(DamageError):
        read(bytes(data))


@pytest.mark.parametrize(
    ("length", "reason"),
    [
        pytest.param(0, "record header cut after 0 bytes", id="nothing"),
        pytest.param(63, "record header cut after 63 bytes", id="within the header"),
        pytest.param(64, "record cut after 0 bytes of payload", id="behind the header"),
        pytest.param(163, "record cut after 99 bytes of payload", id="before the last byte"),
    ],
)
def test_a_cut_record_is_told(length: int, reason: str) -> None:
    with pytest.raises(DamageError, match=reason):
        read(encode_record(block(1), SEED)[:length])


def test_a_record_of_another_segment_is_none() -> None:
    with pytest.raises(DamageError, match="wrong checksum"):
        read(encode_record(block(1), SEED), seed=SEED + 1)


def test_an_impossible_length_is_damage() -> None:
    huge = attrs.evolve(block(1), body=bytes(10))
    data = encode_record(huge, SEED)
    assert len(data) < MAX_RECORD_BYTES
    header = read_header(data[:HEADER_BYTES], 0, SEED)
    assert header.end == len(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(DamageError):
        read(data)
