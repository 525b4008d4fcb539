"""The one way in which a page can be wrong."""

SHOWN_BYTES = 80


class ExpositionError(ValueError):
    """One line of a scrape body that is not valid exposition text."""

    def __init__(self, reason: str, line_no: int, line: bytes) -> None:
        super().__init__(f"line {line_no}: {reason}: {line[:SHOWN_BYTES]!r}")
        self.reason = reason
        self.line_no = line_no
        self.line = line[:SHOWN_BYTES]
