"""Reads a page line by line, knowing the series that it has seen before.

Takes a body and its lines; gives keys, values and timestamps in the order of the page.
A line is taken by its text alone only if it is regular: a known series, one blank, a number, and
if need be one blank and a timestamp. `exposition.text` reads all others.
"""

from collections.abc import Container, Generator, Mapping, Sequence
from typing import Protocol

from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import PLAIN_BYTES, parse_rests, parse_timestamp, parse_value
from scraper.exposition.page import Page, concatenated
from scraper.exposition.section import Section
from scraper.exposition.text import parse_series, read_comment, read_sample, skip_blanks

# Lines between two yields: a known one costs about 0.6 us, a new one 25 us, and so as 40.
STEP_LINES = 5000
NEW_LINE_COST = 40
# A predicted line costs 0.4 us.
SECTION_LINES = 6000

_HASH, _LINE_FEED = b"#\n"


class Series(Protocol):
    """What is known of series: the keys that are valid, and where new ones go."""

    def __contains__(self, key: object, /) -> bool: ...

    def learn(self, key: bytes, raw: Mapping[str, str], /) -> None:
        """Raises ValueError for one that fails the page."""


class Walk:
    """One reading of one body. `others`: lines that are known to be good and no samples."""

    def __init__(self, body: bytes, lines: list[bytes], others: Container[bytes] = ()) -> None:
        self.lines = lines
        self.keys: list[bytes] = []
        self.is_regular = True
        self._body = body
        self._others = others
        self._rests: list[bytes] = []
        self._positions: list[int] = []  # the line of each sample
        self._pages: list[Page] = []
        # Where a line stands in the body; moved on only when a line is read by its bytes.
        self._line, self._offset = 0, 0

    def run(self, known: Series) -> Generator[None, None, None]:
        """Read all lines. Raises ExpositionError."""
        at = 0
        while True:
            first = len(self.keys)
            try:
                at = self._read_some(at, known)
            finally:
                # Values are read in bulk; an error in them comes before that of a later line.
                self._convert(first)
            if at >= len(self.lines):
                return
            yield

    def page(self, keys: tuple[bytes, ...]) -> Page:
        return concatenated(keys, self._pages)

    def sections(self, keys: tuple[bytes, ...]) -> Generator[None, None, list[Section]]:
        """What to predict the next page from, if this one was regular."""
        sections = []
        first = 0
        for start in range(0, len(self.lines), SECTION_LINES):
            if start:
                yield
            part = self.lines[start : start + SECTION_LINES]
            last = first
            while last < len(keys) and self._positions[last] < start + len(part):
                last += 1
            samples = [position - start for position in self._positions[first:last]]
            sections.append(Section.of(part, samples, keys[first:last]))
            first = last
        return sections

    def _read_some(self, at: int, known: Series) -> int:
        # Hot when a page has changed: bench/bench_exposition.py holds the figure.
        others = self._others
        lines, keys, rests, positions = self.lines, self.keys, self._rests, self._positions
        stop = min(len(lines), at + STEP_LINES)
        while at < stop:
            line = lines[at]
            key = line.rstrip(PLAIN_BYTES)
            if key in known and len(key) < len(line):
                keys.append(key)
                rests.append(line[len(key) :])
                positions.append(at)
                at += 1
            elif not line or line in others:
                at += 1
            elif (stamped := _known_before_timestamp(line, known)) is not None:
                keys.append(stamped)
                rests.append(line[len(stamped) :])
                positions.append(at)
                at += 1
            else:
                at = self._read_line(at, known)
                stop = max(at, stop - NEW_LINE_COST)
        return at

    def _read_line(self, at: int, known: Series) -> int:
        """Read what begins at line `at` by its bytes; give the line behind it."""
        offset = self._offset_of(at)
        start = skip_blanks(self._body, offset)
        if start == len(self._body) or self._body[start] == _LINE_FEED:
            self.is_regular = self.is_regular and start == offset
            return at + 1
        if self._body[start] == _HASH:
            return self._line_at(read_comment(self._body, start), at)
        sample = read_sample(self._body, start)
        key = sample.series + b" "
        if key not in known:
            self._learn(key, at, known)
        self.is_regular = self.is_regular and self.lines[at] == key + sample.rest
        self.keys.append(key)
        self._rests.append(sample.rest)
        self._positions.append(at)
        return self._line_at(sample.end, at)

    def _learn(self, key: bytes, at: int, known: Series) -> None:
        try:
            known.learn(key, parse_series(key))
        except ValueError as exc:
            raise ExpositionError(str(exc), at + 1, self.lines[at]) from exc

    def _offset_of(self, at: int) -> int:
        self._offset += sum(map(len, self.lines[self._line : at])) + at - self._line
        self._line = at
        return self._offset

    def _line_at(self, end: int, at: int) -> int:
        """The number of the line that begins at `end`, reading having begun at line `at`."""
        line_feeds = self._body.count(b"\n", self._offset, end)
        # Only the last line may end without a line feed.
        count = line_feeds if self._body[end - 1] == _LINE_FEED else line_feeds + 1
        if count > 1:
            self.is_regular = False
        return at + count

    def _convert(self, first: int) -> None:
        rests = self._rests
        try:
            self._pages.append(Page((), *parse_rests(rests)))
        except ValueError:
            positions = self._positions[first:]
            raise self._first_error(positions) from None
        rests.clear()

    def _first_error(self, positions: Sequence[int]) -> ExpositionError:
        for at, rest in zip(positions, self._rests, strict=True):
            value, blank, stamp = rest.partition(b" ")
            try:
                parse_value(value)
                if blank:
                    parse_timestamp(stamp)
            except ValueError as exc:
                return ExpositionError(str(exc), at + 1, self.lines[at])
        raise AssertionError("all values are good, one by one")


def _known_before_timestamp(line: bytes, known: Series) -> bytes | None:
    """The key of a regular line with a timestamp, if it is known."""
    head, _, stamp = line.rpartition(b" ")
    if not stamp.isdigit():
        return None
    key = head.rstrip(PLAIN_BYTES)
    return key if key in known and len(key) < len(head) else None
