"""Whether an agent really delivered what it scraped: counts samples in recorded pushes.

Takes a directory of request bodies as nginx kept them, and a window; gives how many samples bear
a timestamp within it.
"""

import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from receivers.errors import DecodeError
from receivers.remote_write import CONTENT_TYPE, PROTO_1, WriteRequest, decode
from receivers.remote_write_v2 import PROTO_2

# What an agent says of a scrape, in the encoded labels: `__name__` and its value.
_OWN = re.compile(rb"__name__\x12.(?:up|scrape_[a-z_]+)(?:\x0a|$)", re.DOTALL)

MAX_DECODED_BYTES = 256 * 2**20


class Arrivals:
    """The series of pages that have arrived so far, each once; `up` and its kin are left out."""

    def __init__(self, bodies: Path) -> None:
        self._bodies = bodies
        self._looked: set[str] = set()
        self._series: set[int] = set()
        self.last_s = 0.0  # when the last request came that brought a new series

    def series_count(self) -> int:
        """Looks at new requests only, in the order of their coming."""
        new = [path for path in self._bodies.iterdir() if path.name not in self._looked]
        for path in sorted(new, key=lambda path: path.stat().st_mtime):
            request = _decode(path.read_bytes())
            # One that is still being written is looked at again.
            if request is not None:
                self._looked.add(path.name)
                before = len(self._series)
                self._series.update(
                    hash(encoded) for encoded in request.encoded if not _OWN.search(encoded)
                )
                if len(self._series) > before:
                    self.last_s = max(self.last_s, path.stat().st_mtime)
        return len(self._series)


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
