"""What each series of a target became, so that labels are handled once and not once a sample.

Takes the keys of Pages; gives the plan by which a page's samples become a batch.
Invariant: the same keys object gives the same plan; pages with equal final series in equal order
have the same layout object.
Bounded: a series that was absent from ABSENT_PAGES pages is forgotten.
This is the interface behind which shapes and layouts (DESIGN section 2) will stand.
"""

from array import array
from collections.abc import Generator, Mapping

import attrs

from scraper.exposition.section import Picker, picker
from scraper.exposition.text import parse_series
from scraper.labelling import Labelling
from series.labels import canonical
from series.layout import Layout
from series.template import Template
from series.wire import encode_label

# A series that comes and goes is kept for that long; a target that makes up new series all the
# time holds at most that many pages of them.
ABSENT_PAGES = 3
# At most 3 ms between two yields: first sight of a series costs about 20 us, a known one in a page
# that has changed 0.3 us.
LEARNED_PER_STEP = 150
PLANNED_PER_STEP = 8000

_EMPTY = Layout(())


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """What to do with a page of certain keys.

    `templates`: in page order, None where relabelling dropped the series. `layout`: those that are
    left, the first of equals only; `pick` picks their values, None where that is all of them.
    `added`: series that the page before had not; only for the page for which the plan was made.
    """

    keys: tuple[bytes, ...] = ()
    templates: tuple[Template | None, ...] = ()
    layout: Layout = _EMPTY
    pick: Picker | None = None
    kept_count: int = 0  # duplicates included, dropped ones not
    added: int = 0

    @property
    def duplicates(self) -> int:
        return self.kept_count - len(self.layout)

    def values(self, page_values: "array[float]") -> "array[float]":
        # Fast path: nothing dropped, no duplicates.
        if self.pick is None:
            return page_values
        return array("d", self.pick(page_values))

    def sources(self) -> tuple[int, ...] | None:
        """Where in the page each series of the layout stands; None: at the same place."""
        return None if self.pick is None else self.pick(range(len(self.keys)))


class Memo:
    """The series of one target. `in` tells whether a key's text is known to be valid."""

    def __init__(self, labelling: Labelling) -> None:
        self._labelling = labelling
        self._templates: dict[bytes, Template | None] = {}
        # Keys that the planned page has not, and the number of the page that had them last.
        self._absent: dict[bytes, int] = {}
        self._plan = Plan()
        self._pages = 0
        constant = canonical({**labelling.external_labels, **labelling.target_labels})
        self._encoded = {label: encode_label(*label) for label in constant}

    def __contains__(self, key: object) -> bool:
        return key in self._templates

    def __len__(self) -> int:
        return len(self._templates)

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        """What becomes of a new series with the exposed labels `raw`. Raises SeriesError."""
        labels = self._labelling.final(raw)
        template = None
        if labels is not None:
            constant = self._encoded
            pieces = [constant.get(label) or encode_label(*label) for label in labels]
            template = Template((b"".join(pieces),))
        self._templates[key] = template
        self._absent[key] = self._pages

    def plan(self, keys: tuple[bytes, ...]) -> Generator[None, None, Plan]:
        """The plan for a page that exposes `keys`. Raises SeriesError."""
        # Fast path: the same series in the same order.
        if keys is self._plan.keys:
            if self._plan.added:
                self._plan = attrs.evolve(self._plan, added=0)
        else:
            yield from self._relearn(keys)
            self._plan = yield from self._plan_anew(keys)
        self.end_page()
        return self._plan

    def end_page(self) -> None:
        """A page is done, or has failed: forget what has been absent for long."""
        self._pages += 1
        # Fast path: nothing comes and goes.
        if not self._absent:
            return
        old = [key for key, page in self._absent.items() if self._pages - page > ABSENT_PAGES]
        for key in old:
            del self._absent[key]
            self._templates.pop(key, None)

    def _relearn(self, keys: tuple[bytes, ...]) -> Generator[None, None, None]:
        """Learn those that another memo knew, before the labels changed."""
        known = self._templates.__contains__
        new: list[bytes] = []
        for start in range(0, len(keys), PLANNED_PER_STEP):
            part = keys[start : start + PLANNED_PER_STEP]
            # Fast path: at C speed where nothing is new, which is nearly always.
            if not all(map(known, part)):
                new += [key for key in part if not known(key)]
            yield
        for count, key in enumerate(new, start=1):
            self.learn(key, parse_series(key))
            if count % LEARNED_PER_STEP == 0:
                yield

    def _plan_anew(self, keys: tuple[bytes, ...]) -> Generator[None, None, Plan]:
        known = self._templates
        # With the key objects of this page, which all targets share that have it.
        held: dict[bytes, Template | None] = {}
        kept: dict[tuple[bytes, ...], Template] = {}
        templates: list[Template | None] = []
        positions: list[int] = []
        kept_count = 0
        for start in range(0, len(keys), PLANNED_PER_STEP):
            for at, key in enumerate(keys[start : start + PLANNED_PER_STEP], start):
                template = held[key] = known[key]
                templates.append(template)
                if template is not None:
                    kept_count += 1
                    # By its bytes: two texts may mean the same final series.
                    if template.pieces not in kept:
                        kept[template.pieces] = template
                        positions.append(at)
            yield
        added = yield from self._note_absent(held)
        yield
        layout = self._layout(kept)
        yield
        pick = None if len(kept) == len(keys) else picker(positions)
        yield
        return Plan(
            keys=keys,
            templates=tuple(templates),
            layout=layout,
            pick=pick,
            kept_count=kept_count,
            added=added,
        )

    def _note_absent(self, held: dict[bytes, Template | None]) -> Generator[None, None, int]:
        """Hold `held` and the absent; give how many series that were absent are so no longer."""
        before, absent = self._plan.keys, self._absent
        returned = [key for key in absent if key in held]
        for key in returned:
            del absent[key]
        for start in range(0, len(before), PLANNED_PER_STEP):
            for key in before[start : start + PLANNED_PER_STEP]:
                if key not in held:
                    absent[key] = self._pages
            yield
        yield
        for key in absent:
            held[key] = self._templates[key]
        self._templates = held
        return sum([held[key] is not None for key in returned])

    def _layout(self, kept: dict[tuple[bytes, ...], Template]) -> Layout:
        # The same series as before, otherwise spelt or beside other dropped ones, are no change.
        before = self._plan.layout
        if len(before) == len(kept) and [each.pieces for each in before.templates] == [*kept]:
            return before
        return Layout(tuple(kept.values()))
