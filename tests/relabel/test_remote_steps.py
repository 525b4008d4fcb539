"""What a remote gets: rules for all, limits, its own rules, added labels, in that order."""

import pytest

from relabel.limits import Excess, LabelLimits
from relabel.pipeline import Pipeline, compile_rules
from relabel.remote_steps import RemoteSteps
from relabel.rule import RelabelRule
from tests.relabel.cases import rule


def rules(*keys: dict[str, object]) -> Pipeline:
    return compile_rules([rule(each) for each in keys])


LABELS = {"__name__": "a.b", "job": "j"}


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        pytest.param(RemoteSteps(), LABELS, id="nothing to do"),
        pytest.param(
            RemoteSteps(
                common=rules({"target_label": "x", "replacement": "1"}),
                own=rules({"source_labels": ["x"], "target_label": "y", "replacement": "$1$1"}),
            ),
            {**LABELS, "x": "1", "y": "11"},
            id="the rules for all come first",
        ),
        pytest.param(
            RemoteSteps(
                common=rules({"target_label": "__tmp", "replacement": "1"}),
                own=rules({"source_labels": ["__tmp"], "target_label": "y"}),
            ),
            LABELS,
            id="scratch labels of the rules for all do not reach the remote's own",
        ),
        pytest.param(
            RemoteSteps(own=rules({"target_label": "__tmp", "replacement": "1"})),
            {**LABELS, "__tmp": "1"},
            id="write_relabel_configs may write reserved labels",
        ),
        pytest.param(
            RemoteSteps(
                own=rules({"target_label": "__tmp", "replacement": "1"}), has_scratch_labels=True
            ),
            LABELS,
            id="rules of a flag may not",
        ),
        pytest.param(
            RemoteSteps(
                common=rules({"target_label": "c.d", "replacement": "1"}),
                own=rules({"source_labels": ["c_d"], "target_label": "e.f"}),
                is_compatible_naming=True,
            ),
            {"__name__": "a_b", "c_d": "1", "e_f": "1", "job": "j"},
            id="names are mended after each list",
        ),
        pytest.param(
            RemoteSteps(
                own=rules({"target_label": "job", "replacement": "x"}),
                extra_labels={"job": "y", "empty": ""},
            ),
            {"__name__": "a.b", "job": "y"},
            id="added labels have the last word",
        ),
        pytest.param(
            RemoteSteps(own=rules({"action": "drop"})), None, id="a rule drops the series"
        ),
        pytest.param(
            RemoteSteps(own=rules({"action": "labeldrop", "regex": ".*"})),
            None,
            id="a series without labels is none",
        ),
    ],
)
def test_apply(steps: RemoteSteps, result: dict[str, str] | None) -> None:
    assert steps.apply(LABELS) == result


def test_limits_judge_what_the_rules_for_all_have_left_and_are_counted() -> None:
    drop = RelabelRule(action="labeldrop", regex="c")
    steps = RemoteSteps(
        common=compile_rules([drop]),
        limits=LabelLimits(max_labels=2),
        own=rules({"target_label": "x", "replacement": "1"}),
    )
    assert steps.apply({"a": "1", "b": "1", "c": "1"}) == {"a": "1", "b": "1", "x": "1"}
    assert steps.apply({"a": "1", "b": "1", "d": "1"}) is None
    assert steps.ignored == {Excess.LABELS: 1}


def test_is_empty() -> None:
    assert RemoteSteps().is_empty
    assert not RemoteSteps(extra_labels={"a": "b"}).is_empty
    assert not RemoteSteps(limits=LabelLimits(max_labels=1)).is_empty


def test_reads_go_through_both_lists() -> None:
    steps = RemoteSteps(
        common=rules({"source_labels": ["a"], "target_label": "b"}),
        own=rules({"action": "drop", "source_labels": ["b"], "regex": "x"}),
    )
    assert steps.reads_among(["a", "b", "c"]) == {"a", "b"}
    limited = RemoteSteps(limits=LabelLimits(max_value_bytes=9))
    assert limited.reads_among(["a", "b"]) == {"a", "b"}
