"""What targets share whose labels differ only in values that no rule reads.

Takes raw series; gives templates with holes for those values, plans and layouts. A shape is made of
the names of a target's labels and the values of those that the job's metric rules read: the rules
run on the raw labels with a marker standing for each value that is not read, once for all targets.
Invariant: a template, filled with a target's chunks, is what `Labelling.final` gives for that
target, but for series that only look like its report's (`resolve` in `scraper.plan`).
Bounded: what no plan of a target uses any more is forgotten, at the latest when each plan has been
used ABSENT_PAGES times, or when a quarter of it is new.
"""

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from weakref import WeakValueDictionary

import attrs

from scraper.exposition.keys import Known
from scraper.exposition.text import parse_series
from scraper.known import hot
from scraper.labelling import EXPORTED_PREFIX, Labelling
from scraper.plan import EMPTY, PLANNED_PER_STEP, Plan, build
from scraper.slices import are_equal, digest
from series.labels import METRIC_NAME, Labels, canonical
from series.layout import Layout
from series.template import MAX_HOLES, Template
from series.wire import decode_labels, encode_label, varint

# Half of a UTF-16 pair, which no exposed text and no label of a target can hold.
MARK = "\ud800"

ABSENT_PAGES = 3
# A shape with fewer new series than these waits for its pages.
SPARE_SERIES = 1000
# At most 3 ms between two yields: first sight of a series costs about 20 us.
LEARNED_PER_STEP = 150

_UNKNOWN = Template((b"not known",))
# A slot in the table, a pointer in the layout and an offset in the page's text.
_ENTRY_BYTES = 24
_TEMPLATE_HEADER_BYTES = 33


@attrs.frozen
class ShapeStatistics:
    """`templates`: raw series that are known; `bytes`: what they take, texts of pages apart."""

    plans: int
    layouts: int
    templates: int
    bytes: int


