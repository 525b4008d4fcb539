"""How many series of a target are let through."""

from array import array
from collections.abc import Sequence

import pytest

from relabel.pipeline import compile_rules
from scraper.labelling import Labelling
from scraper.memo import Memo
from scraper.series_limit import WINDOW_MS, SeriesLimit
from scraper.shapes import Shapes
from scraper.stamps import Selection
from series.labels import canonical
from series.layout import Layout
from series.template import Template
from tests.scraper.steps import finish

MEMO = Memo(Labelling(target_labels={}, external_labels={}, pipeline=compile_rules(())), Shapes())
TEMPLATES = {name: Template.constant(canonical({"__name__": name})) for name in "abcdef"}


def selection_of(names: str, untracked: str = "") -> Selection:
    layout = Layout(tuple([TEMPLATES[name] for name in names]))
    tracked = layout
    if untracked:
        tracked = Layout(tuple([TEMPLATES[name] for name in names if name not in untracked]))
    return Selection(
        layout=layout,
        values=array("d", [ord(name) for name in names]),
        timestamps=array("q", [ord(name) * 10 for name in names]) if untracked else 5,
        tracked=tracked,
    )


def names_of(layout: Layout) -> str:
    return "".join(dict(each.labels())["__name__"] for each in layout.templates)


@pytest.mark.parametrize(
    ("limit", "pages", "admitted", "dropped"),
    [
        pytest.param(0, ["abc"], ["abc"], [0], id="no limit"),
        pytest.param(3, ["abc", "abc"], ["abc", "abc"], [0, 0], id="just enough"),
        pytest.param(2, ["abc", "abc"], ["ab", "ab"], [1, 1], id="the first ones win"),
        pytest.param(2, ["ab", "cab"], ["ab", "ab"], [0, 1], id="known ones win over new ones"),
        pytest.param(3, ["ab", "cd"], ["ab", "c"], [0, 1], id="those that are gone still count"),
        pytest.param(1, ["", "b"], ["", "b"], [0, 0], id="an empty page counts nothing"),
    ],
)
def test_limit(limit: int, pages: Sequence[str], admitted: Sequence[str], dropped: object) -> None:
    series = SeriesLimit(limit)
    got, counts = [], []
    for page in pages:
        got.append(finish(series.admit(selection_of(page), MEMO, 0)))
        counts.append(series.dropped)
    assert [names_of(each.layout) for each in got] == admitted
    assert [bytes(map(int, each.values)).decode() for each in got] == admitted
    assert [names_of(each.tracked) for each in got] == admitted
    assert counts == dropped


def test_after_a_day_all_are_forgotten() -> None:
    series = SeriesLimit(2)
    finish(series.admit(selection_of("ab"), MEMO, 0))
    assert names_of(finish(series.admit(selection_of("cd"), MEMO, WINDOW_MS - 1)).layout) == ""
    assert names_of(finish(series.admit(selection_of("cd"), MEMO, WINDOW_MS)).layout) == "cd"
    assert series.current == 2


def test_equal_pages_keep_their_layout() -> None:
    series = SeriesLimit(2)
    first = finish(series.admit(selection_of("abc"), MEMO, 0))
    second = finish(series.admit(selection_of("abc"), MEMO, 0))
    after_a_day = finish(series.admit(selection_of("abc"), MEMO, WINDOW_MS))
    assert first.layout is second.layout is after_a_day.layout


def test_timestamps_and_what_is_tracked_follow() -> None:
    got = finish(SeriesLimit(2).admit(selection_of("abc", untracked="a"), MEMO, 0))
    assert isinstance(got.timestamps, array)
    assert list(got.timestamps) == [970, 980]
    assert names_of(got.tracked) == "b"
