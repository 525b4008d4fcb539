"""The text of a page between its values, and readings of other bodies by it: the specification.

Takes a body that was read, and where its values stand; gives readings of other bodies. What stands
before a value on its line is a key. A body in which only values differ is *predicted*; any other is
*scanned*: its lines are looked up among those of the text, in whatever order, and those that are
not there are told. What is no plain number is told as well (`odd`): the dialect judges it.
Twin: `prediction_c.pyx`, with the same names and types; `series.kernel` chooses.
Invariant: a line that is told neither as odd nor as unknown reads as `exposition.text` reads it.
"""

from array import array
from collections.abc import Generator, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from scraper.exposition.dialect import Dialect
from scraper.exposition.numbers import (
    NO_TIMESTAMP,
    PLAIN_BYTES,
    parse_rests,
    parse_timestamp,
    parse_value,
    parse_values,
)
from scraper.exposition.section import Section

# A predicted line costs 0.4 us, a scanned one 0.8.
SECTION_LINES = 4000
# Splitting costs 1 ns a byte, and 7 where all are line feeds; larger bodies are split in pieces.
SPLIT_BYTES = 400_000
# More than any page has (16 MiB by default); offsets in the twin have 31 bits.
MOST_TEXT_BYTES = 2**31 - 1
# Good in one place only, so never known.
_END_MARK = b"# EOF"

Odd = list[tuple[int, bytes]]
Number = TypeVar("Number", int, float)


class Prediction:
    """Immutable; equal by text. `keys`: those of its samples, in order."""

    __slots__ = ("_index", "_sections", "_text_bytes", "dialect", "keys")

    def __init__(
        self,
        body: bytes,
        starts: "array[int]",
        ends: "array[int]",
        dialect: Dialect,
    ) -> None:
        """`starts` and `ends` of the values in `body`. Raises ValueError if they do not fit."""
        if len(starts) != len(ends) or len(body) > MOST_TEXT_BYTES:
            raise ValueError("a page's parts do not belong together")
        lines, samples = _lines_of(body, starts, ends)
        self.keys: Sequence[bytes] = tuple([lines[at] for at in samples])
        self.dialect = dialect
        self._sections = list(_sections(lines, samples, self.keys))
        self._text_bytes = sum([len(line) + 1 for line in lines]) - 1
        self._index: dict[bytes, int] | None = None

    @property
    def digest(self) -> int:
        return hash(tuple(self._sections))  # they hold all the keys

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Prediction)
            and self.dialect is other.dialect
            and self._sections == other._sections
        )

    def __hash__(self) -> int:
        return self.digest

    def others_in_parts(self) -> Iterator[Sequence[bytes]]:
        """The lines that are no samples, in the order of the page."""
        return iter([section.others for section in self._sections])

    def reading(self, body: bytes, most_unknown: int) -> "Reading":
        """With more unknown lines than that it is given up; below zero it is not scanned."""
        return Reading(self, body, most_unknown)

    def places(
        self, body: bytes, order: "array[int]", starts: "array[int]", ends: "array[int]"
    ) -> "array[int] | None":
        """Where in `body` each sample stands, if it has each once, and no other text."""
        count = len(self.keys)
        if not len(order) == len(starts) == len(ends) == count == len(set(self.keys)):
            return None
        places = array("q", [-1]) * count
        for at, number in enumerate(order):
            if number < 0 or places[number] >= 0:
                return None
            places[number] = at
        return places if len(body) - sum(ends) + sum(starts) == self._text_bytes else None

    def index(self) -> dict[bytes, int]:
        """The number of each key, the first of equals; below zero: the line is no sample."""
        if self._index is None:
            self._index = dict.fromkeys(self._others(), -1)
            self._index.pop(_END_MARK, None)
            self._index.pop(b"", None)
            for number, key in enumerate(self.keys):
                self._index.setdefault(key, number)
        return self._index

    def predicted(
        self, lines: list[bytes], body_bytes: int
    ) -> Generator[None, None, list[list[bytes]] | None]:
        """What stands behind the keys, by section; None if more than that differs."""
        if len(lines) != sum([section.line_count for section in self._sections]):
            return None
        found = []
        at = rest_bytes = 0
        for section in self._sections:
            if at:
                yield
            # Most pages are one section, and not sliced.
            part = lines if len(self._sections) == 1 else lines[at : at + section.line_count]
            at += section.line_count
            rests = section.rests(part)
            if rests is None:
                return None
            rest_bytes += len(b"".join(rests))
            found.append(rests)
        # A line that begins with another series than its own was not shortened: the sum tells.
        return found if rest_bytes == body_bytes - self._text_bytes else None

    def _others(self) -> Iterator[bytes]:
        return chain.from_iterable([section.others for section in self._sections])


