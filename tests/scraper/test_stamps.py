"""Explicit timestamps: what is stored and what is not."""

from array import array

import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.labelling import Labelling
from scraper.memo import Memo
from scraper.shapes import Shapes
from scraper.stamps import MAX_AHEAD_MS, Selection, StampFilter
from series.labels import METRIC_NAME
from series.layout import Layout
from tests.scraper.steps import finish

NOW_MS = 1_000_000
NONE = NO_TIMESTAMP
DROP = RelabelRule(action="drop", source_labels=("__name__",), regex="drop.*")

# Series, value and timestamp of each line.
Lines = list[tuple[str, float, int]]


class Target:
    """A memo and a filter, as a target has them."""

    def __init__(self, *, honor: bool = True, track: bool = False) -> None:
        labelling = Labelling(target_labels={}, external_labels={}, pipeline=compile_rules([DROP]))
        self.memo = Memo(labelling, Shapes())
        self.filter = StampFilter(honor=honor, track_staleness=track)

    def select(self, lines: Lines, now_ms: int = NOW_MS) -> Selection:
        keys = tuple([f"{name} ".encode() for name, _, _ in lines])
        stamps = array("q", [stamp for _, _, stamp in lines])
        has_stamps = any(stamp != NONE for stamp in stamps)
        values = array("d", [value for _, value, _ in lines])
        page = Page(keys, values, stamps if has_stamps else None)
        plan = finish(self.memo.plan(keys))
        return finish(self.filter.select(page, plan, self.memo, now_ms))


def names(layout: Layout) -> list[str]:
    return [dict(template.labels())[METRIC_NAME] for template in layout.templates]


def stored(selection: Selection) -> Lines:
    timestamps = selection.timestamps
    if isinstance(timestamps, int):
        timestamps = array("q", [timestamps] * len(selection.values))
    return list(zip(names(selection.layout), selection.values, timestamps, strict=True))


@pytest.mark.parametrize(
    ("lines", "expected", "counts"),
    [
        pytest.param([("a", 1, NONE)], [("a", 1, NOW_MS)], (0, 0, 0), id="none"),
        pytest.param([("a", 1, 5)], [("a", 1, 5)], (0, 0, 0), id="one"),
        pytest.param(
            [("a", 1, NONE), ("b", 2, 7)], [("a", 1, NOW_MS), ("b", 2, 7)], (0, 0, 0), id="some"
        ),
        pytest.param([("a", 1, 5), ("a", 2, 6)], [("a", 1, 5), ("a", 2, 6)], (0, 0, 0), id="two"),
        pytest.param([("a", 1, 5), ("a", 2, 5)], [("a", 1, 5)], (0, 1, 0), id="the same again"),
        pytest.param([("a", 1, 5), ("a", 2, 4)], [("a", 1, 5)], (0, 1, 0), id="an older one"),
        pytest.param(
            [("a", 1, NONE), ("a", 2, NONE), ("b", 3, 1)],
            [("a", 1, NOW_MS), ("b", 3, 1)],
            (1, 0, 0),
            id="a duplicate beside",
        ),
        pytest.param(
            [("a", 1, NOW_MS + MAX_AHEAD_MS)],
            [("a", 1, NOW_MS + MAX_AHEAD_MS)],
            (0, 0, 0),
            id="ten minutes ahead",
        ),
        pytest.param(
            [("a", 1, NOW_MS + MAX_AHEAD_MS + 1)], [], (0, 0, 1), id="further ahead than that"
        ),
        pytest.param(
            [("a", 1, NOW_MS + 5), ("a", 2, NONE)],
            [("a", 1, NOW_MS + 5)],
            (0, 1, 0),
            id="now, behind one of the future",
        ),
        pytest.param(
            [("a", 1, NONE), ("a", 2, 5)],
            [("a", 1, NOW_MS)],
            (0, 1, 0),
            id="one of the past, behind now",
        ),
        pytest.param(
            [("drop1", 1, 5), ("a", 2, 6)], [("a", 2, 6)], (0, 0, 0), id="relabelled away"
        ),
    ],
)
def test_select(lines: Lines, expected: Lines, counts: tuple[int, int, int]) -> None:
    selection = Target().select(lines)
    assert stored(selection) == expected
    assert (selection.duplicates, selection.out_of_order, selection.out_of_bounds) == counts


def test_a_timestamp_must_be_newer_than_at_the_last_scrape() -> None:
    target = Target()
    target.select([("a", 1, 5), ("b", 1, 5)])
    selection = target.select([("a", 2, 5), ("b", 2, 6)])
    assert stored(selection) == [("b", 2, 6)]
    assert selection.out_of_order == 1
    assert stored(target.select([("a", 3, 6), ("b", 3, 6)])) == [("a", 3, 6)]


def test_a_timestamp_is_known_wherever_its_series_stands_in_the_page() -> None:
    target = Target()
    target.select([("a", 1, 5), ("b", 1, 6)])
    assert stored(target.select([("c", 1, 1), ("b", 2, 6), ("a", 2, 6)])) == [
        ("c", 1, 1),
        ("a", 2, 6),
    ]


def test_timestamps_do_not_count_where_they_are_not_honoured() -> None:
    selection = Target(honor=False).select([("a", 1, 5), ("b", 2, 6), ("a", 3, 7)])
    assert stored(selection) == [("a", 1, NOW_MS), ("b", 2, NOW_MS)]
    assert selection.timestamps == NOW_MS
    assert selection.duplicates == 1


@pytest.mark.parametrize(
    ("track", "tracked"),
    [
        pytest.param(False, ["a"], id="only series without one are tracked"),
        pytest.param(True, ["a", "b"], id="all are if the job says so"),
    ],
)
def test_which_series_are_marked_when_they_end(track: bool, tracked: list[str]) -> None:
    selection = Target(track=track).select([("a", 1, NONE), ("b", 2, 7)])
    assert names(selection.tracked) == tracked


def test_an_unchanged_page_has_the_same_layouts() -> None:
    target = Target()
    first = target.select([("a", 1, NONE), ("b", 2, 7)])
    second = target.select([("a", 1, NONE), ("b", 2, 8)])
    assert second.layout is first.layout
    assert second.tracked is first.tracked
