"""YAML into nodes: bounded, with places, without silent duplicates."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.compose import MAX_ALIAS_NODES, MAX_DEPTH, parse
from agent.config.decode import plain_value
from agent.config.errors import Problems
from agent.config.source import Source
from agent.config.tree import Mapping, Sequence


def parse_text(text: str) -> tuple[object, list[str]]:
    problems = Problems()
    root = parse(Source("p.yml", text, {}), problems)
    value = plain_value(root) if root and not problems.errors else None
    return value, [str(error) for error in problems.errors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("a: [1, x]\nb: {c: ~}\n", {"a": [1, "x"], "b": {"c": None}}, id="a tree"),
        pytest.param("a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}, id="an alias"),
        pytest.param(
            "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n",
            {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}},
            id="a merge, where what is given wins",
        ),
        pytest.param(
            "a: &x {k: 1}\nb: &y {l: 2, k: 9}\nc: {<<: [*x, *y]}\n",
            {"a": {"k": 1}, "b": {"l": 2, "k": 9}, "c": {"k": 1, "l": 2}},
            id="a merge of several, where the first wins",
        ),
        pytest.param("a: 1\n---\nb: 2\n", {"a": 1}, id="only the first document is read"),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert parse_text(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3\n",
            "p.yml:3:1: key 'a' is given twice (first at p.yml:1:1)",
            id="a key that stands twice",
        ),
        pytest.param("a: *x\n", "p.yml:1:4: unknown anchor 'x'", id="an alias of nothing"),
        pytest.param(
            "a: &x [*x]\n", "p.yml:1:8: anchor 'x' contains itself", id="an alias of itself"
        ),
        pytest.param(
            "? [a]\n: b\n", "p.yml:1:3: a key must be a text, not a list", id="a list as key"
        ),
        pytest.param(
            "<<: 5\n",
            "p.yml:1:5: << takes a mapping or a list of mappings, not a text",
            id="a merge of a text",
        ),
        pytest.param(
            "a: %x\n",
            "p.yml:1:4: not valid YAML: while scanning for the next token found character that"
            " cannot start any token (put the value in quotes)",
            id="a value that needs quotes",
        ),
        pytest.param(
            "a:\n\tb: 1\n",
            "p.yml:2:1: not valid YAML: while scanning for the next token found character that"
            " cannot start any token (indent with blanks, not with tabs)",
            id="a tab",
        ),
        pytest.param(
            "a: [1\nb: 2\n",
            "p.yml:2:2: not valid YAML: while parsing a flow sequence did not find expected ',' or"
            " ']' (begun at 1:4)",
            id="a list without an end",
        ),
        pytest.param("[" * 100, f"p.yml:1:51: nested deeper than {MAX_DEPTH} levels", id="a tower"),
    ],
)
def test_errors(text: str, expected: str) -> None:
    _, errors = parse_text(text)
    assert errors == [expected]


def test_a_second_document_is_a_warning() -> None:
    problems = Problems()
    parse(Source("p.yml", "a: 1\n---\nb: 2\n", {}), problems)
    assert [str(warning) for warning in problems.warnings] == [
        "p.yml:2:1: a second document begins here; only the first one is read"
    ]


def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    start = process_time()
    _, errors = parse_text("\n".join(lines))
    assert process_time() - start < 1
    (error,) = errors
    assert f"aliases blow the document up by more than {MAX_ALIAS_NODES} nodes" in error


def test_aliases_are_counted_over_the_whole_document() -> None:
    items = ", ".join(["x"] * 999)
    text = f"a: &a [{items}]\n" + "".join(f"b{n}: *a\n" for n in range(250))
    _, errors = parse_text(text)
    assert len(errors) == 1


def test_many_nodes_without_aliases_are_no_trouble() -> None:
    value, errors = parse_text("[" + ",".join(["[]"] * 10_000) + "]")
    assert not errors
    assert isinstance(value, list)
    assert len(value) == 10_000


@given(st.text(alphabet="abc:-[]{}&*!|>'\"\\%@`#,?~\n\t <1.", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    problems = Problems()
    root = parse(Source("p.yml", text, {}), problems)
    if root is not None:
        assert root.weight >= 1
        plain_value(root)
        assert isinstance(root, Mapping | Sequence) or root.kind == "text"
    for error in problems.errors:
        assert error.line == 0 or 1 <= error.line <= text.count("\n") + 2
        error.with_caret()
