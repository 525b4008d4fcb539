"""Reads the pages of one target, each by what the one before looked like.

Takes bodies; gives Pages. A page that differs from the one before in its values costs a comparison
and a conversion of each line, one with a few other lines or in another order twice that; any other
page is walked line by line, and what is not one of the known series is read by `exposition.text`,
which alone decides what is correct.
Invariant: the result depends on the body only, never on the pages before, but for the identity of
`Page.keys` and their order, of which `Page.places` tells.
Never: works for more than about 3 ms without a yield; whoever drives the generator lets others run.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence

import attrs

from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.openmetrics import EOF_LINE
from scraper.exposition.outline import Outline, Outlines
from scraper.exposition.page import Page
from scraper.exposition.resync import page_of, resync
from scraper.exposition.walk import Series, Walk
from scraper.slices import are_equal, empty, slices
from series.metadata import Families

Steps = Generator[None, None, Page]
# Lines in the order of the page.
Comments = Mapping[bytes, None]

# One step of the compiled twin: at most 1 ms, at 20 ns a line, and five times that when scanned.
STEP_LINES = 8000
SCANNED_STEP_LINES = 3000
# As long as the memo holds series that are gone (scraper.memo.ABSENT_PAGES).
BEFORE_PAGES = 3
# Whether so many series are known to a target takes about 1 ms to tell.
MOST_ASKED = 20_000

# Shared by all targets.
_NO_COMMENTS: Comments = {}


class Reader:
    """Holds what the previous page looked like; one for each target."""

    __slots__ = (
        "_before",
        "_before_pages",
        "_comments",
        "_families",
        "_keys",
        "_outline",
        "_outlines",
        "_said_by",
        "predicted_total",
        "resynced_total",
        "walked_total",
    )

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._outline: Outline | None = None
        # What the outline followed, held for a few pages.
        self._before: Outline | None = None
        self._before_pages = 0
        self._keys: Sequence[bytes] = ()
        # Those of a page that has no outline.
        self._comments = _NO_COMMENTS
        self._families: Families | None = None
        self._said_by: Outline | Comments = self._comments
        self.predicted_total = 0
        self.resynced_total = 0
        self.walked_total = 0

    def read(
        self, body: bytes, known: Series, dialect: Dialect = TEXT, *, is_lenient: bool = False
    ) -> Steps:
        """The page; all its keys are in `known`, unless they were in the previous page.

        Raises ExpositionError.
        """
        body = dialect.trimmed(body)
        outline = self._outline
        if outline is None and not self.walked_total:
            outline = self._of_others(body, known)
        if outline is not None and outline.dialect is dialect:
            page = yield from self._read_by(outline, body, known)
            if page is not None:
                # A first page that looks like another target's: from now on it is this one's too.
                if self._outline is None:
                    yield from self._hold(outline, None)
                return page
        self.walked_total += 1
        others = (yield from _others_of(outline)) if outline is not None else frozenset()
        walk = Walk(body, others, dialect=dialect, is_lenient=is_lenient)
        yield from walk.run(known)
        yield from self._learn(walk, body, dialect)
        return walk.page(self._keys)

    def comments(self) -> tuple[bytes, ...]:
        """The lines of the last good page that are no samples, in order: the later one counts."""
        return tuple([line for part in self.comments_in_parts() for line in part if line])

    def comments_in_parts(self) -> Iterator[Sequence[bytes]]:
        """The same, and empty ones; each part costs about 1 ms."""
        if self._outline is not None:
            return self._outline.others_in_parts()
        return slices(list(self._comments))

    def families(self) -> Generator[None, None, Families]:
        """What the last page said of its metrics; shared by targets whose pages say the same."""
        source = self._comments if self._outline is None else self._outline
        # Fast path: the same text between the values.
        if self._families is None or source is not self._said_by:
            self._said_by = source
            if isinstance(source, Outline):
                self._families = yield from self._outlines.families_of(source)
            else:
                self._families = yield from self._outlines.families(self.comments_in_parts())
        return self._families

    def adopt(self, page: Page, comments: Comments) -> Steps:
        """A page of another format, with the keys object of the page before if they are equal."""
        self._outline, self._before = None, None
        if comments != self._comments:
            self._comments = comments
        yield from self._keep(page.keys)
        return attrs.evolve(page, keys=self._keys)

    def _keep(self, keys: Sequence[bytes]) -> Generator[None, None, None]:
        """The same object as before, if they are equal."""
        if not (yield from are_equal(keys, self._keys)):
            self._keys = keys

    def _of_others(self, body: bytes, known: Series) -> Outline | None:
        """The first page of a target: it may look like that of another, with series known here."""
        outline = self._outlines.latest()
        if outline is None or len(outline.keys) > MOST_ASKED or not outline.may_be_of(body):
            return None
        return outline if known.knows(outline.keys) else None

    def _read_by(
        self, outline: Outline, body: bytes, known: Series
    ) -> Generator[None, None, Page | None]:
        """None: it has to be walked."""
        reading = outline.reading(body)
        before, self._before_pages = self._before, self._before_pages + 1
        while not reading.advance(SCANNED_STEP_LINES if reading.is_missed else STEP_LINES):
            if reading.is_missed and before is not None:
                page = yield from self._read_as_before(before, body)
                if page is not None:
                    return page
                before = None
            yield
        if self._before_pages > BEFORE_PAGES:
            self._before = None
        if reading.is_given_up:
            return None
        if not reading.is_scan:
            page = yield from page_of(reading, outline.dialect, self._keys_of(outline))
            self.predicted_total += page is not None
            return page
        yield
        resynced = yield from resync(outline, reading, body, known)
        if resynced is None:
            return None
        self.resynced_total += 1
        page = resynced.page
        # Fast path: another order only.
        if resynced.outline is not outline:
            yield from self._hold(self._outlines.shared(resynced.outline), outline)
        keys = self._keys_of(resynced.outline)
        # Fast path: what the page says is new.
        return page if page.keys is keys else attrs.evolve(page, keys=keys)

    def _read_as_before(self, before: Outline, body: bytes) -> Generator[None, None, Page | None]:
        """A series that comes and goes: the page looks as the one before the last did."""
        reading = before.reading_of_equal(body)
        while not reading.advance(STEP_LINES):
            yield
        if reading.is_given_up:
            return None
        page = yield from page_of(reading, before.dialect, ())
        if page is None:
            return None
        self.predicted_total += 1
        yield from self._hold(before, self._outline)
        return attrs.evolve(page, keys=self._keys)

    def _keys_of(self, outline: Outline) -> Sequence[bytes]:
        """One that is held, or is about to be."""
        return self._keys if self._outline is not None else outline.keys

    def _hold(self, outline: Outline, before: Outline | None) -> Generator[None, None, None]:
        self._outline = outline
        self._before, self._before_pages = before, 0
        # The same object, if only comments differ.
        yield from self._keep(outline.keys)

    def _learn(self, walk: Walk, body: bytes, dialect: Dialect) -> Generator[None, None, None]:
        self._outline = self._before = None
        self._comments = _NO_COMMENTS
        # Blanks where none need be, a label value over several lines: such a page is always walked.
        if walk.is_regular:
            outline = Outline(body, walk.starts, walk.ends, dialect)
            yield
            yield from empty(walk.keys)
            yield from self._hold(self._outlines.shared(outline), None)
        else:
            yield from self._keep(tuple(walk.keys))
            yield from empty(walk.keys)
            self._comments = walk.comments


def _others_of(outline: Outline) -> Generator[None, None, set[bytes]]:
    """Lines that are good wherever they stand."""
    others: set[bytes] = set()
    for part in outline.others_in_parts():
        others.update(part)
        yield
    # The end mark is good in one place only, an empty line everywhere or nowhere.
    return others - {EOF_LINE, b""}
