"""What each series of a target became, so that labels are handled once and not once a sample.

Takes the keys of Pages; gives the plan by which a page's samples become a batch.
Invariant: the same keys object gives the same plan; equal final labels give the same template.
Bounded: a series that was absent from ABSENT_PAGES pages is forgotten.
This is the interface behind which shapes and layouts (DESIGN section 2) will stand.
"""

from array import array
from collections.abc import Generator
from itertools import repeat

import attrs

from scraper.exposition.section import Picker, picker
from scraper.exposition.text import parse_series
from scraper.labelling import Labelling
from series.layout import Layout
from series.template import Template
from series.wire import encode_labels

# A series that comes and goes is kept for that long; a target that makes up new series all the
# time holds at most that many pages of them.
ABSENT_PAGES = 3
# First sight of a series costs about 20 us: 3 ms between two yields.
LEARNED_PER_STEP = 150

_EMPTY = Layout(())


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """What to do with a page of certain keys.

    `templates`: in page order, None where relabelling dropped the series. `layout`: those that are
    left, the first of equals only; `pick` picks their values, None where that is all of them.
    """

    keys: tuple[bytes, ...] = ()
    templates: tuple[Template | None, ...] = ()
    layout: Layout = _EMPTY
    pick: Picker | None = None
    kept_count: int = 0  # duplicates included, dropped ones not

    @property
    def duplicates(self) -> int:
        return self.kept_count - len(self.layout)

    def values(self, page_values: "array[float]") -> "array[float]":
        # Fast path: nothing dropped, no duplicates.
        if self.pick is None:
            return page_values
        return array("d", self.pick(page_values))


class Memo:
    """The series of one target. `in` tells whether a key's text is known to be valid."""

    def __init__(self, labelling: Labelling) -> None:
        self._labelling = labelling
        self._templates: dict[bytes, Template | None] = {}
        self._absent: dict[bytes, int] = {}  # key to the number of the page that had it last
        self._plan = Plan()
        self._pages = 0

    def __contains__(self, key: object) -> bool:
        return key in self._templates

    def __len__(self) -> int:
        return len(self._templates)

    def plan(self, keys: tuple[bytes, ...]) -> Generator[None, None, Plan]:
        """The plan for a page that exposes `keys`. Raises SeriesError."""
        self._pages += 1
        # Fast path: the same series in the same order.
        if keys is not self._plan.keys:
            yield from self._learn(keys)
            self._note_absent(self._plan.keys, keys)
            self._plan = self._planned(keys)
        if self._absent:
            self._forget()
        return self._plan

    def _learn(self, keys: tuple[bytes, ...]) -> Generator[None, None, None]:
        templates = self._templates
        new = [key for key in keys if key not in templates]
        if not new:
            return
        # Two texts may mean the same final series; only now that some are new is it worth a table.
        known = {template.pieces[0]: template for template in templates.values() if template}
        for count, key in enumerate(new, start=1):
            labels = self._labelling.final(parse_series(key))
            # Absent until the page that it came with is done.
            self._absent[key] = self._pages
            if labels is None:
                templates[key] = None
            else:
                encoded = encode_labels(labels)
                template = known.get(encoded)
                if template is None:
                    template = known[encoded] = Template((encoded,))
                templates[key] = template
            if count % LEARNED_PER_STEP == 0:
                yield

    def _planned(self, keys: tuple[bytes, ...]) -> Plan:
        templates = tuple(map(self._templates.get, keys, repeat(None)))
        kept: dict[Template, int] = {}
        kept_count = 0
        for at, template in enumerate(templates):
            if template is not None:
                kept.setdefault(template, at)
                kept_count += 1
        # The same series as before, otherwise spelt or beside other dropped ones, are no change.
        same = tuple(kept) == self._plan.layout.templates
        return Plan(
            keys=keys,
            templates=templates,
            layout=self._plan.layout if same else Layout(tuple(kept)),
            pick=None if len(kept) == len(templates) else picker(tuple(kept.values())),
            kept_count=kept_count,
        )

    def _note_absent(self, before: tuple[bytes, ...], after: tuple[bytes, ...]) -> None:
        present = frozenset(after)
        for key in before:
            if key not in present:
                self._absent[key] = self._pages
        for key in [key for key in self._absent if key in present]:
            del self._absent[key]

    def _forget(self) -> None:
        old = [key for key, page in self._absent.items() if self._pages - page >= ABSENT_PAGES]
        for key in old:
            del self._absent[key]
            self._templates.pop(key, None)
