"""One compressed body, put together piece by piece.

Takes pieces of a message in order; gives the body.

snappy: remote write wants the raw block format, never the framed one: the length of the whole,
then elements that copy from what was decoded before. Every encoder looks back only within
fragments of 64 KiB, so a body may be put together from the elements of pieces compressed one by
one (Snappy's format description, "1. Preamble", "2. The compressed stream"). That way a batch is
compressed while it is warm in the cache, and no message of a megabyte is ever in memory: joined
and compressed as a whole, 10 000 samples cost 500 page faults, three times the work itself. What
goes in front, the symbols of a 2.0 request, may be compressed last.
"""

from typing import Protocol

import snappy

from series.wire import varint

FRAGMENT_BYTES = 65_536


class Body(Protocol):
    def add(self, data: bytes) -> None: ...
    def finish(self, front: bytes = b"") -> bytes: ...


class SnappyBody:
    """One raw snappy block."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._fragment: list[bytes] = []
        self._fragment_bytes = 0
        self._message_bytes = 0

    def add(self, data: bytes) -> None:
        if self._fragment_bytes + len(data) > FRAGMENT_BYTES:
            self._pack()
        self._fragment.append(data)
        self._fragment_bytes += len(data)

    def _pack(self) -> None:
        if not self._fragment:
            return
        data = b"".join(self._fragment)
        # Each piece comes with its own length, of which the whole has only one.
        self._packed.append(snappy.compress(data)[len(varint(len(data))) :])
        self._message_bytes += len(data)
        self._fragment = []
        self._fragment_bytes = 0

    def finish(self, front: bytes = b"") -> bytes:
        """The body; `front` comes before all that was added."""
        self._pack()
        packed, self._packed = self._packed, []
        if front:
            self.add(front)
            self._pack()
        return b"".join([varint(self._message_bytes), *self._packed, *packed])


class ZstdBody:
    """One zstd frame that tells its size. Level 0: VictoriaMetrics' agents choose 1."""

    def __init__(self, level: int) -> None:
        self._level = level or 1
        self._pieces: list[bytes] = []

    def add(self, data: bytes) -> None:
        self._pieces.append(data)

    def finish(self, front: bytes = b"") -> bytes:
        import zstandard  # late: few remotes take it

        return zstandard.ZstdCompressor(level=self._level).compress(
            b"".join([front, *self._pieces])
        )
