"""Go's template expansion, row by row, and vmagent's `{{label}}`."""

import pytest

from relabel.expand import bind
from relabel.pattern import compile_pattern
from tests.relabel.cases import table

PATTERN = compile_pattern("(?P<first>a)(b)(?P<x1>c)?")


@pytest.mark.parametrize(("template", "text"), table("templates"))
def test_go(template: str, text: str) -> None:
    groups = PATTERN.groups("ab")
    assert groups is not None
    expansion = bind(template, PATTERN.group_count, PATTERN.group_names)
    assert expansion.expand(groups, {"first": "label"}) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("abc", "abc", id="plain text"),
        pytest.param("foo{{bar", "foo{{bar", id="not closed"),
        pytest.param("foo-$1", "foo-a", id="a group"),
        pytest.param("foo{{bar}}", "foobaz", id="a label behind text"),
        pytest.param("{{bar}}", "baz", id="a label alone"),
        pytest.param("{{bar}}-aa", "baz-aa", id="a label before text"),
        pytest.param(
            "{{bar}}-aa{{__name__}}.{{bar}}{{absent}}", "baz-aafoo.baz", id="several, one absent"
        ),
        pytest.param("$1{{bar}}", "abaz", id="a label does not lengthen a group's name"),
        pytest.param("{{dollar}}", "$1", id="a dollar in a value means nothing"),
        pytest.param("{{}}", "", id="a label without a name"),
        pytest.param("{{ bar }}", "", id="blanks belong to the name"),
    ],
)
def test_labels(template: str, text: str) -> None:
    expansion = bind(template, 1, {}, with_labels=True)
    labels = {"__name__": "foo", "bar": "baz", "dollar": "$1"}
    assert expansion.expand(("a", "a"), labels) == text


@pytest.mark.parametrize(
    ("template", "constant"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("a$$b", "a$b", id="an escaped dollar"),
        pytest.param("$9", "", id="a group that is not there"),
        pytest.param("$1", None, id="a group"),
        pytest.param("a{{b}}", None, id="a label"),
    ],
)
def test_constant(template: str, constant: str | None) -> None:
    assert bind(template, 1, {}, with_labels=True).constant == constant
