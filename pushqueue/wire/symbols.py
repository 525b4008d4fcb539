"""The symbol table of one remote-write 2.0 request.

Takes texts, gives references to them as they stand in a message (varints).
Invariant: the table begins with the empty text and holds none twice (2.0: MUST).
"""

from collections.abc import Hashable, Iterable
from typing import Any

from series.wire import decode_labels, delimited, varint

SYMBOL_TAG = b"\x22"  # Request.symbols: field 4


class Symbols(dict[str, bytes]):
    """Text to encoded reference; asking for an unknown text adds it."""

    def __init__(self) -> None:
        super().__init__({"": b"\x00"})
        self.text_bytes = 2
        # What other parts of the request want again: heads of series, references of chunks.
        self.forms: dict[Hashable, Any] = {}
        self._packed: dict[bytes, bytes] = {}

    def __missing__(self, text: str) -> bytes:
        reference = self[text] = varint(len(self))
        self.text_bytes += len(text) + 3
        return reference

    def references(self, texts: Iterable[str]) -> tuple[bytes, ...]:
        # Hot: no Python code for each symbol; __missing__ runs for new ones only.
        return tuple(map(self.__getitem__, texts))

    def packed(self, chunk: bytes) -> bytes:
        """References of a target's encoded labels: the same for its report, often for others."""
        packed = self._packed.get(chunk)
        if packed is None:
            texts = [text for label in decode_labels(chunk) for text in label]
            packed = self._packed[chunk] = b"".join(self.references(texts))
        return packed

    def encode(self) -> bytes:
        """The repeated `symbols` of the request."""
        return b"".join([delimited(SYMBOL_TAG, text.encode()) for text in self])
