"""Explanations: one step per rule, and never another result than the pipeline's."""

import pytest
from hypothesis import given

from relabel.explain import Outcome, explain
from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from tests.relabel.strategies import label_sets, rule_lists


@given(rule_lists(), label_sets())
def test_agrees_with_the_pipeline(rules: list[RelabelRule], labels: dict[str, str]) -> None:
    pipeline = compile_rules(rules)
    explanation = explain(pipeline, labels)
    assert explanation.labels == pipeline.apply(labels)
    for step, following in zip(explanation.steps, explanation.steps[1:], strict=False):
        assert step.after == following.before


LABELS = {"__name__": "up", "a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("rule", "outcome", "text"),
    [
        pytest.param(
            RelabelRule(source_labels=("a", "b"), target_label="c"),
            Outcome.CHANGED,
            "1;2",
            id="replace shows the joined text",
        ),
        pytest.param(
            RelabelRule(source_labels=("a",), regex="2", target_label="c"),
            Outcome.NO_MATCH,
            "1",
            id="a text that does not match",
        ),
        pytest.param(
            RelabelRule(source_labels=("a",), target_label="a"),
            Outcome.UNCHANGED,
            "1",
            id="a match that changes nothing",
        ),
        pytest.param(
            RelabelRule(target_label="c", replacement="x", if_=("down",)),
            Outcome.SKIPPED,
            None,
            id="an if that does not hold",
        ),
        pytest.param(
            RelabelRule(action="keep", if_=("down",)),
            Outcome.DROPPED,
            None,
            id="a keep whose if does not hold",
        ),
        pytest.param(
            RelabelRule(action="drop", source_labels=("a",), regex="1"),
            Outcome.DROPPED,
            "1",
            id="a drop",
        ),
        pytest.param(
            RelabelRule(action="keepequal", source_labels=("a",), target_label="b"),
            Outcome.DROPPED,
            "a='1' b='2'",
            id="equality shows what was compared",
        ),
        pytest.param(
            RelabelRule(action="labeldrop", regex="a|b"),
            Outcome.CHANGED,
            "a, b",
            id="actions on names show the names",
        ),
        pytest.param(
            RelabelRule(action="labelmap_all", regex="a", replacement="x"),
            Outcome.CHANGED,
            "__name__, a",
            id="labelmap_all shows the names that change",
        ),
        pytest.param(
            RelabelRule(action="hashmod", source_labels=("a",), target_label="h", modulus=2),
            Outcome.CHANGED,
            "1",
            id="a hash shows the hashed text",
        ),
        pytest.param(
            RelabelRule(action="replace_all", source_labels=("a",), target_label="a", regex="x"),
            Outcome.NO_MATCH,
            "1",
            id="replace_all without an occurrence",
        ),
        pytest.param(
            RelabelRule(action="graphite", match="*", labels={"g": "$1"}),
            Outcome.CHANGED,
            "up",
            id="graphite shows the name",
        ),
    ],
)
def test_step(rule: RelabelRule, outcome: Outcome, text: str | None) -> None:
    step = explain([rule], LABELS).steps[0]
    assert (step.outcome, step.text) == (outcome, text)


def test_the_rule_that_dropped_is_named_and_the_last() -> None:
    rules = [
        RelabelRule(target_label="c", replacement="x"),
        RelabelRule(action="drop", source_labels=("c",), regex="x"),
        RelabelRule(target_label="d", replacement="y"),
    ]
    explanation = explain(rules, LABELS)
    assert explanation.dropped_by == 1
    assert [step.index for step in explanation.steps] == [0, 1]
    assert explanation.steps[-1].before == {**LABELS, "c": "x"}
    assert explanation.steps[-1].after is None


def test_nothing_dropped() -> None:
    explanation = explain([], {"a": "1", "b": ""})
    assert (explanation.steps, explanation.labels, explanation.dropped_by) == ((), {"a": "1"}, None)
