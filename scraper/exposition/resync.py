"""A reading made a page: what is odd judged, what is unknown read, order put right.

Takes a body that was read by the outline of another page; gives its page and its own outline.
Gives None where anything is irregular: then the body is walked line by line, which alone tells
errors, and reads what is written in unusual ways.
Invariant: a page that has the series of the outline in another order keeps the outline, and comes
in the outline's order, with `Page.places` telling the order of the body.
"""

from array import array
from collections.abc import Mapping, Sequence

import attrs

from scraper.exposition.dialect import Dialect
from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.outline import Outline, permuted
from scraper.exposition.page import Page
from scraper.exposition.prediction import Reading
from scraper.exposition.text import parse_series
from scraper.exposition.walk import MAX_LINE_BYTES, Series
from series.exemplar import Exemplar


def page_of(reading: Reading, dialect: Dialect, keys: Sequence[bytes]) -> Page | None:
    """The samples of a reading, in its order."""
    # Fast path: plain numbers only.
    if not reading.odd:
        return Page(keys, reading.values, reading.stamps)
    try:
        judged = dialect.parse_rests([rest for _, rest in reading.odd])
    except ValueError:
        return None
    values, stamps = reading.values, reading.stamps
    if judged.stamps is not None and stamps is None:
        stamps = array("q", [NO_TIMESTAMP]) * len(values)
    exemplars: dict[int, tuple[Exemplar, ...]] = {}
    for index, (at, _) in enumerate(reading.odd):
        values[at] = judged.values[index]
        if judged.stamps is not None and stamps is not None:
            stamps[at] = judged.stamps[index]
        if judged.exemplars and index in judged.exemplars:
            exemplars[at] = judged.exemplars[index]
    return Page(keys, values, stamps, exemplars or None)


@attrs.frozen
class Resynced:
    page: Page
    outline: Outline


def resync(outline: Outline, reading: Reading, body: bytes, known: Series) -> Resynced | None:
    """Of a scan that was not given up. New series are learned."""
    found = _Unknown(body, outline, known)
    if not found.read(reading):
        return None
    page = page_of(reading, outline.dialect, ())
    if page is None:
        return None
    # Fast path: no line more that is no sample.
    if found.comments:
        page = _without(page, reading, found.comments)
    # Fast path: the same series. A comment that is new takes another outline, however long it is.
    is_known = not found.new and not found.comments
    if is_known and (places := outline.places(body, reading)) is not None:
        return Resynced(_in_order(page, outline.keys, places), outline)
    own = Outline(body, reading.starts, reading.ends, outline.dialect)
    return Resynced(Page(own.keys, page.values, page.stamps, page.exemplars), own)


@attrs.define
class _Unknown:
    """The lines of a scan that are not in the outline, read by the dialect's rules."""

    body: bytes
    outline: Outline
    known: Series
    new: int = 0  # series
    comments: list[int] = attrs.field(factory=list)  # where in the reading others stand

    def read(self, reading: Reading) -> bool:
        """False if one is irregular or wrong."""
        try:
            self.outline.dialect.check_end(self.body)
            return all([self._read_line(reading, at) for at in reading.unknown])
        except (ExpositionError, ValueError):
            return False

    def _read_line(self, reading: Reading, at: int) -> bool:
        start, end = reading.starts[at], reading.ends[at]
        behind = min(end + 1, len(self.body))
        if self.body[start : start + 1] == b"#":
            self.comments.append(at)
            return self.outline.dialect.read_comment(self.body, start) == behind
        if end - start > MAX_LINE_BYTES:
            return False
        sample = self.outline.dialect.read_sample(self.body, start)
        key = sample.series + b" "
        if sample.end != behind or self.body[start:end] != key + sample.rest:
            return False
        if key not in self.known:
            self.known.learn(key, parse_series(key))
            self.new += 1
        else:
            # One with an exemplar behind it, for instance.
            number = reading.order[at] = reading.number_of(key)
            self.new += number < 0
        reading.starts[at] += len(key)
        reading.odd.append((at, sample.rest))
        return True


def _without(page: Page, reading: Reading, gone: list[int]) -> Page:
    """Page and reading without the lines that turned out to be no samples."""
    for at in reversed(gone):
        for held in (reading.order, reading.starts, reading.ends, page.values, page.stamps):
            if held is not None:
                del held[at]
    if page.exemplars is None:
        return page
    moved = {at - sum(each < at for each in gone): held for at, held in page.exemplars.items()}
    return attrs.evolve(page, exemplars=moved)


def _in_order(page: Page, keys: Sequence[bytes], places: "array[int]") -> Page:
    exemplars: Mapping[int, tuple[Exemplar, ...]] | None = page.exemplars
    if exemplars is not None:
        exemplars = {to: exemplars[at] for to, at in enumerate(places) if at in exemplars}
    return Page(
        keys,
        permuted(page.values, places),
        None if page.stamps is None else permuted(page.stamps, places),
        exemplars,
        places=places,
    )
