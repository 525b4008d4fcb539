"""Opens compressed bodies, never further than allowed.

Takes a body, its encoding and a bound; gives the decoded bytes or DecodeError.
Invariant: memory taken is at most the bound, whatever the body says of itself.
"""

import contextlib
import zlib

from receivers.errors import DecodeError
from series.wire import WireError, read_varint

# The densest snappy can be is a copy element: 64 bytes out for 3 in (snappy format, 2.2.2); a
# claim above that is a lie, refused before anything is allocated.
_SNAPPY_MAX_RATIO = 22
# Head and tail of an empty member.
_GZIP_LEAST_BYTES = 18
# Windows larger than that are for archives; senders' blocks are smaller.
_ZSTD_MAX_WINDOW_BYTES = 8 * 2**20


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
        decoded: bytes = snappy.uncompress(body)
    except Exception as exc:  # the library raises its own kinds; any of them is a bad body
        raise DecodeError("snappy", str(exc)[:80] or "damaged", body) from exc
    return decoded


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


def gzip(body: bytes, max_decoded_bytes: int, *, wbits: int = 31) -> bytes:
    """The content of gzip members, one behind the other; with `wbits` 15 of zlib's format."""
    out = bytearray()
    rest = body
    while rest:
        decompressor = zlib.decompressobj(wbits)
        try:
            out += decompressor.decompress(rest, max_decoded_bytes + 1 - len(out))
        except zlib.error as exc:
            raise DecodeError("gzip", str(exc)[:80], body) from exc
        if len(out) > max_decoded_bytes:
            raise too_large(len(out), max_decoded_bytes)
        if not decompressor.eof:
            raise DecodeError("gzip", "it ends too early", body)
        rest = decompressor.unused_data
    return bytes(out)


def decoded_size(body: bytes, encoding: str, max_decoded_bytes: int) -> int:
    """What the body says it decodes to, before anything is decoded; at most the bound."""
    size = max_decoded_bytes
    if encoding == "identity":
        size = 0  # it is held already
    elif encoding == "snappy":
        with contextlib.suppress(WireError):
            size = read_varint(body, 0)[0]
    elif encoding == "gzip" and len(body) >= _GZIP_LEAST_BYTES:
        size = int.from_bytes(body[-4:], "little")
    elif encoding == "zstd":
        import zstandard

        with contextlib.suppress(zstandard.ZstdError):
            told = zstandard.frame_content_size(body)
            size = told if told >= 0 else max_decoded_bytes
    return min(size, max_decoded_bytes)


def inflate(body: bytes, encoding: str, max_decoded_bytes: int) -> bytes:
    """The content by the name of its encoding. Raises DecodeError."""
    match encoding:
        case "identity":
            if len(body) > max_decoded_bytes:
                raise too_large(len(body), max_decoded_bytes)
            return body
        case "gzip":
            return gzip(body, max_decoded_bytes)
        case "deflate":
            return gzip(body, max_decoded_bytes, wbits=15)
        case "snappy":
            return snappy_block(body, max_decoded_bytes)
        case "zstd":
            return zstd(body, max_decoded_bytes)
        case other:
            raise DecodeError("content_encoding", f"{other[:80]!r} is not understood")
