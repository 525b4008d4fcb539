"""Rule lists against the peers' tables, and what holds for every list."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given

from relabel.errors import RuleError
from relabel.pipeline import compile_rules, rule_errors
from relabel.rule import RelabelRule
from relabel.series_text import parse_series
from series.labels import canonical, readable
from tests.relabel.cases import DROPPED, RuleCase, rule_cases
from tests.relabel.strategies import label_sets, rule_lists

TABLES = ("prometheus_rules", "vmagent_rules", "own_rules")


def shown(labels: Mapping[str, str] | None) -> str:
    return DROPPED if labels is None else readable(canonical(labels))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.says}: {case.before} to {case.after}")
        for name in TABLES
        for case in rule_cases(name)
    ],
)
def test_table(case: RuleCase) -> None:
    assert shown(compile_rules(case.rules).apply(parse_series(case.before))) == case.after


def test_the_input_is_never_changed() -> None:
    labels = {"a": "1", "b": "", "c": "2"}
    pipeline = compile_rules(
        [
            RelabelRule(target_label="a", replacement="x"),
            RelabelRule(action="labeldrop", regex="c"),
            RelabelRule(action="labelmap_all", regex="a", replacement="z"),
        ]
    )
    assert pipeline.apply(labels) == {"z": "x"}
    assert labels == {"a": "1", "b": "", "c": "2"}


def test_an_empty_list_removes_empty_values_only() -> None:
    pipeline = compile_rules([])
    assert pipeline.is_empty
    assert pipeline.apply({"a": "1", "b": ""}) == {"a": "1"}


def test_an_error_names_the_rule_and_the_key() -> None:
    rules = [
        RelabelRule(target_label="a"),
        RelabelRule(source_labels=("a",), target_label="b", regex="("),
        RelabelRule(action="hashmod", target_label="b"),
    ]
    with pytest.raises(RuleError, match="relabel rule #2: error parsing regexp") as caught:
        compile_rules(rules)
    assert (caught.value.index, caught.value.key) == (1, "regex")
    assert [(error.index, error.key) for error in rule_errors(rules)] == [
        (1, "regex"),
        (2, "modulus"),
    ]


@given(rule_lists(), label_sets())
def test_any_rules_on_any_labels_give_clean_labels(
    rules: list[RelabelRule], labels: dict[str, str]
) -> None:
    """No exception, no empty name or value, and the order of the input does not matter."""
    pipeline = compile_rules(rules)
    result = pipeline.apply(labels)
    shuffled = list(labels.items())
    random.Random(len(labels)).shuffle(shuffled)
    assert pipeline.apply(dict(shuffled)) == result
    if result is not None:
        assert all(name and value for name, value in result.items())
