import contextlib

import pytest
import snappy
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from receivers.errors import DecodeError
from receivers.inflate import snappy_block, zstd
from series.wire import varint

MIB = 2**20


@given(st.binary(max_size=3000))
def test_what_was_packed_is_unpacked(data: bytes) -> None:
    assert snappy_block(snappy.compress(data), MIB) == data
    assert zstd(zstandard.compress(data), MIB) == data


def test_the_densest_snappy_is_taken() -> None:
    zeros = bytes(MIB)
    assert snappy_block(snappy.compress(zeros), MIB) == zeros


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "snappy", id="nothing at all"),
        pytest.param(b"\x80", "snappy", id="a length cut"),
        pytest.param(varint(MIB + 1) + b"x" * MIB, "too_large", id="one byte more than allowed"),
        pytest.param(varint(2**60), "too_large", id="a claim of 2**60 bytes"),
        pytest.param(varint(MIB) + b"x" * 100, "snappy", id="a claim that 100 bytes cannot keep"),
        pytest.param(b"\x05\x00a", "snappy", id="more claimed than there is"),
        pytest.param(b"\xff\x06\x00\x00sNaPpY", "snappy", id="the framed format"),
        pytest.param(snappy.compress(b"abc" * 50)[:-2], "snappy", id="cut at the end"),
    ],
)
def test_a_bad_snappy_block(body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        snappy_block(body, MIB)
    assert caught.value.reason == reason


def _frame_without_size(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    return compressor.compress(data)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(zstandard.compress(bytes(MIB + 1)), "too_large", id="a bomb"),
        pytest.param(_frame_without_size(bytes(50 * MIB)), "too_large", id="one that hides it"),
        pytest.param(b"garbage", "zstd", id="garbage"),
        pytest.param(zstandard.compress(b"abc" * 50)[:-5], "zstd", id="cut at the end"),
        pytest.param(b"", "zstd", id="nothing at all"),
    ],
)
def test_a_bad_zstd_frame(body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        zstd(body, MIB)
    assert caught.value.reason == reason


@given(st.binary(max_size=300))
def test_any_bytes_give_bytes_or_an_error(body: bytes) -> None:
    for inflate in (snappy_block, zstd):
        with contextlib.suppress(DecodeError):
            assert len(inflate(body, 1000)) <= 1000
