"""Reads the pages of one target, each predicted from the one before.

Takes bodies; gives Pages. The same text between the values as last time costs a few passes at C
speed over all lines; any other page is walked line by line, and what is not one of the `known`
series is read by `exposition.text`, which alone decides what is correct.
Invariant: the result depends on the body only, never on the pages before, but for the identity of
`Page.keys`.
Never: works for more than about 3 ms without a yield; whoever drives the generator lets others run.
"""

from collections.abc import Generator
from itertools import chain

from scraper.exposition.numbers import parse_rests
from scraper.exposition.page import Page, concatenated
from scraper.exposition.section import Section
from scraper.exposition.walk import Series, Walk

Steps = Generator[None, None, Page]

# Splitting costs up to 1 ns a byte; larger bodies are split piece by piece.
_SPLIT_BYTES = 1024 * 1024


class Reader:
    """Holds what the previous page looked like; one for each target."""

    def __init__(self) -> None:
        self._keys: tuple[bytes, ...] = ()
        self._sections: list[Section] = []
        self._line_count = -1  # of the predicted page; no body has -1 lines
        self._fixed_bytes = 0
        self.predicted_total = 0
        self.walked_total = 0

    def read(self, body: bytes, known: Series) -> Steps:
        """The page; all its keys are in `known`, unless they were in the previous page.

        Raises ExpositionError.
        """
        lines = yield from _split(body)
        if len(lines) == self._line_count:
            page = yield from self._predict(lines, len(body))
            if page is not None:
                self.predicted_total += 1
                return page
        self.walked_total += 1
        others = frozenset(chain.from_iterable([section.others for section in self._sections]))
        walk = Walk(body, lines, others)
        yield from walk.run(known)
        yield from self._learn(walk)
        return walk.page(self._keys)

    def _predict(self, lines: list[bytes], body_bytes: int) -> Generator[None, None, Page | None]:
        """The page if it is the previous one with other values, else None."""
        # Hot: bench/bench_exposition.py holds the figure. No Python code per line.
        pages = []
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
            try:
                pages.append(Page((), *parse_rests(rests)))
            except ValueError:
                return None
        # A line that begins with another series than its own was not shortened: the sum tells.
        if rest_bytes != body_bytes - self._fixed_bytes:
            return None
        return concatenated(self._keys, pages)

    def _learn(self, walk: Walk) -> Generator[None, None, None]:
        keys = tuple(walk.keys)
        if keys != self._keys:
            # The bytes that the memo holds already, lest both keep a copy.
            held = dict(zip(self._keys, self._keys, strict=True))
            self._keys = tuple(map(held.get, keys, keys))
        # Blanks where none need be, a label value over several lines: such a page is always walked.
        self._sections = (yield from walk.sections(self._keys)) if walk.is_regular else []
        self._line_count = len(walk.lines) if walk.is_regular else -1
        line_feeds = len(walk.lines) - 1
        self._fixed_bytes = line_feeds + sum([section.fixed_bytes for section in self._sections])


def _split(body: bytes) -> Generator[None, None, list[bytes]]:
    # Fast path: nearly all bodies.
    if len(body) <= _SPLIT_BYTES:
        return body.split(b"\n")
    lines: list[bytes] = []
    start = 0
    while (end := body.find(b"\n", start + _SPLIT_BYTES)) >= 0:
        lines += body[start:end].split(b"\n")
        start = end + 1
        yield
    return lines + body[start:].split(b"\n")
