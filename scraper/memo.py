"""What one target knows of series: its view of the shape that it shares with others.

Takes the keys of Pages; gives the plan by which a page's samples become a batch, and the chunks
that fill its holes.
Invariant: the same keys object gives the same plan; pages with equal final series in equal order
have the same layout object.
Holds nothing per series: templates, plans and layouts are the shape's.
"""

from collections.abc import Generator, Mapping, Sequence

from scraper.known import hot
from scraper.labelling import Labelling
from scraper.plan import PLANNED_PER_STEP, Plan, resolve
from scraper.shapes import Shapes
from scraper.slices import are_equal, empty, slices
from scraper.staleness import Filled
from series.layout import Layout
from series.template import Template

# A page with fewer series over its limit is read to its end, and counted whole.
SPARE_SERIES = 10_000


class TooManySeriesError(Exception):
    """A page with far more new series than it may have; the rest of it was not read."""

    def __init__(self, read: int, kept: int) -> None:
        super().__init__(f"{kept} new series, and more")
        self.read, self.kept = read, kept


class Memo:
    """`in` tells whether a key's text is known to be valid. `added`: series of the last page that
    the one before had not. `is_new`: no page was planned yet."""

    def __init__(self, labelling: Labelling, shapes: Shapes) -> None:
        self._labelling = labelling
        self.shape = shapes.shape_of(labelling)
        self._chunks = self.shape.chunks(labelling.target_labels)
        self._keys: Sequence[bytes] = ()
        self._plan = Plan()
        self.added = 0
        self.is_new = True
        self._most = self._learned = self._kept = 0

    def begin(self, limit: int) -> None:
        """A page is to be read that may have `limit` series; 0: any number."""
        # What is over is told exactly, unless it is as much again: that bounds what is held of it.
        self._most = 2 * limit + SPARE_SERIES if limit else 0
        self._learned = self._kept = 0

    def __contains__(self, key: object) -> bool:
        return key in self.shape

    def knows(self, keys: Sequence[bytes]) -> bool:
        """Whether all of them are known."""
        # Fast path: another target of the shape has a page of these very keys.
        return self.shape.has_plan(keys) or all(map(self.shape.__contains__, keys))

    @property
    def chunks(self) -> tuple[bytes, ...]:
        """The target's encoded labels, by the numbers of the shape's holes."""
        # A series learned since may have brought another hole.
        if len(self._chunks) < len(self.shape.holes):
            self._chunks = self.shape.chunks(self._labelling.target_labels)
        return self._chunks

    @property
    def series_count(self) -> int:
        """The final series of the last good page."""
        return len(self._plan.layout)

    @property
    def alive(self) -> Filled:
        """The final series of the last good page."""
        return Filled(self._plan.layout, self.chunks)

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        """What becomes of a new series with the exposed labels `raw`.

        Raises SeriesError and TooManySeriesError.
        """
        self._learned += 1
        self._kept += self.shape.learn(key, raw, self._labelling) is not None
        if 0 < self._most < self._kept:
            raise TooManySeriesError(self._learned, self._kept)

    def plan(self, keys: Sequence[bytes]) -> Generator[None, None, Plan]:
        """The plan for a page that exposes `keys`. Raises SeriesError."""
        # Fast path: the same series in the same order.
        if keys is self._keys:
            self.added = 0
        else:
            shape = self.shape
            plan = yield from shape.plan(keys, self._labelling)
            if plan.may_coincide:
                chunks = self.chunks
                renamed = shape.renamed_reports(chunks)
                plan = yield from resolve(plan, chunks, renamed, shape.layout_of)
            self.added = yield from _added(self._plan, plan)
            self._keys, self._plan = keys, plan
            self.is_new = False
            yield
        yield from self.tidy()
        return self._plan

    def chosen(
        self, before: Layout, layout: Layout, positions: Sequence[int]
    ) -> Generator[None, None, Layout]:
        """Some series of `layout`: `before` if it has just these, which counts as no change."""
        templates: list[Template] = []
        for part in slices(positions):
            templates += [layout.templates[at] for at in part]
            yield
        held = tuple(templates)
        if (yield from are_equal(before.templates, held)):
            return before
        return (yield from self.shape.layout_of(held))

    def tidy(self) -> Generator[None, None, None]:
        """A page is done, or has failed."""
        yield from self.shape.tidy()


def _added(before: Plan, after: Plan) -> Generator[None, None, int]:
    """How many keys `before` had not, those apart that are dropped."""
    # Fast path: a target's first page; a key that were there twice would be a duplicate.
    if not before.keys and not after.duplicates:
        return after.kept_count
    # Most of a page is as it was: what is left between its beginning and its end is compared.
    # One that is twice on a page may stand anywhere.
    head, tail = (0, 0) if after.duplicates else hot.common(before.keys, after.keys)
    yield
    known: set[bytes] = set()
    for start in range(head, len(before.keys) - tail, PLANNED_PER_STEP):
        stop = min(start + PLANNED_PER_STEP, len(before.keys) - tail)
        known.update(before.keys[start:stop])
        yield
    added: set[bytes] = set()
    for start in range(head, len(after.keys) - tail, PLANNED_PER_STEP):
        stop = min(start + PLANNED_PER_STEP, len(after.keys) - tail)
        new = set(after.keys[start:stop]) - known
        if new:
            rows = zip(after.keys[start:stop], after.templates[start:stop], strict=True)
            added.update([key for key, template in rows if template is not None and key in new])
        yield
    yield from empty(known)
    count = len(added)
    yield from empty(added)
    return count
