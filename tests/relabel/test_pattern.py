"""Patterns as the rules use them: anchored, in Go's dialect, quick on any text."""

import time

import pytest

from relabel.pattern import Kind, compile_fragment, compile_pattern
from tests.relabel.cases import table

EXPRESSIONS = table("expressions")


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS["matches"])
def test_matches(expression: str, text: str) -> None:
    pattern = compile_pattern(expression)
    assert pattern.matches(text)
    assert pattern.groups(text) is not None


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS["does_not_match"])
def test_does_not_match(expression: str, text: str) -> None:
    pattern = compile_pattern(expression)
    assert not pattern.matches(text)
    assert pattern.groups(text) is None


@pytest.mark.parametrize(
    ("expression", "kind", "whole_groups"),
    [
        pytest.param("(.*)", Kind.ANY, {0, 1}, id="the default"),
        pytest.param(".*", Kind.ANY, {0}, id="any, without a group"),
        pytest.param("(.+)", Kind.SOME, {0, 1}, id="something"),
        pytest.param("((.+))", Kind.SOME, {0, 1, 2}, id="groups around groups"),
        pytest.param("()(.*)", Kind.ANY, {0, 2}, id="an empty group is not the whole"),
        pytest.param("^(?:.*)$", Kind.ANY, {0}, id="anchored and wrapped"),
        pytest.param("", Kind.EMPTY, {0}, id="nothing"),
        pytest.param("()", Kind.EMPTY, {0}, id="a group of nothing"),
        pytest.param("a|.*", Kind.OTHER, {0}, id="an alternative is not analysed"),
        pytest.param("a", Kind.OTHER, {0}, id="a literal"),
        pytest.param("[a-z]", Kind.OTHER, {0}, id="what the engine matches"),
    ],
)
def test_kind(expression: str, kind: Kind, whole_groups: set[int]) -> None:
    pattern = compile_pattern(expression)
    assert (pattern.kind, set(pattern.whole_groups)) == (kind, whole_groups)


@pytest.mark.parametrize(
    ("expression", "text", "groups"),
    [
        pytest.param("(a)|(b)", "b", ("b", "", "b"), id="a group that took no part is empty"),
        pytest.param("(é+)(.*)", "éé€", ("éé€", "éé", "€"), id="characters beyond ASCII"),
        pytest.param("(a*?)(a*)", "aa", ("aa", "", "aa"), id="a lazy quantifier"),
        pytest.param("(a|ab)(c|bcd)?", "abcd", ("abcd", "a", "bcd"), id="leftmost-first"),
        pytest.param("(.)(.)", "\n\0", ("\n\0", "\n", "\0"), id="a dot matches a newline"),
    ],
)
def test_groups(expression: str, text: str, groups: tuple[str, ...]) -> None:
    assert compile_pattern(expression).groups(text) == groups


def test_a_lone_surrogate_is_matched_as_the_replacement_character() -> None:
    assert compile_pattern("a[^b]c").matches("a\ud800c")
    assert compile_pattern("a(\ufffd)[c]").groups("a\ud800c") == ("a\ud800c", "\ufffd")


def test_a_hostile_pattern_takes_no_time() -> None:
    pattern = compile_pattern("(a+)+b")
    started = time.perf_counter()
    for _ in range(100):
        assert not pattern.matches("a" * 40)
    # Python's `re` would need hours for one; 100 take 0.3 ms here. Far apart enough to assert.
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        pytest.param("a", "banana", ["a", "a", "a"], id="every occurrence"),
        pytest.param("a*", "baac", ["", "aa", ""], id="no empty match behind a match"),
        pytest.param("", "é€", ["", "", ""], id="never inside a character"),
        pytest.param("^a", "aa", ["a"], id="the start is the text's"),
        pytest.param("x", "", [], id="nothing in nothing"),
        pytest.param("", "", [""], id="nothing is found in nothing"),
    ],
)
def test_find_all(expression: str, text: str, found: list[str]) -> None:
    assert [groups[0] for _, _, groups in compile_fragment(expression).find_all(text)] == found
