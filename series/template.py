"""A series with holes: one final label set, encoded once, open where the target's labels go.

Takes encoded pieces and hole numbers; gives the encoded `labels` of a remote-write `TimeSeries`.
Invariant: pieces and filled holes concatenated are sorted by label name, unique and non-empty.
A template without holes (a pushed series, a report series) is one constant piece.

There is one for each series of each shape, so it is its own encoding: a `bytes` object, 14 bytes
longer than its labels with two holes, equal and hashed by content, and no matter of the garbage
collector's (`series.untracked`). Layout, little-endian: the number of holes (16 bits); for each
hole its number (16 bits) and where in the constants it is (32 bits); the constants.
"""

import struct
from collections.abc import Sequence

from series import untracked
from series.kernel import twin
from series.labels import Labels
from series.wire import decode_labels, encode_labels

_COUNT = struct.Struct("<H")
_HOLE = struct.Struct("<HI")
_NO_HOLES = _COUNT.pack(0)

MAX_HOLES = 2**16 - 1


@twin(untracked, "series.untracked_c").untracked
class Template(bytes):
    """Constant pieces around holes: piece 0, hole 0, piece 1, ... (one piece more than holes)."""

    __slots__ = ()

    def __new__(cls, pieces: Sequence[bytes], holes: Sequence[int] = ()) -> "Template":
        """Raises ValueError for pieces that do not fit the holes."""
        if not holes:
            (only,) = pieces
            return bytes.__new__(cls, _NO_HOLES + only)
        head = [_COUNT.pack(len(holes))]
        end = 0
        for hole, piece in zip(holes, pieces[:-1], strict=True):
            end += len(piece)
            head.append(_HOLE.pack(hole, end))
        return bytes.__new__(cls, b"".join((*head, *pieces)))

    @classmethod
    def constant(cls, labels: Labels) -> "Template":
        return cls((encode_labels(labels),))

    @property
    def hole_count(self) -> int:
        return self[0] | self[1] << 8

    @property
    def holes(self) -> tuple[int, ...]:
        """The numbers of the holes, in the order of the labels."""
        count = self[0] | self[1] << 8
        return tuple([_HOLE.unpack_from(self, 2 + 6 * at)[0] for at in range(count)])

    @property
    def pieces(self) -> tuple[bytes, ...]:
        count = self[0] | self[1] << 8
        start = base = 2 + 6 * count
        pieces = []
        for at in range(count):
            end = base + _HOLE.unpack_from(self, 2 + 6 * at)[1]
            pieces.append(self[start:end])
            start = end
        pieces.append(self[start:])
        return tuple(pieces)

    def fill(self, chunks: Sequence[bytes]) -> bytes:
        """The encoded labels, hole `i` filled with `chunks[holes[i]]` (an encoded label)."""
        # Fast path: no holes, so the only piece is the whole.
        count = self[0] | self[1] << 8
        if not count:
            return self[2:]
        start = base = 2 + 6 * count
        parts = []
        for at in range(2, base, 6):
            hole, end = _HOLE.unpack_from(self, at)
            end += base
            parts.append(self[start:end])
            parts.append(chunks[hole])
            start = end
        parts.append(self[start:])
        return b"".join(parts)

    def labels(self, chunks: Sequence[bytes] = ()) -> Labels:
        """The filled label set, decoded; for pages and explanations."""
        return decode_labels(self.fill(chunks))

    def __repr__(self) -> str:
        return f"Template(pieces={self.pieces!r}, holes={self.holes!r})"
