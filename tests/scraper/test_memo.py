"""Keys become plans."""

import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.labelling import Labelling, SeriesError
from scraper.memo import Memo
from scraper.plan import Plan
from scraper.shape import ABSENT_PAGES, SPARE_SERIES
from scraper.shapes import Shapes
from series.labels import readable
from tests.scraper.steps import finish

DROP = RelabelRule(action="drop", source_labels=("__name__",), regex="drop.*")
MERGE = RelabelRule(
    source_labels=("__name__",), regex="same.*", target_label="__name__", replacement="same"
)


def memo_of(*rules: RelabelRule) -> Memo:
    pipeline = compile_rules(rules)
    labelling = Labelling(target_labels={"job": "j"}, external_labels={}, pipeline=pipeline)
    return Memo(labelling, Shapes())


def plan_of(memo: Memo, *series: str) -> Plan:
    return finish(memo.plan(tuple([f"{each} ".encode() for each in series])))


def layout_of(memo: Memo, plan: Plan) -> list[str]:
    return [readable(template.labels(memo.chunks)) for template in plan.layout.templates]


def positions_of(plan: Plan) -> list[int]:
    count = len(plan.keys)
    return list(range(count) if plan.pick is None else plan.pick(range(count)))


@pytest.mark.parametrize(
    ("series", "layout", "positions", "kept_count"),
    [
        pytest.param([], [], [], 0, id="an empty page"),
        pytest.param(["b", "a"], ['b{job="j"}', 'a{job="j"}'], [0, 1], 2, id="in page order"),
        pytest.param(["drop1", "a"], ['a{job="j"}'], [1], 1, id="a dropped series"),
        pytest.param(["drop1", "drop2"], [], [], 0, id="all dropped"),
        pytest.param(["a", "b", "a"], ['a{job="j"}', 'b{job="j"}'], [0, 1], 3, id="the same twice"),
        pytest.param(["a", "a{}"], ['a{job="j"}'], [0], 2, id="the same in other words"),
        pytest.param(["same1", "same2"], ['same{job="j"}'], [0], 2, id="made the same by a rule"),
    ],
)
def test_plan(series: list[str], layout: list[str], positions: list[int], kept_count: int) -> None:
    memo = memo_of(DROP, MERGE)
    plan = plan_of(memo, *series)
    assert layout_of(memo, plan) == layout
    assert positions_of(plan) == positions
    assert plan.kept_count == kept_count
    assert plan.duplicates == kept_count - len(layout)


def test_the_same_keys_are_the_same_plan() -> None:
    memo = memo_of()
    keys = (b"a ", b"b ")
    plans, added = [], []
    for _ in range(3):
        plans.append(finish(memo.plan(keys)))
        added.append(memo.added)
    assert plans[2] is plans[1] is plans[0]
    assert added == [2, 0, 0]


@pytest.mark.parametrize(
    ("pages", "added"),
    [
        pytest.param([["a", "b"], ["b", "a"]], [2, 0], id="another order"),
        pytest.param([["a"], ["a", "b"], ["a"]], [1, 1, 0], id="one comes and goes"),
        pytest.param([["a", "b"], ["a"], ["a", "b"]], [2, 0, 1], id="one comes back"),
        pytest.param([["a", "drop1"], ["a", "drop2"]], [1, 0], id="dropped ones do not count"),
        pytest.param([["a", "a", "a"]], [1], id="the same series counts once"),
        pytest.param([["a"], ["a{}"]], [1, 1], id="another spelling counts, as in Prometheus"),
    ],
)
def test_added(pages: list[list[str]], added: list[int]) -> None:
    memo = memo_of(DROP)
    counts = []
    for page in pages:
        plan_of(memo, *page)
        counts.append(memo.added)
    assert counts == added


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(["a"], ["a"], True, id="equal keys"),
        pytest.param(["a", "b"], ["a{}", "b"], True, id="a series in other words"),
        pytest.param(["a", "drop1"], ["drop2", "a"], True, id="other dropped ones beside it"),
        pytest.param(["a", "b"], ["b", "a"], False, id="another order"),
        pytest.param(["a", "b"], ["a"], False, id="one less"),
    ],
)
def test_pages_with_the_same_layout_object(
    before: list[str], after: list[str], expected: bool
) -> None:
    memo = memo_of(DROP)
    first = plan_of(memo, *before).layout
    assert (plan_of(memo, *after).layout is first) is expected


def test_a_series_that_is_away_for_short_is_remembered() -> None:
    memo = memo_of()
    (template,) = plan_of(memo, "a").layout.templates
    for _ in range(ABSENT_PAGES):
        plan_of(memo, "b")
        assert b"a " in memo
    assert plan_of(memo, "a").layout.templates == (template,)


def test_a_series_that_is_away_for_long_is_forgotten() -> None:
    memo = memo_of()
    plan_of(memo, "a")
    # What was learned since the last clearing stays until the one after the next.
    for _ in range(5 * ABSENT_PAGES):
        plan_of(memo, "b")
    assert b"a " not in memo
    assert len(memo.shape) == 1


def test_series_of_pages_that_failed_are_forgotten_too() -> None:
    memo = memo_of()
    plan_of(memo, "a")
    for number in range(1000):
        memo.learn(b"new%d " % number, {"__name__": f"new{number}"})
        finish(memo.tidy())
    assert len(memo.shape) <= 10 * ABSENT_PAGES
    assert b"a " in memo


def test_a_page_of_many_new_series_that_failed_is_forgotten_while_nothing_changes() -> None:
    memo = memo_of()
    plan_of(memo, "a")
    for number in range(SPARE_SERIES + 1):
        memo.learn(b"new%d " % number, {"__name__": f"new{number}"})
    for _ in range(5 * ABSENT_PAGES):
        finish(memo.tidy())
    assert len(memo.shape) == 1


def test_a_series_that_fails_leaves_the_plan_alone() -> None:
    memo = memo_of(RelabelRule(action="labeldrop", regex="__name__"))
    with pytest.raises(SeriesError):
        plan_of(memo, "a")
    assert finish(memo.plan(())).layout.templates == ()


def test_many_new_series_are_learned_in_steps() -> None:
    keys = tuple([b"series%d " % number for number in range(1000)])
    assert len(list(memo_of().plan(keys))) > 5


def test_what_is_known_of_a_whole_page() -> None:
    memo = memo_of(DROP)
    keys = (b"a ", b"drop1 ")
    assert not memo.knows(keys)
    finish(memo.plan(keys))
    assert memo.knows(keys)
    assert memo.knows(tuple(list(keys)))
    assert memo.knows((b"a ",))
    assert not memo.knows((b"a ", b"b "))
