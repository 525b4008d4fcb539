"""The text of a page between its values: what the next page of the target is predicted from.

Takes the lines of a page that was read; gives the page of a body that differs in values only.
Shared by all targets of a job whose pages have the same text: it is held once, and stays in the
processor's caches while one target after the other is read.
"""

from collections.abc import Generator, Sequence
from itertools import chain
from weakref import WeakValueDictionary

from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.page import Page, concatenated
from scraper.exposition.section import Section
from scraper.metadata import said_by
from series.metadata import Families


class Outline:
    """Immutable; equal by text. `keys` and `others` of all sections are the whole text."""

    __slots__ = ("__weakref__", "_fixed_bytes", "_sections", "dialect", "keys", "line_count")

    def __init__(
        self, keys: tuple[bytes, ...], sections: Sequence[Section], dialect: Dialect = TEXT
    ) -> None:
        self.dialect = dialect
        self.keys = keys
        self.line_count = sum([section.line_count for section in sections])
        self._sections = sections
        line_feeds = self.line_count - 1
        self._fixed_bytes = line_feeds + sum([section.fixed_bytes for section in sections])

    def others(self) -> frozenset[bytes]:
        """The lines that are no samples."""
        return frozenset(chain.from_iterable([section.others for section in self._sections]))

    def read(self, lines: list[bytes], body_bytes: int) -> Generator[None, None, Page | None]:
        """The page of `lines`, as many as `line_count`; None if more than values differ."""
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
                pages.append(self.dialect.parse_rests(rests))
            except ValueError:
                return None
        # A line that begins with another series than its own was not shortened: the sum tells.
        if rest_bytes != body_bytes - self._fixed_bytes:
            return None
        return concatenated(self.keys, pages)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Outline)
            and self.dialect is other.dialect
            and self.keys == other.keys
            and self._sections == other._sections
        )

    def __hash__(self) -> int:
        return hash(tuple(self._sections))  # they hold all the keys


class Outlines:
    """Those in use by the targets of a job; one that nobody uses any more is forgotten."""

    def __init__(self) -> None:
        # By hash: an outline as key would be held for ever.
        self._known: WeakValueDictionary[int, Outline] = WeakValueDictionary()
        self._families: WeakValueDictionary[frozenset[bytes], Families] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._known)

    def shared(self, outline: Outline) -> Outline:
        """The one to hold in place of an equal one."""
        known = self._known.setdefault(hash(outline), outline)
        return known if known == outline else outline

    def families(self, comments: frozenset[bytes]) -> Families:
        """What the comment lines say of metrics; one object for equal comments."""
        families = self._families.get(comments)
        if families is None:
            families = self._families[comments] = Families(lambda: said_by(comments))
        return families
