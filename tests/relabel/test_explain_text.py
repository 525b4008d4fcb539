"""Explanations as text."""

import pytest
import yaml
from hypothesis import given

from relabel.explain import explain
from relabel.explain_text import change_texts, explanation_lines, outcome_text, rule_text
from relabel.rule import RelabelRule
from tests.relabel.cases import rule
from tests.relabel.strategies import rules


@given(rules())
def test_a_rule_is_shown_as_yaml_that_means_it(shown: RelabelRule) -> None:
    assert rule(yaml.safe_load(rule_text(shown))) == shown


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        pytest.param({"target_label": "a"}, "{target_label: a}", id="defaults are left out"),
        pytest.param(
            {"target_label": "yes", "replacement": "1"},
            "{target_label: 'yes', replacement: '1'}",
            id="what YAML would take for something else is quoted",
        ),
        pytest.param(
            {"target_label": "a", "replacement": "it's\n"},
            '{target_label: a, replacement: "it\'s\\n"}',
            id="what single quotes cannot hold",
        ),
        pytest.param(
            {"action": "graphite", "match": "a.*", "labels": {"b": "$1"}},
            "{action: graphite, match: 'a.*', labels: {b: '$1'}}",
            id="graphite",
        ),
        pytest.param(
            {"action": "hashmod", "source_labels": ["a"], "target_label": "h", "modulus": 8},
            "{action: hashmod, source_labels: [a], target_label: h, modulus: 8}",
            id="a modulus",
        ),
        pytest.param(
            {"action": "drop", "if": ["up", '{a="b"}']},
            "{if: [up, '{a=\"b\"}'], action: drop}",
            id="several selectors",
        ),
    ],
)
def test_rule_text(keys: dict[str, object], text: str) -> None:
    assert rule_text(rule(keys)) == text


def test_changes() -> None:
    before, after = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "d": '"'}
    assert list(change_texts(before, after)) == ['b="2"->"x"', '-c="3"', '+d="\\""']


def test_long_values_are_cut() -> None:
    step = explain([RelabelRule(action="keep", source_labels=("a",))], {"a": "x" * 999}).steps[0]
    assert outcome_text(step) == f'on "{"x" * 200}...": unchanged'


def test_a_keep_whose_if_does_not_hold() -> None:
    labels = {"__name__": "up"}
    explanation = explain([RelabelRule(action="keep", if_=("down",))], labels)
    assert list(explanation_lines(explanation, labels)) == [
        "up",
        "  1  {if: down, action: keep}",
        "     its `if` does not hold: dropped",
        "  => dropped by rule 1",
    ]
