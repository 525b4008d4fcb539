import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from web.api.envelope import ApiError
from web.api.relabel_steps import labels_of, relabel_steps

RULES = (
    RelabelRule(source_labels=("a",), target_label="b"),
    RelabelRule(action="drop", source_labels=("a",), regex="gone"),
    RelabelRule(action="labeldrop", regex="a"),
)


def test_each_rule_is_a_step() -> None:
    steps = relabel_steps(compile_rules(RULES), {"a": "x"})["steps"]
    assert steps == [
        {
            "rule": {
                "source_labels": ["a"],
                "separator": ";",
                "regex": "(.*)",
                "target_label": "b",
                "replacement": "$1",
                "action": "replace",
            },
            "output": {"a": "x", "b": "x"},
            "keep": True,
        },
        {
            "rule": {
                "source_labels": ["a"],
                "separator": ";",
                "regex": "gone",
                "replacement": "$1",
                "action": "drop",
            },
            "output": {"a": "x", "b": "x"},
            "keep": True,
        },
        {
            "rule": {"separator": ";", "regex": "a", "replacement": "$1", "action": "labeldrop"},
            "output": {"b": "x"},
            "keep": True,
        },
    ]


def test_rules_behind_a_drop_are_shown_with_nothing() -> None:
    steps = relabel_steps(compile_rules(RULES), {"a": "gone"})["steps"]
    assert isinstance(steps, list)
    assert [(step["keep"], step["output"] == {}) for step in steps] == [
        (True, False),
        (False, True),
        (False, True),
    ]


@pytest.mark.parametrize("text", ["", "x", "[1]", "1", '{"a": 1}', '{"a": null}', "[" * 100_000])
def test_what_are_no_labels(text: str) -> None:
    with pytest.raises(ApiError, match="labels"):
        labels_of(text)
