"""The symbol table of one remote-write 2.0 request.

Takes texts, gives references to them as they stand in a message (varints).
Invariant: the table begins with the empty text and holds none twice (2.0: MUST).
"""

from collections.abc import Iterable

from series.wire import delimited, varint

SYMBOL_TAG = b"\x22"  # Request.symbols: field 4


class Symbols(dict[str, bytes]):
    """Text to encoded reference; asking for an unknown text adds it."""

    def __init__(self) -> None:
        super().__init__({"": b"\x00"})
        self.text_bytes = 2

    def __missing__(self, text: str) -> bytes:
        reference = self[text] = varint(len(self))
        self.text_bytes += len(text) + 3
        return reference

    def references(self, texts: Iterable[str]) -> tuple[bytes, ...]:
        # Hot: no Python code for each symbol; __missing__ runs for new ones only.
        return tuple(map(self.__getitem__, texts))

    def encode(self) -> bytes:
        """The repeated `symbols` of the request."""
        return b"".join([delimited(SYMBOL_TAG, text.encode()) for text in self])
