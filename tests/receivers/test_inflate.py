import contextlib
import gzip as packer
import zlib

import pytest
import snappy
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from receivers.errors import DecodeError
from receivers.inflate import decoded_size, gzip, inflate, joined, snappy_block, zstd
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
    for opened in (snappy_block, zstd):
        with contextlib.suppress(DecodeError):
            assert len(opened(body, 1000)) <= 1000


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


LARGE = bytes(range(256)) * 8192  # 2 MiB


@pytest.mark.parametrize("size", [1000, 70_000, 10 * MIB])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("identity", LARGE, id="as it is"),
        pytest.param("snappy", snappy.compress(LARGE), id="snappy"),
        pytest.param("zstd", zstandard.compress(LARGE), id="zstd"),
        pytest.param("gzip", packer.compress(LARGE, 1), id="gzip"),
        pytest.param("deflate", zlib.compress(LARGE, 1), id="deflate"),
        pytest.param(
            "gzip",
            b"".join([packer.compress(part, 1) for part in cut(LARGE, 500_000)]),
            id="gzip in members",
        ),
    ],
)
def test_a_large_body_is_opened_however_it_is_cut(encoding: str, packed: bytes, size: int) -> None:
    assert inflate(cut(packed, size), encoding, 2 * MIB) == LARGE
    with pytest.raises(DecodeError) as caught:
        inflate(cut(packed, size), encoding, 2 * MIB - 1)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([packer.compress(LARGE)[:-9]], id="cut at the end"),
        pytest.param([packer.compress(b"x"), b"more"], id="something else behind it"),
        pytest.param([b"no gzip"], id="no gzip"),
    ],
)
def test_a_bad_gzip(body: list[bytes]) -> None:
    with pytest.raises(DecodeError) as caught:
        gzip(body, 10 * MIB)
    assert caught.value.reason == "gzip"


def test_a_bomb_stops_at_the_bound() -> None:
    bomb = packer.compress(bytes(20 * MIB), 9)
    with pytest.raises(DecodeError) as caught:
        gzip(cut(bomb, 65_536), MIB)
    assert caught.value.reason == "too_large"


def test_a_large_snappy_that_holds_less_than_it_says() -> None:
    packed = snappy.compress(bytes(2 * MIB))
    with pytest.raises(DecodeError) as caught:
        snappy_block(packed[:-3], 4 * MIB)
    assert caught.value.reason == "snappy"


@pytest.mark.parametrize(
    ("encoding", "packed", "size"),
    [
        pytest.param("identity", b"abc", 0, id="what is held already"),
        pytest.param("snappy", snappy.compress(bytes(5000)), 5000, id="snappy says it in front"),
        pytest.param("gzip", packer.compress(bytes(5000)), 5000, id="gzip says it at the end"),
        pytest.param("zstd", zstandard.compress(bytes(5000)), 5000, id="zstd says it in its head"),
        pytest.param("zstd", b"", 9000, id="nothing at all may be as much as is allowed"),
        pytest.param("deflate", zlib.compress(bytes(50)), 9000, id="deflate says nothing"),
    ],
)
def test_the_size_that_a_body_tells(encoding: str, packed: bytes, size: int) -> None:
    assert decoded_size([packed], encoding, 9000) == size


def test_one_piece_is_not_copied() -> None:
    piece = bytes(2 * MIB)
    assert joined([piece]) is piece
