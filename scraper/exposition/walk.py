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
from scraper.exposition.page import Page, Parts
from scraper.exposition.text import MAX_SAMPLE_BYTES, parse_series, skip_blanks

# Lines between two yields: a known one costs about 0.8 us, a new one 25 us, and so as 30, and one
# as long as STEP_LINES times LINE_COST_BYTES 3 ms.
STEP_LINES = 2000
NEW_LINE_COST = 30
LINE_COST_BYTES = 100
# Lines that are split off a body at a time; more, where one is longer.
WINDOW_BYTES = 2**16


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

    `is_lenient`: a bad line is skipped and noted. Lines are split off the body a window at a time:
    a list as long as a page would cost the collector 30 ms when it comes by.
    """

    def __init__(
        self,
        body: bytes,
        others: Container[bytes] = (),
        *,
        dialect: Dialect = TEXT,
        is_lenient: bool = False,
    ) -> None:
        self._dialect = dialect
        self._is_lenient = is_lenient
        self._bad_lines: list[ExpositionError] = []
        self._bad_count = 0
        self.keys: list[bytes] = []
        self.is_regular = True
        # Where the values stand in the body, if the page is regular.
        self.starts, self.ends = array("q"), array("q")
        # Lines that are no samples; in order, as a dictionary is.
        self.comments: dict[bytes, None] = {}
        self._body = body
        self._others = others
        self._parts = Parts()
        # Of the samples of a step: what stands behind the key, and the line in the window.
        self._rests: list[bytes] = []
        self._positions: list[int] = []
        # The window, the number of its first line, and where the next one begins.
        self._lines: list[bytes] = []
        self._first_line = self._next_start = 0
        # The line of the window that is read next, and where it stands in the body.
        self._line = self._offset = 0

    def run(self, known: Series) -> Generator[None, None, None]:
        """Read all lines. Raises ExpositionError."""
        while self._has_more():
            first, line, offset = len(self.keys), self._line, self._offset
            try:
                self._read_some(known)
            finally:
                # Values are read in bulk; an error in them comes before that of a later line.
                self._convert(first)
            if self.is_regular:
                self._note_spans(first, line, offset)
            self._positions.clear()
            yield
        try:
            self._dialect.check_end(self._body)
        except ExpositionError as exc:
            self._skip(exc)

    def page(self, keys: Sequence[bytes]) -> Page:
        page = self._parts.page(keys)
        if not self._bad_count:
            return page
        # Series are judged before values: the order of the body is what a reader looks for.
        bad_lines = sorted(self._bad_lines, key=lambda error: error.line_no)
        return attrs.evolve(page, bad_lines=tuple(bad_lines), bad_count=self._bad_count)

    def _has_more(self) -> bool:
        """Whether there are lines to be read, with the next of them in the window."""
        if self._line < len(self._lines):
            return True
        if self._next_start > len(self._body):
            return False
        self._first_line += self._line
        start, self._line, self._offset = self._next_start, 0, self._next_start
        end = self._body.find(b"\n", start + WINDOW_BYTES)
        # Behind the last line feed there is a line, if an empty one.
        end = len(self._body) if end < 0 else end
        self._next_start = end + 1
        if end - start <= WINDOW_BYTES + MAX_SAMPLE_BYTES:
            self._lines = self._body[start:end].split(b"\n")
            return True
        # The last line is too long for a sample: as much of it as shows that.
        cut = max(start, self._body.rfind(b"\n", start, start + WINDOW_BYTES) + 1)
        self._lines = self._body[start:cut].split(b"\n")
        self._lines[-1] = self._body[cut : cut + MAX_SAMPLE_BYTES + 1]
        return True

    def _skip(self, error: ExpositionError) -> None:
        """Go on behind a bad line, if that is wanted. Raises the error otherwise."""
        if not self._is_lenient:
            try:
                raise error
            finally:
                # It has this frame in its traceback: a cycle, which would keep the body for long.
                del error
        self._bad_count += 1
        if len(self._bad_lines) < KEPT_BAD_LINES:
            self._bad_lines.append(error)
        # Read line by line next time as well, or the bad lines would go uncounted.
        self.is_regular = False

    def _note_spans(self, first: int, line: int, at: int) -> None:
        """Of a step that began with key `first` and line `line`, which stands at `at`."""
        lines, starts, ends = self._lines, self.starts, self.ends
        for position, key in zip(self._positions, self.keys[first:], strict=True):
            at += sum(map(len, lines[line:position])) + position - line
            line = position
            starts.append(at + len(key))
            ends.append(at + len(lines[line]))

    def _read_some(self, known: Series) -> None:
        # Hot when a page has changed: bench/bench_exposition.py holds the figure.
        others, allows_blanks = self._others, self._dialect.allows_blanks
        lines, keys, rests, positions = self._lines, self.keys, self._rests, self._positions
        at = self._line
        most = at + STEP_LINES
        # Only the last line of a window can be longer than that. It is no sample, and what looks at
        # lines in bulk would take long.
        is_long = len(lines[-1]) > MAX_SAMPLE_BYTES
        end = len(lines) - is_long
        stop = min(end, most)
        while at < stop:
            line = lines[at]
            key = line.rstrip(PLAIN_BYTES)
            if key in known and len(key) < len(line):
                keys.append(key)
                rests.append(line[len(key) :])
                positions.append(at)
                at += 1
            elif line in others:
                self._note_comment(line)
                at += 1
            elif not line and allows_blanks:
                at += 1
            elif (stamped := self._known_before_timestamp(line, known)) is not None:
                keys.append(stamped)
                rests.append(line[len(stamped) :])
                positions.append(at)
                at += 1
            else:
                most -= NEW_LINE_COST + len(line) // LINE_COST_BYTES
                at = self._read_line(at, known)
                stop = min(end, most)
        if is_long and at == end:
            at = self._read_line(at, known)
        self._move_to(at)

    def _move_to(self, at: int) -> None:
        self._offset += sum(map(len, self._lines[self._line : at])) + at - self._line
        self._line = at

    def _read_line(self, at: int, known: Series) -> int:
        """Read what begins at line `at` by its bytes; give the line behind it."""
        self._move_to(at)
        try:
            return self._read_bytes(at, known)
        except ExpositionError as exc:
            # A label limit or a rule's mistake is no bad line.
            if exc.__cause__ is not None and type(exc.__cause__) is not ValueError:
                raise
            self._skip(exc)
            return at + 1

    def _read_bytes(self, at: int, known: Series) -> int:
        start, line_no = self._offset, self._first_line + at + 1
        if self._dialect.allows_blanks:
            start = skip_blanks(self._body, start)
            if start == len(self._body) or self._body[start] == _LINE_FEED:
                self.is_regular = self.is_regular and start == self._offset
                return at + 1
        if self._body[start : start + 1] == b"#":
            end = self._dialect.read_comment(self._body, start, line_no)
            self._note_comment(self._body[start:end].removesuffix(b"\n"))
            return self._line_at(end, at)
        sample = self._dialect.read_sample(self._body, start, line_no)
        key = sample.series + b" "
        if key not in known:
            self._learn(key, at, known)
        self.is_regular = self.is_regular and self._lines[at] == key + sample.rest
        self.keys.append(key)
        self._rests.append(sample.rest)
        self._positions.append(at)
        return self._line_at(sample.end, at)

    def _note_comment(self, line: bytes) -> None:
        # The later of two that speak of one family counts, so an equal one moves to the end.
        self.comments.pop(line, None)
        self.comments[line] = None

    def _learn(self, key: bytes, at: int, known: Series) -> None:
        try:
            known.learn(key, parse_series(key))
        except ValueError as exc:
            raise self._error(str(exc), at) from exc

    def _error(self, reason: str, at: int) -> ExpositionError:
        return ExpositionError(reason, self._first_line + at + 1, self._lines[at])

    def _line_at(self, end: int, at: int) -> int:
        """The line of the window that begins at `end`, reading having begun at line `at`."""
        line_feeds = self._body.count(b"\n", self._offset, end)
        # Only the last line may end without a line feed.
        is_ended = self._body[end - 1] == _LINE_FEED
        count = line_feeds if is_ended else line_feeds + 1
        if count > 1:
            self.is_regular = False
        if at + count > len(self._lines):
            self._next_start = end if is_ended else end + 1
        return at + count

    def _convert(self, first: int) -> None:
        try:
            page = self._dialect.parse_rests(self._rests)
        except ValueError:
            self._skip_bad_values(first)
            page = self._dialect.parse_rests(self._rests)
        self._parts.add(page)
        self._rests.clear()

    def _skip_bad_values(self, first: int) -> None:
        """Raises the first bad value's error; leaves the good ones only where that is wanted."""
        good = []
        for index, rest in enumerate(self._rests):
            try:
                self._dialect.check_rest(rest)
            except ValueError as exc:
                self._skip(self._error(str(exc), self._positions[index]))
            else:
                good.append(index)
        self.keys[first:] = [self.keys[first + index] for index in good]
        self._positions[:] = [self._positions[index] for index in good]
        self._rests[:] = [self._rests[index] for index in good]

    def _known_before_timestamp(self, line: bytes, known: Series) -> bytes | None:
        """The key of a regular line with a timestamp, if it is known."""
        head, _, stamp = line.rpartition(b" ")
        if not self._dialect.is_stamp(stamp):
            return None
        key = head.rstrip(PLAIN_BYTES)
        return key if key in known and len(key) < len(head) else None
