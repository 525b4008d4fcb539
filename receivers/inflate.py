"""Opens compressed bodies, never further than allowed.

Takes a body in pieces, its encoding and a bound; gives the decoded bytes or DecodeError.
Invariant: memory taken is at most the bound, whatever the body says of itself; in a thread, no step
holds others up for more than a few milliseconds, however large the body is.
"""

import contextlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from receivers import filled
from receivers.errors import DecodeError
from series.kernel import twin
from series.wire import WireError, read_varint


class Twin(Protocol):
    """What both twins of `receivers.filled` have."""

    def filled(self, size: int, write: Callable[[memoryview], None]) -> bytes: ...


hot: Twin = twin(filled, "receivers.filled_c")

# The densest snappy can be is a copy element: 64 bytes out for 3 in (snappy format, 2.2.2); a
# claim above that is a lie, refused before anything is allocated.
_SNAPPY_MAX_RATIO = 22
# Head and tail of an empty member.
_GZIP_LEAST_BYTES = 18
# Windows larger than that are for archives; senders' blocks are smaller.
_ZSTD_MAX_WINDOW_BYTES = 8 * 2**20
# Memory that is touched for the first time costs 0.5 ms a MiB.
_LARGE_BYTES = 2**20
# Inflated at a time.
_STEP_BYTES = 262_144


def snappy_block(body: bytes, max_decoded_bytes: int) -> bytes:
    """The content of a snappy block (not the framed stream format)."""
    try:
        length, start = read_varint(body, 0)
    except WireError as exc:
        raise DecodeError("snappy", "the length in front is broken", body) from exc
    if length > max_decoded_bytes:
        raise too_large(length, max_decoded_bytes)
    if length > (len(body) - start) * _SNAPPY_MAX_RATIO:
        raise DecodeError("snappy", f"{len(body)} bytes cannot hold {length}", body)
    import snappy  # late: an agent without pushes does not need it here

    try:
        if length >= _LARGE_BYTES:
            return _large_snappy(body, length)
        decoded: bytes = snappy.uncompress(body)
    except Exception as exc:  # the library raises its own kinds; any of them is a bad body
        raise DecodeError("snappy", str(exc)[:80] or "damaged", body) from exc
    return decoded


def _large_snappy(body: bytes, length: int) -> bytes:
    import cramjam  # what the snappy package runs

    def write(view: memoryview) -> None:
        if cramjam.snappy.decompress_raw_into(body, view) != length:
            raise ValueError("it holds less than it says")

    return hot.filled(length, write)


def zstd(body: bytes, max_decoded_bytes: int) -> bytes:
    """The content of a zstd frame, as VictoriaMetrics' agents send it."""
    import zstandard  # late: few senders ask for it

    try:
        size = zstandard.frame_content_size(body)
        if size < 0:  # the sender did not say; rare, so that doing it twice is no matter
            size = _size_of_zstd(body, max_decoded_bytes)
        if size > max_decoded_bytes:
            raise too_large(size, max_decoded_bytes)
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
    except zstandard.ZstdError as exc:
        raise DecodeError("zstd", str(exc)[:80], body) from exc


def _size_of_zstd(body: bytes, max_decoded_bytes: int) -> int:
    """How much is in a frame that does not say so; more than allowed is not looked for."""
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES)
    with decompressor.stream_reader(body) as reader:
        return len(reader.read(max_decoded_bytes + 1))


def too_large(size: int, max_decoded_bytes: int) -> DecodeError:
    return DecodeError(
        "too_large", f"at least {size} bytes decoded, at most {max_decoded_bytes} are taken"
    )


def gzip(body: Sequence[bytes], max_decoded_bytes: int, *, wbits: int = 31) -> bytes:
    """The content of gzip members, one behind the other; with `wbits` 15 of zlib's format."""
    pieces = []
    size = 0
    for piece in _inflated(body, wbits):
        size += len(piece)
        if size > max_decoded_bytes:
            raise too_large(size, max_decoded_bytes)
        pieces.append(piece)
    return joined(pieces)


def _inflated(body: Iterable[bytes], wbits: int) -> Iterator[bytes]:
    """In pieces of at most _STEP_BYTES. Raises DecodeError."""
    member = None
    for piece in body:
        rest = piece
        while rest:
            member = member or zlib.decompressobj(wbits)
            try:
                out = member.decompress(rest, _STEP_BYTES)
                yield out
                rest = member.unconsumed_tail
                # All was read, but not all of it has come out.
                while len(out) == _STEP_BYTES and not rest and not member.eof:
                    out = member.decompress(b"", _STEP_BYTES)
                    yield out
            except zlib.error as exc:
                raise DecodeError("gzip", str(exc)[:80], piece) from exc
            if member.eof:
                rest, member = member.unused_data, None
    if member is not None:
        raise DecodeError("gzip", "it ends too early")


def joined(pieces: Sequence[bytes]) -> bytes:
    """All of them as one."""
    size = sum(map(len, pieces))
    # Fast path: small, or one already.
    if len(pieces) == 1 or size < _LARGE_BYTES:
        return b"".join(pieces)
    return hot.filled(size, filled.copied_into(pieces))


def decoded_size(body: Sequence[bytes], encoding: str, max_decoded_bytes: int) -> int:
    """What the body says it decodes to, before anything is decoded; at most the bound."""
    size = max_decoded_bytes
    head, tail = b"".join(body[:2]), b"".join(body[-2:])
    if encoding == "identity":
        size = 0  # it is held already
    elif encoding == "snappy":
        with contextlib.suppress(WireError):
            size = read_varint(head, 0)[0]
    elif encoding == "gzip" and len(tail) >= _GZIP_LEAST_BYTES:
        size = int.from_bytes(tail[-4:], "little")
    elif encoding == "zstd":
        import zstandard

        with contextlib.suppress(zstandard.ZstdError):
            told = zstandard.frame_content_size(head)
            size = told if told >= 0 else max_decoded_bytes
    return min(size, max_decoded_bytes)


def inflate(body: Sequence[bytes], encoding: str, max_decoded_bytes: int) -> bytes:
    """The content by the name of its encoding. Raises DecodeError."""
    match encoding:
        case "identity":
            size = sum(map(len, body))
            if size > max_decoded_bytes:
                raise too_large(size, max_decoded_bytes)
            return joined(body)
        case "gzip":
            return gzip(body, max_decoded_bytes)
        case "deflate":
            return gzip(body, max_decoded_bytes, wbits=15)
        case "snappy":
            return snappy_block(joined(body), max_decoded_bytes)
        case "zstd":
            return zstd(joined(body), max_decoded_bytes)
        case other:
            raise DecodeError("content_encoding", f"{other[:80]!r} is not understood")
