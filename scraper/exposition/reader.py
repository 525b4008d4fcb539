"""Reads the pages of one target, each predicted from the one before.

Takes bodies; gives Pages. A page that differs from the one before in its values costs a few passes
at C speed over all lines; any other page is walked line by line, and what is not one of the known
series is read by `exposition.text`, which alone decides what is correct.
Invariant: the result depends on the body only, never on the pages before, but for the identity of
`Page.keys`.
Never: works for more than about 3 ms without a yield; whoever drives the generator lets others run.
"""

from collections.abc import Generator

import attrs

from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.openmetrics import EOF_LINE
from scraper.exposition.outline import Outline, Outlines
from scraper.exposition.page import Page
from scraper.exposition.walk import Series, Walk

Steps = Generator[None, None, Page]

# Splitting costs up to 2 ns a byte; larger bodies are split piece by piece.
SPLIT_BYTES = 1024 * 1024


class Reader:
    """Holds what the previous page looked like; one for each target."""

    __slots__ = (
        "_comments",
        "_keys",
        "_outline",
        "_outlines",
        "families",
        "predicted_total",
        "walked_total",
    )

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._outline: Outline | None = None
        self._keys: tuple[bytes, ...] = ()
        # Those of a page that has no outline.
        self._comments: frozenset[bytes] = frozenset()
        # What the last page said of its metrics; shared by targets whose pages say the same.
        self.families = outlines.families(frozenset())
        self.predicted_total = 0
        self.walked_total = 0

    def read(
        self, body: bytes, known: Series, dialect: Dialect = TEXT, *, is_lenient: bool = False
    ) -> Steps:
        """The page; all its keys are in `known`, unless they were in the previous page.

        Raises ExpositionError.
        """
        body = dialect.trimmed(body)
        lines = yield from _split(body)
        outline = self._outline
        if outline is not None and outline.dialect is not dialect:
            outline = None
        if outline is not None and len(lines) == outline.line_count:
            page = yield from outline.read(lines, len(body))
            if page is not None:
                self.predicted_total += 1
                return page
        self.walked_total += 1
        # The end mark is good in one place only.
        others = outline.others() - {EOF_LINE} if outline else frozenset()
        walk = Walk(body, lines, others, dialect=dialect, is_lenient=is_lenient)
        yield from walk.run(known)
        yield from self._learn(walk, dialect)
        yield
        return walk.page(self._keys)

    def comments(self) -> frozenset[bytes]:
        """The lines of the last good page that are no samples."""
        return self._outline.others() if self._outline is not None else self._comments

    def adopt(self, page: Page, comments: frozenset[bytes]) -> Page:
        """A page of another format, with the keys object of the page before if they are equal."""
        self._outline, self._comments = None, comments
        self.families = self._outlines.families(comments)
        if page.keys != self._keys:
            self._keys = page.keys
        return attrs.evolve(page, keys=self._keys)

    def _learn(self, walk: Walk, dialect: Dialect) -> Generator[None, None, None]:
        keys = tuple(walk.keys)
        if keys != self._keys:
            self._keys = keys
        self._outline = None
        self._comments = frozenset()
        # Blanks where none need be, a label value over several lines: such a page is always walked.
        if walk.is_regular:
            sections = yield from walk.sections(self._keys)
            yield
            self._outline = self._outlines.shared(Outline(self._keys, sections, dialect))
            self._keys = self._outline.keys
        else:
            self._comments = frozenset([line for line in walk.lines if line.startswith(b"# ")])
        self.families = self._outlines.families(self.comments())


def _split(body: bytes) -> Generator[None, None, list[bytes]]:
    # Fast path: nearly all bodies.
    if len(body) <= SPLIT_BYTES:
        return body.split(b"\n")
    lines: list[bytes] = []
    start = 0
    while (end := body.find(b"\n", start + SPLIT_BYTES)) >= 0:
        lines += body[start:end].split(b"\n")
        start = end + 1
        yield
    return lines + body[start:].split(b"\n")
