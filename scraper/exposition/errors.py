"""The one way in which a page can be wrong."""

SHOWN_BYTES = 80


class ExpositionError(ValueError):
    """One line of a scrape body that is not valid exposition text.

    `line_no`: 0 where no line is known. `part`: what is counted; "family" in the binary format.
    """

    def __init__(self, reason: str, line_no: int, line: bytes, *, part: str = "line") -> None:
        where = f"{part} {line_no}: " if line_no else ""
        super().__init__(f"{where}{reason}: {shown(line)}" if line else f"{where}{reason}")
        self.reason = reason
        self.line_no = line_no
        self.line = line[:SHOWN_BYTES]


def shown(line: bytes) -> str:
    """The beginning of a line as text, in quotes; what cannot be seen or is no text as `\\x00`."""
    text = _whole_characters(line[:SHOWN_BYTES]).decode("utf-8", "backslashreplace")
    return f"'{''.join([_seen(each) for each in text])}'"


def _seen(character: str) -> str:
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def _whole_characters(cut: bytes) -> bytes:
    """Without the part of a character that the cut has left at the end."""
    for back in range(1, min(4, len(cut) + 1)):
        if (byte := cut[-back]) >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return cut[:-back] if len(cut) == SHOWN_BYTES and back < length else cut
        if byte < 0x80:
            break
    return cut


class BucketLimitError(ValueError):
    """A native histogram that cannot be made as coarse as native_histogram_bucket_limit asks."""
