"""Did the rules do to a series what a test expects?

Takes a test and one of its expectations; gives the lines to print, none if it holds.
"""

from collections.abc import Iterator, Mapping

from agent.commands.rule_tests import Expectation, RuleTest
from relabel.explain import explain
from relabel.explain_text import explanation_lines
from series.labels import canonical, readable


def judge(test: RuleTest, expectation: Expectation) -> list[str]:
    before = test.subject.prepare(expectation.before)
    explanation = explain(test.subject.pipeline, before)
    result = explanation.labels
    found = (
        None if result is None else test.subject.outcome(before, result, expectation.after or {})
    )
    expected = None if expectation.after is None else _without_empty(expectation.after)
    if found == expected:
        return []
    return [
        f"FAILED {expectation.place}: {test.says}",
        f"  series    {_shown(expectation.before)}",
        f"  expected  {_shown(expected)}",
        f"  found     {_shown(found)}",
        *(f"    {line}" for line in _difference(expected, found)),
        "  because",
        *(f"    {line}" for line in explanation_lines(explanation, before)),
    ]


def _without_empty(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}


def _shown(labels: Mapping[str, str] | None) -> str:
    return "dropped" if labels is None else readable(canonical(labels))


def _difference(
    expected: Mapping[str, str] | None, found: Mapping[str, str] | None
) -> Iterator[str]:
    """A line for each label: `-` expected and not found, `+` found and not expected."""
    if expected is None or found is None:
        return
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) == found.get(name):
            continue
        for sign, labels in (("-", expected), ("+", found)):
            if name in labels:
                yield f"{sign} {_shown({name: labels[name]})}"