class Reading:
    """One body against one prediction: `advance` until it is True, then look.

    `is_missed`: more than values differ; told before the scan begins.
    `values`, `stamps` (None: there is none) and `odd` (number and text) are by sample. Of a scan
    they are in the order of the body; `order` has the number of each sample, -1 for a line of
    `unknown`; `starts` and `ends` tell where values, and unknown lines, stand.
    """

    def __init__(self, known: Prediction, body: bytes, most_unknown: int) -> None:
        self._known, self._body, self._most_unknown = known, body, most_unknown
        self._steps = self._run()
        self.is_missed = self.is_scan = self.is_given_up = False
        self.values = array("d")
        self.stamps: array[int] | None = None
        self.odd: Odd = []
        self.unknown: list[int] = []
        self.order, self.starts, self.ends = array("q"), array("q"), array("q")

    def advance(self, lines: int) -> bool:
        """Read about as many lines (here: a section); True if all is done."""
        return next(self._steps, True) is not None

    def number_of(self, key: bytes) -> int:
        """Of a scan's unknown lines one may have a known key all the same; -1: it has not."""
        return self._known.index().get(key, -1)

    def _run(self) -> Generator[None, None, None]:
        # Hot: bench/bench_exposition.py holds the figure. No Python code per line.
        lines = yield from split(self._body)
        sections = yield from self._known.predicted(lines, len(self._body))
        if sections is not None:
            for rests in sections:
                self._take(rests)
                if len(sections) > 1:
                    yield
            return
        self.is_missed = True
        if self._most_unknown < 0:
            self.is_given_up = True
            return
        yield
        self.is_scan = True
        if not lines[-1]:
            lines.pop()  # behind the last line feed there is no line
        at = 0
        for start in range(0, len(lines), SECTION_LINES):
            part = lines[start : start + SECTION_LINES]
            at = self._scan(part, at)
            if self.is_given_up:
                return
            yield

    def _scan(self, lines: list[bytes], at: int) -> int:
        """Look up `lines`, which stand at `at`; give where they end."""
        find, allows_blanks = self._known.index().get, self._known.dialect.allows_blanks
        rests = []
        for line in lines:
            key = line.rstrip(PLAIN_BYTES)
            number = find(key)
            if number is None and key.endswith(b" "):  # there may be a timestamp behind it
                key = key[:-1].rstrip(PLAIN_BYTES)
                number = find(key)
            end = at + len(line)
            if number is not None and number >= 0 and len(key) < len(line):
                self._note(number, at + len(key), end)
                rests.append(line[len(key) :])
            elif not (allows_blanks if not line else (find(line) or 0) < 0):
                self.unknown.append(len(self.order))
                self._note(-1, at, end)
                rests.append(b"0")
                if len(self.unknown) > self._most_unknown:
                    self.is_given_up = True
                    break
            at = end + 1
        self._take(rests)
        return at

    def _note(self, number: int, start: int, end: int) -> None:
        self.order.append(number)
        self.starts.append(start)
        self.ends.append(end)

    def _take(self, rests: Sequence[bytes]) -> None:
        first = len(self.values)
        values, stamps, odd = read_rests(rests, has_stamps=self._known.dialect.has_stamps_ms)
        self.values.extend(values)
        self.odd += [(first + at, rest) for at, rest in odd]
        if stamps is not None or self.stamps is not None:
            if self.stamps is None:
                self.stamps = array("q", [NO_TIMESTAMP]) * first
            self.stamps.extend(stamps or array("q", [NO_TIMESTAMP]) * len(values))


def read_rests(
    rests: Sequence[bytes], *, has_stamps: bool
) -> "tuple[array[float], array[int] | None, Odd]":
    """Values and timestamps, and which are neither, with 0 in their places."""
    # Fast path: nothing is odd.
    try:
        if has_stamps:
            return *parse_rests(rests), []
        if b" " not in b"".join(rests):
            return parse_values(rests), None, []
    except ValueError:
        pass  # one by one, to see which
    plain, stamps, odd = list(rests), array("q", [NO_TIMESTAMP]) * len(rests), []
    for at, rest in enumerate(rests):
        value, blank, stamp = rest.partition(b" ")
        try:
            parse_value(value)
            if blank:
                stamps[at] = _stamp(stamp, has_stamps)
            plain[at] = value
        except ValueError:
            plain[at] = b"0"
            odd.append((at, rest))
    has_any = any(stamp != NO_TIMESTAMP for stamp in stamps)
    return parse_values(plain), stamps if has_any else None, odd


def _stamp(text: bytes, has_stamps: bool) -> int:
    if not has_stamps:
        raise ValueError("timestamps are not in milliseconds")
    return parse_timestamp(text)


def split(body: bytes) -> Generator[None, None, list[bytes]]:
    """The lines of a body, at least one, possibly empty."""
    # Fast path: nearly all bodies.
    if len(body) <= SPLIT_BYTES:
        return body.split(b"\n")
    lines: list[bytes] = []
    start = 0
    while (end := body.find(b"\n", start + SPLIT_BYTES)) >= 0:
        lines += body[start:end].split(b"\n")
        start = end + 1
        yield
    lines += body[start:].split(b"\n")
    return lines


def permuted(items: "array[Number]", places: "array[int]") -> "array[Number]":
    """`items[places[i]]` for each i; items of eight bytes."""
    return array(items.typecode, [items[place] for place in places])


def _lines_of(
    body: bytes, starts: "array[int]", ends: "array[int]"
) -> tuple[list[bytes], list[int]]:
    """The lines without values, and which are samples. Raises ValueError."""
    lines: list[bytes] = []
    samples = []
    at = 0
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if not at <= start <= end <= len(body):
            raise ValueError("a page's parts do not belong together")
        before = body[at:start].split(b"\n")
        key = before.pop()
        # A sample stands on a line of its own.
        if not key or (number and (not before or before.pop(0))):
            raise ValueError("a page's parts do not belong together")
        lines += before
        samples.append(len(lines))
        lines.append(key)
        at = end
    rest = body[at:].split(b"\n")
    if samples and rest.pop(0):
        raise ValueError("a page's parts do not belong together")
    return lines + rest, samples


def _sections(lines: list[bytes], samples: list[int], keys: Sequence[bytes]) -> Iterator[Section]:
    first = 0
    for start in range(0, len(lines), SECTION_LINES):
        part = lines[start : start + SECTION_LINES]
        last = first
        while last < len(samples) and samples[last] < start + len(part):
            last += 1
        here = [position - start for position in samples[first:last]]
        yield Section.of(part, here, tuple(keys[first:last]))
        first = last
