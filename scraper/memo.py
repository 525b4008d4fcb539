"""What each series of a target became, so that labels are handled once and not once a sample.

Takes the keys of Pages; gives the plan by which a page's samples become a batch.
Invariant: the same keys object gives the same plan; equal final labels give the same template.
Bounded: a series that was absent from ABSENT_PAGES pages is forgotten.
This is the interface behind which shapes and layouts (DESIGN section 2) will stand.
"""

from array import array
from collections.abc import Generator, Mapping
from itertools import repeat

import attrs

from scraper.exposition.section import Picker, picker
from scraper.exposition.text import parse_series
from scraper.labelling import Labelling
from series.labels import Labels, canonical
from series.layout import Layout
from series.template import Template
from series.wire import encode_label

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
        # While a page with new series is read: templates by their bytes, since two texts may mean
        # the same final series.
        self._interned: dict[bytes, Template] | None = None
        constant = canonical({**labelling.external_labels, **labelling.target_labels})
        self._encoded = {label: encode_label(*label) for label in constant}

    def __contains__(self, key: object) -> bool:
        return key in self._templates

    def __len__(self) -> int:
        return len(self._templates)

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        """What becomes of a new series with the exposed labels `raw`. Raises SeriesError."""
        labels = self._labelling.final(raw)
        self._templates[key] = None if labels is None else self._template(labels)
        # Until a page that has it is done.
        self._absent[key] = self._pages

    def plan(self, keys: tuple[bytes, ...]) -> Generator[None, None, Plan]:
        """The plan for a page that exposes `keys`. Raises SeriesError."""
        # Fast path: the same series in the same order.
        if keys is not self._plan.keys:
            yield from self._relearn(keys)
            self._note_absent(self._plan.keys, keys)
            self._hold(keys)
            self._plan = self._planned(keys)
        self.end_page()
        return self._plan

    def end_page(self) -> None:
        """A page is done, or has failed: forget what has been absent for long."""
        self._interned = None
        self._pages += 1
        # Fast path: nothing comes and goes.
        if not self._absent:
            return
        old = [key for key, page in self._absent.items() if self._pages - page > ABSENT_PAGES]
        for key in old:
            del self._absent[key]
            del self._templates[key]

    def _relearn(self, keys: tuple[bytes, ...]) -> Generator[None, None, None]:
        """Learn those that another memo knew, before the labels changed."""
        new = [key for key in keys if key not in self._templates]
        for count, key in enumerate(new, start=1):
            self.learn(key, parse_series(key))
            if count % LEARNED_PER_STEP == 0:
                yield

    def _template(self, labels: Labels) -> Template:
        known = self._interned
        if known is None:
            templates = self._templates.values()
            known = self._interned = {each.pieces[0]: each for each in templates if each}
        constant = self._encoded
        encoded = b"".join([constant.get(label) or encode_label(*label) for label in labels])
        template = known.get(encoded)
        if template is None:
            template = known[encoded] = Template((encoded,))
        return template

    def _hold(self, keys: tuple[bytes, ...]) -> None:
        """Hold these key objects, which all targets with this page share, and no equal ones."""
        templates = self._templates
        held = {key: templates[key] for key in keys}
        held.update((key, templates[key]) for key in self._absent)
        self._templates = held

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
