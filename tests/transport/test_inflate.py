"""Gzip undone within bounds: honest, damaged, cut, many members, bombs, any bytes."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport import inflate
from transport.errors import TransportError
from transport.inflate import Inflation, inflate_short

PAGE = b"up 1\n" * 1000
MAX_BYTES = 16 * 2**20


@pytest.fixture(autouse=True, scope="module", params=["isal", "zlib"])
def library(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both that may do the work: isal, and zlib where isal has no wheel."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "zlib":
            patch.setattr(inflate, "_zlib", zlib)
            patch.setattr(inflate, "_ZlibError", zlib.error)
        yield


def inflated(data: bytes, max_bytes: int = MAX_BYTES, *, is_lenient: bool = False) -> bytes:
    return b"".join(Inflation(data, max_bytes, is_lenient=is_lenient).steps())


@pytest.mark.parametrize(
    ("data", "short", "whole"),
    [
        pytest.param(gzip.compress(PAGE), PAGE, PAGE, id="one member takes the short way"),
        pytest.param(gzip.compress(b""), b"", b"", id="an empty member"),
        pytest.param(gzip.compress(PAGE) * 2, None, PAGE * 2, id="two members, even if equal"),
        pytest.param(
            gzip.compress(PAGE) + gzip.compress(b""), None, PAGE, id="an empty one behind it"
        ),
    ],
)
def test_honest_bodies(data: bytes, short: bytes | None, whole: bytes) -> None:
    assert inflate_short(data, MAX_BYTES) == short
    assert inflated(data) == whole


def test_what_does_not_compress_needs_the_long_way() -> None:
    body = bytes(range(256)) * 1000
    data = gzip.compress(body, 0)
    assert inflate_short(data, MAX_BYTES) is None
    assert inflated(data) == body


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        pytest.param(b"garbage" * 9, "protocol", "damaged", id="not gzip"),
        pytest.param(gzip.compress(PAGE)[:-1], "protocol", "too early", id="cut"),
        pytest.param(gzip.compress(PAGE)[:5], "protocol", "too early", id="cut in its header"),
        pytest.param(gzip.compress(PAGE)[:-8] + bytes(8), "protocol", "damaged", id="a bad sum"),
        pytest.param(gzip.compress(PAGE) + b"garbage" * 9, "protocol", "damaged", id="a tail"),
        pytest.param(gzip.compress(bytes(MAX_BYTES + 1)), "too_large", "larger than", id="a bomb"),
        pytest.param(
            gzip.compress(bytes(MAX_BYTES // 2)) * 3, "too_large", "larger", id="a bomb in parts"
        ),
    ],
)
def test_bad_bodies(data: bytes, kind: str, words: str) -> None:
    assert inflate_short(data, MAX_BYTES) is None
    with pytest.raises(TransportError, match=words) as caught:
        inflated(data)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("size", "fits"),
    [pytest.param(100, True, id="exactly"), pytest.param(101, False, id="one byte too many")],
)
def test_the_bound_is_exact(size: int, fits: bool) -> None:
    data = gzip.compress(bytes(size))
    if fits:
        assert inflated(data, 100) == bytes(100)
    else:
        with pytest.raises(TransportError, match="limit of 100 bytes"):
            inflated(data, 100)
    inflation = Inflation(data, 100, is_lenient=True)
    assert b"".join(inflation.steps()) == bytes(100)
    assert inflation.is_truncated is not fits


def test_lenient_gives_what_can_be_had() -> None:
    assert PAGE.startswith(inflated(gzip.compress(PAGE)[:-9], is_lenient=True))
    assert inflated(b"garbage", is_lenient=True) == b""


def test_steps_are_bounded() -> None:
    pieces = Inflation(gzip.compress(bytes(5 * 2**19)), MAX_BYTES).steps()
    assert [len(piece) for piece in pieces] == [inflate.STEP_BYTES, inflate.STEP_BYTES, 2**19]


@given(data=st.binary(max_size=200) | st.binary(max_size=60).map(gzip.compress))
def test_both_ways_agree_on_any_bytes(data: bytes) -> None:
    short = inflate_short(data, MAX_BYTES)
    if short is not None:
        assert inflated(data) == short
