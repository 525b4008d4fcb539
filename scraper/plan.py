"""What to do with a page of certain keys: which samples are kept, and as which series.

Takes the templates of a page's keys; gives a Plan, which all targets of a shape with equal keys
share.
Invariant: a layout names no final series twice, whatever fills its holes; the first of equals wins.
Where two templates may mean the same series for one target and not for another (a constant where
the other has a hole: `may_coincide`), each target's filled labels decide (`resolve`).
"""

from array import array
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from weakref import WeakValueDictionary

import attrs

from scraper.exposition.section import Picker, picker
from series.layout import Layout
from series.template import Template

# At most 3 ms between two yields: 0.1 us a series to plan, 0.5 us to fill.
PLANNED_PER_STEP = 8000
FILLED_PER_STEP = 3000

EMPTY = Layout(())

Changes = tuple[tuple[int, Template], ...]


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """`templates`: in page order, None where relabelling dropped the series.

    `layout`: those that are left, the first of equals only; `pick` picks their values, None where
    that is all of them. `kept_count`: duplicates included, dropped ones not.
    `variants`: what becomes of this plan for targets whose labels make some of its series equal.
    """

    keys: Sequence[bytes] = ()
    templates: Sequence[Template | None] = ()
    layout: Layout = EMPTY
    pick: Picker | None = None
    kept_count: int = 0
    may_coincide: bool = False
    base: "Plan | None" = None
    variants: "WeakValueDictionary[Changes, Plan] | None" = None

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


LayoutOf = Callable[[Iterable[Template]], Layout]


def build(
    keys: Sequence[bytes],
    templates: Sequence[Template | None],
    layout_of: LayoutOf,
    base: Plan | None = None,
) -> Generator[None, None, Plan]:
    """`layout_of` gives the one layout that has certain templates."""
    first_of: dict[Template | None, None] = {}
    for start in range(0, len(templates), PLANNED_PER_STEP):
        first_of.update(dict.fromkeys(templates[start : start + PLANNED_PER_STEP]))
        yield
    kept_count = len(templates) - (templates.count(None) if None in first_of else 0)
    first_of.pop(None, None)
    layout = layout_of([template for template in first_of if template is not None])
    yield
    pick = None
    held: Sequence[Template | None] = layout.templates
    if len(layout) < len(templates):
        pick = picker((yield from _positions(templates)))
        held = tuple(templates)
    return Plan(
        keys=keys,
        templates=held,
        layout=layout,
        pick=pick,
        kept_count=kept_count,
        base=base,
    )


def _positions(templates: Sequence[Template | None]) -> Generator[None, None, list[int]]:
    """Where each series stands first."""
    seen: set[Template | None] = {None}
    positions: list[int] = []
    for start in range(0, len(templates), PLANNED_PER_STEP):
        for at, template in enumerate(templates[start : start + PLANNED_PER_STEP], start):
            if template not in seen:
                seen.add(template)
                positions.append(at)
        yield
    return positions


def resolve(
    plan: Plan,
    chunks: Sequence[bytes],
    renamed: Mapping[bytes, Template],
    layout_of: LayoutOf,
) -> Generator[None, None, Plan]:
    """`plan` as it is for a target with these chunks.

    `renamed`: by the filled labels of the target's own report, what a series like it becomes.
    """
    meant: dict[bytes, Template] = {}
    changes: list[tuple[int, Template]] = []
    templates = plan.templates
    for start in range(0, len(templates), FILLED_PER_STEP):
        for at, template in enumerate(templates[start : start + FILLED_PER_STEP], start):
            if template is None:
                continue
            filled = template.fill(chunks)
            own = template
            if filled in renamed:
                own = renamed[filled]
                filled = own.fill(chunks)
            own = meant.setdefault(filled, own)
            if own is not template and own != template:
                changes.append((at, own))
        yield
    # Fast path: for this target they are all different.
    if not changes:
        return plan
    assert plan.variants is not None
    variant = plan.variants.get(tuple(changes))
    if variant is None:
        mended = list(templates)
        for at, template in changes:
            mended[at] = template
        variant = yield from build(plan.keys, mended, layout_of, base=plan)
        plan.variants[tuple(changes)] = variant
    return variant
