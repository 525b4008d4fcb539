"""The promise of `flow.py`: what is not read may be anything. Held by markers on random rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relabel.pipeline import Pipeline, compile_rules
from relabel.rule import RelabelRule
from tests.relabel.cases import rule, rule_cases
from tests.relabel.strategies import label_sets, rule_lists


def assert_promise(pipeline: Pipeline, labels: dict[str, str], targets: set[str]) -> None:
    """Markers instead of the unread values of `targets` give the same result, with holes."""
    unread = (targets & labels.keys()) - pipeline.reads_among(labels.keys())
    markers = {name: f"\0{name}\0" for name in unread}
    source_of = {marker: name for name, marker in markers.items()}
    real = pipeline.apply(labels)
    marked = pipeline.apply({**labels, **markers})
    if real is None or marked is None:
        assert real is marked
        return
    filled = {
        name: labels[source_of[value]] if value in source_of else value
        for name, value in marked.items()
    }
    assert filled == real
    if pipeline.copies is not None:
        moved = {source_of[v] for n, v in marked.items() if v in source_of and source_of[v] != n}
        assert moved <= pipeline.copies


@given(rule_lists(), label_sets(), st.sets(st.sampled_from(("a", "b", "c", "instance", "job"))))
def test_unread_values_may_be_anything(
    rules: list[RelabelRule], labels: dict[str, str], targets: set[str]
) -> None:
    assert_promise(compile_rules(rules), labels, targets)


@given(rule_lists(), label_sets())
def test_the_static_answers_cover_every_input(
    rules: list[RelabelRule], labels: dict[str, str]
) -> None:
    pipeline = compile_rules(rules)
    if pipeline.reads is not None:
        assert pipeline.reads_among(labels) <= pipeline.reads
    result = pipeline.apply(labels)
    if pipeline.changes is not None and result is not None:
        names = labels.keys() | result.keys()
        changed = {name for name in names if labels.get(name) != result.get(name)}
        assert changed <= pipeline.changes


ANY = None


@pytest.mark.parametrize(
    ("rules", "reads", "copies"),
    [
        pytest.param([], set(), set(), id="no rules read nothing"),
        pytest.param(
            [{"source_labels": ["job"], "target_label": "team"}],
            set(),
            {"job"},
            id="a whole value copied is not read",
        ),
        pytest.param(
            [{"source_labels": ["job"], "regex": "(.+)", "target_label": "team"}],
            set(),
            {"job"},
            id="nor is one that must be there to be copied",
        ),
        pytest.param(
            [{"source_labels": ["job"], "regex": "^((?:.*))$", "target_label": "team"}],
            set(),
            {"job"},
            id="however the wildcard is wrapped",
        ),
        pytest.param(
            [
                {"source_labels": ["job"], "target_label": "team"},
                {"action": "drop", "source_labels": ["team"], "regex": "x"},
            ],
            {"job", "team"},
            {"job"},
            id="but reading the copy reads the original",
        ),
        pytest.param(
            [{"source_labels": ["job"], "target_label": "team", "replacement": "t-$1"}],
            {"job"},
            set(),
            id="a value that becomes a part of another is read",
        ),
        pytest.param(
            [{"source_labels": ["job", "instance"], "target_label": "team"}],
            {"job", "instance"},
            set(),
            id="so are values that are joined",
        ),
        pytest.param(
            [{"source_labels": ["job"], "regex": ".+", "target_label": "t", "replacement": "x"}],
            set(),
            set(),
            id="whether a label is there is not its value",
        ),
        pytest.param(
            [{"action": "keep", "source_labels": ["job"], "regex": ".+"}],
            set(),
            set(),
            id="keep of whatever is there reads no value",
        ),
        pytest.param(
            [{"action": "drop", "source_labels": ["job"], "regex": ""}],
            set(),
            set(),
            id="drop of what is absent reads no value",
        ),
        pytest.param(
            [{"action": "drop", "if": '{job!="",instance=~".+"}'}],
            set(),
            set(),
            id="an if for presence reads no value",
        ),
        pytest.param(
            [{"action": "drop", "if": ['{job="x"}', "up"]}],
            {"job", "__name__"},
            set(),
            id="an if for a value reads it",
        ),
        pytest.param(
            [{"action": "keepequal", "source_labels": ["a"], "target_label": "b"}],
            {"a", "b"},
            set(),
            id="equality reads both sides",
        ),
        pytest.param(
            [{"action": "keep_if_contains", "source_labels": ["a"], "target_label": "b"}],
            {"a", "b"},
            set(),
            id="containment reads both sides",
        ),
        pytest.param(
            [{"target_label": "t", "replacement": "{{job}}"}],
            set(),
            {"job"},
            id="a lone {{label}} is a copy",
        ),
        pytest.param(
            [{"target_label": "t", "replacement": "{{job}}-x"}],
            {"job"},
            set(),
            id="a {{label}} among text is read",
        ),
        pytest.param(
            [{"source_labels": ["job"], "target_label": "$1", "replacement": "x"}],
            {"job"},
            set(),
            id="a label's name made of a value reads it",
        ),
        pytest.param(
            [{"action": "labeldrop", "regex": "x.*"}, {"action": "labelkeep", "regex": "y"}],
            set(),
            set(),
            id="names are no values",
        ),
        pytest.param(
            [
                {"action": "labelmap", "regex": "job", "replacement": "team"},
                {"action": "drop", "source_labels": ["team"], "regex": "x"},
            ],
            {"job", "team"},
            {"job"},
            id="labelmap of a literal name is a copy like any other",
        ),
        pytest.param(
            [{"action": "labelmap", "regex": "x(.*)"}],
            set(),
            ANY,
            id="labelmap of unlisted names copies any label",
        ),
        pytest.param(
            [
                {"action": "labelmap", "regex": "x(.*)"},
                {"action": "drop", "source_labels": ["team"], "regex": "x"},
            ],
            ANY,
            ANY,
            id="and what is read behind it may be any label's value",
        ),
        pytest.param(
            [{"action": "graphite", "match": "a.*", "labels": {"b": "$1"}}],
            {"__name__"},
            set(),
            id="graphite reads the name",
        ),
        pytest.param(
            [{"action": "hashmod", "source_labels": ["a"], "target_label": "h", "modulus": 2}],
            {"a"},
            set(),
            id="a hash reads",
        ),
        pytest.param(
            [{"action": "replace_all", "source_labels": ["a"], "target_label": "a", "regex": "x"}],
            {"a"},
            set(),
            id="replace_all reads",
        ),
    ],
)
def test_reads_and_copies(
    rules: list[dict[str, object]], reads: set[str] | None, copies: set[str] | None
) -> None:
    pipeline = compile_rules([rule(keys) for keys in rules])
    assert (pipeline.reads, pipeline.copies) == (reads, copies)


def test_known_names_make_a_labelmap_precise() -> None:
    pipeline = compile_rules(
        [
            RelabelRule(action="labelmap", regex="x_(.*)"),
            RelabelRule(action="drop", source_labels=("team",), regex="x"),
        ]
    )
    assert pipeline.reads is None
    assert pipeline.reads_among(["x_team", "x_job", "instance"]) == {"x_team"}


@pytest.mark.parametrize(
    ("keys", "changes"),
    [
        pytest.param({"target_label": "a"}, {"a"}, id="replace changes its target"),
        pytest.param({"target_label": "$1"}, ANY, id="replace of a computed name, any"),
        pytest.param({"action": "labeldrop", "regex": "a|b"}, {"a", "b"}, id="listed names"),
        pytest.param({"action": "labeldrop", "regex": "a.*"}, ANY, id="unlisted names"),
        pytest.param({"action": "labelkeep", "regex": "a"}, ANY, id="labelkeep, all others"),
        pytest.param(
            {"action": "labelmap", "regex": "a(1|2)"}, {"1", "2"}, id="labelmap of listed names"
        ),
        pytest.param(
            {"action": "labelmap", "regex": "a.*", "replacement": "b"}, {"b"}, id="to one name"
        ),
        pytest.param({"action": "keep", "regex": "a"}, set(), id="a filter changes no label"),
    ],
)
def test_changes(keys: dict[str, object], changes: set[str] | None) -> None:
    assert compile_rules([rule(keys)]).changes == changes


def test_the_promise_holds_for_the_tables() -> None:
    for name in ("prometheus_rules", "vmagent_rules", "own_rules"):
        for case in rule_cases(name):
            names = {"a", "b", "c", "foo", "bar", "xxx", "baz"}
            labels = {label: f"value of {label}" for label in names}
            assert_promise(compile_rules(case.rules), labels, names)
