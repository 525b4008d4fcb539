"""A series with holes: one final label set, encoded once, open where the target's labels go.

Takes encoded pieces and hole numbers; gives the encoded `labels` of a remote-write `TimeSeries`.
Invariant: pieces and filled holes concatenated are sorted by label name, unique and non-empty.
A template without holes (a pushed series, a report series) is one constant piece.
"""

from collections.abc import Sequence

from series.labels import Labels
from series.wire import decode_labels, encode_labels


class Template:
    """Constant pieces around holes: piece 0, hole 0, piece 1, ... (one piece more than holes)."""

    __slots__ = ("__weakref__", "holes", "pieces")

    def __init__(self, pieces: tuple[bytes, ...], holes: tuple[int, ...] = ()) -> None:
        self.pieces = pieces
        self.holes = holes

    @classmethod
    def constant(cls, labels: Labels) -> "Template":
        return cls((encode_labels(labels),))

    def fill(self, chunks: Sequence[bytes]) -> bytes:
        """The encoded labels, hole `i` filled with `chunks[holes[i]]` (an encoded label)."""
        # Fast path: no holes, so the only piece is the whole.
        if not self.holes:
            return self.pieces[0]
        parts = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts.append(chunks[hole])
            parts.append(piece)
        return b"".join(parts)

    def labels(self, chunks: Sequence[bytes] = ()) -> Labels:
        """The filled label set, decoded; for pages and explanations."""
        return decode_labels(self.fill(chunks))

    def __repr__(self) -> str:
        return f"Template(pieces={self.pieces!r}, holes={self.holes!r})"
