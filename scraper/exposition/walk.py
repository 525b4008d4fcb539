"""Reads a page line by line, knowing the series that it has seen before.

Takes a body and its lines; gives keys, values and timestamps in the order of the page.
A line is taken by its text alone only if it is regular: a known series, one blank, a number, and
if need be one blank and a timestamp. `exposition.text` reads all others.
"""

from array import array
from collections.abc import Container, Generator, Mapping, Sequence
from typing import Protocol

import attrs

from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import PLAIN_BYTES
from scraper.exposition.page import Page, concatenated
from scraper.exposition.text import parse_series, skip_blanks

# Lines between two yields: a known one costs about 0.6 us, a new one 25 us, and so as 40.
STEP_LINES = 5000
NEW_LINE_COST = 40

# A sample's line is read in one go, at up to 100 ns a byte: this bounds how long one may take.
# The longest that are known, all annotations of a Kubernetes object as labels, have 256 KiB.
MAX_LINE_BYTES = 2**20

_LINE_FEED = ord("\n")

# A lenient reader counts all bad lines, and keeps that many to be looked at.
KEPT_BAD_LINES = 10


class Series(Protocol):
    """What is known of series: the keys that are valid, and where new ones go."""

    def __contains__(self, key: object, /) -> bool: ...

    def learn(self, key: bytes, raw: Mapping[str, str], /) -> None:
        """Raises ValueError for one that fails the page."""

    def knows(self, keys: Sequence[bytes], /) -> bool:
        """Whether all of them are known."""


class Walk:
    """One reading of one body. `others`: lines that are known to be good and no samples.

    `is_lenient`: a bad line is skipped and noted.
    """

    def __init__(
        self,
        body: bytes,
        lines: list[bytes],
        others: Container[bytes] = (),
        *,
        dialect: Dialect = TEXT,
        is_lenient: bool = False,
    ) -> None:
        self._dialect = dialect
        self._is_lenient = is_lenient
        self._bad_lines: list[ExpositionError] = []
        self._bad_count = 0
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
                break
            yield
        try:
            self._dialect.check_end(self._body)
        except ExpositionError as exc:
            self._skip(exc)

    def page(self, keys: Sequence[bytes]) -> Page:
        page = concatenated(keys, self._pages)
        if not self._bad_count:
            return page
        # Series are judged before values: the order of the body is what a reader looks for.
        bad_lines = sorted(self._bad_lines, key=lambda error: error.line_no)
        return attrs.evolve(page, bad_lines=tuple(bad_lines), bad_count=self._bad_count)

    def _skip(self, error: ExpositionError) -> None:
        """Go on behind a bad line, if that is wanted. Raises the error otherwise."""
        if not self._is_lenient:
            raise error
        self._bad_count += 1
        if len(self._bad_lines) < KEPT_BAD_LINES:
            self._bad_lines.append(error)
        # Read line by line next time as well, or the bad lines would go uncounted.
        self.is_regular = False

    def spans(self) -> Generator[None, None, "tuple[array[int], array[int]]"]:
        """Where the values stand in the body, if the page was regular."""
        starts, ends = array("q"), array("q")
        at = line = 0
        for count, (position, key) in enumerate(zip(self._positions, self.keys, strict=True), 1):
            at += sum(map(len, self.lines[line:position])) + position - line
            line = position
            starts.append(at + len(key))
            ends.append(at + len(self.lines[line]))
            if count % STEP_LINES == 0:
                yield
        return starts, ends

    def _read_some(self, at: int, known: Series) -> int:
        # Hot when a page has changed: bench/bench_exposition.py holds the figure.
        others, allows_blanks = self._others, self._dialect.allows_blanks
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
            elif line in others or (not line and allows_blanks):
                at += 1
            elif (stamped := self._known_before_timestamp(line, known)) is not None:
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
        try:
            return self._read_bytes(at, known)
        except ExpositionError as exc:
            # A label limit or a rule's mistake is no bad line.
            if exc.__cause__ is not None and type(exc.__cause__) is not ValueError:
                raise
            self._skip(exc)
            return at + 1

    def _read_bytes(self, at: int, known: Series) -> int:
        offset = self._offset_of(at)
        start = offset
        if self._dialect.allows_blanks:
            start = skip_blanks(self._body, offset)
            if start == len(self._body) or self._body[start] == _LINE_FEED:
                self.is_regular = self.is_regular and start == offset
                return at + 1
        if self._body[start : start + 1] == b"#":
            return self._line_at(self._dialect.read_comment(self._body, start), at)
        if len(self.lines[at]) > MAX_LINE_BYTES:
            raise ExpositionError("a sample's line is longer than 1 MiB", at + 1, self.lines[at])
        sample = self._dialect.read_sample(self._body, start)
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
        try:
            page = self._dialect.parse_rests(self._rests)
        except ValueError:
            self._skip_bad_values(first)
            page = self._dialect.parse_rests(self._rests)
        self._pages.append(page)
        self._rests.clear()

    def _skip_bad_values(self, first: int) -> None:
        """Raises the first bad value's error; leaves the good ones only where that is wanted."""
        good = []
        for index, rest in enumerate(self._rests):
            try:
                self._dialect.check_rest(rest)
            except ValueError as exc:
                at = self._positions[first + index]
                self._skip(ExpositionError(str(exc), at + 1, self.lines[at]))
            else:
                good.append(index)
        self.keys[first:] = [self.keys[first + index] for index in good]
        self._positions[first:] = [self._positions[first + index] for index in good]
        self._rests[:] = [self._rests[index] for index in good]

    def _known_before_timestamp(self, line: bytes, known: Series) -> bytes | None:
        """The key of a regular line with a timestamp, if it is known."""
        head, _, stamp = line.rpartition(b" ")
        if not self._dialect.is_stamp(stamp):
            return None
        key = head.rstrip(PLAIN_BYTES)
        return key if key in known and len(key) < len(head) else None
