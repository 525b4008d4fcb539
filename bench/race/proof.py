"""Whether an agent really delivered what it scraped: counts samples in recorded pushes.

Takes a directory of request bodies as nginx kept them, and a window; gives how many samples bear
a timestamp within it.
"""

from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from receivers.errors import DecodeError
from receivers.remote_write import CONTENT_TYPE, PROTO_1, WriteRequest, decode
from receivers.remote_write_v2 import PROTO_2

MAX_DECODED_BYTES = 256 * 2**20


def samples_between(bodies: Path, since_ms: int, until_ms: int) -> int:
    """Each series and timestamp once, however often it was sent."""
    seen: set[int] = set()
    for path in bodies.iterdir():
        request = _decode(path.read_bytes())
        if request is not None:
            seen.update(_identities(request, since_ms, until_ms))
    return len(seen)


def _identities(request: WriteRequest, since_ms: int, until_ms: int) -> Iterator[int]:
    stamps = iter(request.timestamps)
    for encoded, count in zip(request.encoded, request.sample_counts, strict=True):
        for stamp in islice(stamps, count):
            if since_ms <= stamp < until_ms:
                yield hash((encoded, stamp))


def _decode(body: bytes) -> WriteRequest | None:
    """Of either version, by snappy or zstd: the headers that said which are gone.

    Neither version finds a sample in a message of the other: their field numbers differ.
    """
    for encoding, message in product(("snappy", "zstd"), (PROTO_1, PROTO_2)):
        try:
            request = decode(
                body,
                content_encoding=encoding,
                content_type=f"{CONTENT_TYPE};proto={message}",
                max_decoded_bytes=MAX_DECODED_BYTES,
            )
        except DecodeError:
            continue
        if request.sample_count:
            return request
    return None