class Shape:
    """One shape of a job; `labelling`: that of any of its targets, `read`: the labels read."""

    __slots__ = (
        "__weakref__",
        "_bytes",
        "_carried",
        "_encoded",
        "_hole_of",
        "_is_dirty",
        "_layouts",
        "_learned",
        "_memo",
        "_needles",
        "_pages",
        "_plans",
        "_rivals",
        "_settled",
        "_sweeping",
        "_target",
        "holes",
        "report_layout",
    )

    def __init__(self, labelling: Labelling, read: frozenset[str]) -> None:
        target = labelling.target_labels
        self._target = {
            name: value if name in read else MARK + name for name, value in target.items()
        }
        constants = {name: value for name, value in target.items() if name in read}
        fixed = [*labelling.external_labels.items(), *constants.items()]
        self._encoded = {label: encode_label(*label) for label in fixed if label[1]}
        # What fills each hole: the name of the label, and the target's label whose value it has.
        self.holes: list[tuple[str, str]] = []
        self._hole_of: dict[tuple[str, str], int] = {}
        # How constant labels begin that a hole might mean as well.
        self._needles: list[bytes] = []
        self._rivals = False
        for name in target:
            if name not in read:
                self._hole(name, name)
        self._memo: Known[Template | None] = hot.Known()
        self._sweeping: Known[Template | None] | None = None
        # What the last sweep left alone, though no plan had it: a page was being read.
        self._carried: frozenset[bytes] = frozenset()
        # `_learned`: since the last sweep.
        self._settled = self._learned = self._pages = self._bytes = 0
        self._is_dirty = False
        self._plans: WeakValueDictionary[int, Plan] = WeakValueDictionary()
        self._layouts: WeakValueDictionary[int, Layout] = WeakValueDictionary()
        reports = [self._template(self._report(labelling, name)) for name in labelling.reports]
        self.report_layout = Layout(tuple(reports))

    def __contains__(self, key: object) -> bool:
        return key in self._memo

    def __len__(self) -> int:
        return len(self._memo)

    def chunks(self, target: Mapping[str, str]) -> tuple[bytes, ...]:
        """What fills the holes for a target with these labels."""
        return tuple([encode_label(name, target[source]) for name, source in self.holes])

    def learn(self, key: bytes, raw: Mapping[str, str], labelling: Labelling) -> Template | None:
        """What becomes of a new series with the exposed labels `raw`. Raises SeriesError."""
        labels = labelling.relabelled(raw, self._target)
        template = None
        if labels:
            labelling.check_names(labels)
            self._check_limits(labels, labelling)
            final = canonical({**labelling.external_labels, **labels})
            name = labels[METRIC_NAME]
            if name in labelling.reports and final == self._report(labelling, name):
                labels[METRIC_NAME] = EXPORTED_PREFIX + name
                final = canonical({**labelling.external_labels, **labels})
            template = self._template(final)
            self._bytes += len(template) + _TEMPLATE_HEADER_BYTES
        self._bytes += _ENTRY_BYTES
        self._memo.learn(key, template)
        self._learned += 1
        if self._sweeping is not None:
            self._sweeping.learn(key, template)
        self._is_dirty = True
        return template

    def plan(self, keys: Sequence[bytes], labelling: Labelling) -> Generator[None, None, Plan]:
        """The plan for pages that expose `keys`. Raises SeriesError."""
        number = yield from digest(keys)
        plan = self._plans.get(number)
        if plan is not None and (yield from are_equal(plan.keys, keys)):
            return plan
        templates = yield from self._templates(keys, labelling)
        plan = yield from build(keys, templates, self.layout_of)
        if (yield from self._may_coincide(plan.layout)):
            plan = attrs.evolve(plan, may_coincide=True, variants=WeakValueDictionary())
        # Another target may have been at it between two steps.
        known = self._plans.get(number)
        if known is not None and (yield from are_equal(known.keys, keys)):
            return known
        self._plans[number] = plan
        self._is_dirty = True
        yield from self._adopt(plan)
        return plan

    def has_plan(self, keys: Sequence[bytes]) -> bool:
        plan = self._plans.get(hash(keys))
        return plan is not None and plan.keys is keys

    def layout_of(self, templates: Iterable[Template]) -> Generator[None, None, Layout]:
        """The one layout of this shape that has these templates in this order."""
        held = tuple(templates)
        if not held:
            return EMPTY
        yield
        number = yield from digest(held)
        known = self._layouts.get(number)
        if known is not None and (yield from are_equal(known.templates, held)):
            return known
        layout = Layout(held)
        yield
        # Another target may have been at it between two steps.
        known = self._layouts.get(number)
        if known is not None and (yield from are_equal(known.templates, held)):
            return known
        self._layouts[number] = layout
        return layout

    def renamed_reports(self, chunks: tuple[bytes, ...]) -> dict[bytes, Template]:
        """What a series becomes that is the same as one of the target's report, by its labels."""
        return {each.fill(chunks): _exported(each) for each in self.report_layout.templates}

    def tidy(self) -> Generator[None, None, None]:
        """A page is done, or has failed: forget what no plan uses, if it is time for that."""
        self._pages += 1
        is_full = self._learned > max(SPARE_SERIES, self._settled // 4)
        is_late = self._is_dirty and self._pages > ABSENT_PAGES * (1 + len(self._plans))
        if (is_full or is_late) and self._sweeping is None:
            yield from self._sweep()

    def statistics(self) -> ShapeStatistics:
        return ShapeStatistics(
            plans=len(self._plans),
            layouts=len(self._layouts),
            templates=len(self._memo),
            bytes=self._bytes,
        )

    def _templates(
        self, keys: Sequence[bytes], labelling: Labelling
    ) -> Generator[None, None, list[Template | None]]:
        templates: list[Template | None] = []
        learned = 0
        for start in range(0, len(keys), PLANNED_PER_STEP):
            found = self._memo.found(keys, start, start + PLANNED_PER_STEP, _UNKNOWN)
            # Those that another shape knew, before the labels changed, or that were forgotten.
            if _UNKNOWN in found:
                for at, template in enumerate(found):
                    if template is _UNKNOWN:
                        key = keys[start + at]
                        # Another target may have learned it between two steps.
                        template = self._memo.get(key, _UNKNOWN)
                        if template is _UNKNOWN:
                            template = self.learn(key, parse_series(key), labelling)
                        found[at] = template
                        learned += 1
                        if learned % LEARNED_PER_STEP == 0:
                            yield
            templates += found
            yield
        return templates

    def _adopt(self, plan: Plan) -> Generator[None, None, None]:
        """A page of new series: from now on its text is what they are known by."""
        if 2 * len(self._memo.learned) < len(plan.keys):
            return  # most of it is known; the others wait for a sweep, or this text would be held
        memo = self._memo
        for start in range(0, len(plan.keys), PLANNED_PER_STEP):
            memo.adopt(plan.keys, plan.templates, start, start + PLANNED_PER_STEP)
            # That sweep may not have met this plan.
            if self._sweeping is not None:
                self._sweeping.adopt(plan.keys, plan.templates, start, start + PLANNED_PER_STEP)
            yield

    def _sweep(self) -> Generator[None, None, None]:
        fresh: Known[Template | None] = hot.Known(len(self._memo))
        self._sweeping = fresh
        self._learned, total = 0, 0
        try:
            for plan in list(self._plans.values()):
                for start in range(0, len(plan.keys), PLANNED_PER_STEP):
                    stop = start + PLANNED_PER_STEP
                    new = fresh.adopt(plan.keys, plan.templates, start, stop)
                    total += _bytes_of(new)
                    yield
            self._settled = len(fresh) - len(fresh.learned)
            # What was learned since the last time may be in pages that are being read.
            young = list(self._memo.learned.items())
            for start in range(0, len(young), PLANNED_PER_STEP):
                for key, template in young[start : start + PLANNED_PER_STEP]:
                    if key not in fresh and key not in self._carried:
                        fresh.learn(key, template)
                yield
            self._carried = frozenset(fresh.learned)
            self._bytes = total + _bytes_of(fresh.learned.values())
            self._memo = fresh
            self._is_dirty = bool(fresh.learned)
            self._pages = 0
        finally:
            self._sweeping = None

    def _may_coincide(self, layout: Layout) -> Generator[None, None, bool]:
        """Whether series of a page might be the same for some target, or the same as its report."""
        if self._rivals and layout.has_holes:
            return True
        for start in range(0, len(layout), PLANNED_PER_STEP):
            text = b"".join(layout.templates[start : start + PLANNED_PER_STEP])
            for needle in self._needles:
                if needle in text:
                    return True
            yield
        return False

    def _check_limits(self, labels: Mapping[str, str], labelling: Labelling) -> None:
        # A value over the limit counts as read (`scraper.shapes`), so the verdict is the shape's.
        if labelling.limits.value_bytes:
            target = labelling.target_labels
            labels = {
                name: target[value[1:]] if value[0] == MARK else value
                for name, value in labels.items()
            }
        labelling.limits.check(labels)

    def _report(self, labelling: Labelling, name: str) -> Labels:
        return canonical({**labelling.external_labels, **self._target, METRIC_NAME: name})

    def _template(self, labels: Labels) -> Template:
        pieces: list[bytes] = []
        holes: list[int] = []
        run: list[bytes] = []
        encoded = self._encoded
        for label in labels:
            name, value = label
            if value[0] == MARK and value[1:] in self._target:
                pieces.append(b"".join(run))
                run = []
                holes.append(self._hole(name, value[1:]))
            else:
                run.append(encoded.get(label) or encode_label(name, value))
        return Template((*pieces, b"".join(run)), holes)

    def _hole(self, name: str, source: str) -> int:
        hole = self._hole_of.get((name, source))
        if hole is None:
            if len(self.holes) > MAX_HOLES:
                raise ValueError(f"rules copy labels of the target into more than {MAX_HOLES}")
            hole = self._hole_of[name, source] = len(self.holes)
            self.holes.append((name, source))
            needle = b"\x0a" + varint(len(name.encode())) + name.encode() + b"\x12"
            # A copy in the place of another label of the target, or of another copy.
            is_fixed = any(name == fixed for fixed, _ in self._encoded)
            if needle in self._needles or is_fixed or (name in self._target and name != source):
                self._rivals = True
            self._needles.append(needle)
        return hole


def _exported(report: Template) -> Template:
    pieces = []
    for piece in report.pieces:
        labels = decode_labels(piece)
        pieces.append(
            b"".join(
                [
                    encode_label(name, EXPORTED_PREFIX + value if name == METRIC_NAME else value)
                    for name, value in labels
                ]
            )
        )
    return Template(pieces, report.holes)


def _bytes_of(templates: Collection[Template | None]) -> int:
    held = [template for template in templates if template is not None]
    return len(templates) * _ENTRY_BYTES + sum(map(len, held)) + len(held) * _TEMPLATE_HEADER_BYTES
