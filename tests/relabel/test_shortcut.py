"""Simple patterns compared as strings: the same answers as google-re2, whatever the pattern."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relabel.dialect import compile_bytes
from relabel.pattern import Groups, compile_pattern
from relabel.shortcut import find_shortcut
from relabel.shortcut_match import groups_function, match_function

ATOMS = ("a", "b", "ab", ".*", ".+", "(.*)", "(.+)", "|", "(", "(?:", ")", "^", "$", "\\.", "é")
MORE_ATOMS = (*ATOMS, ".", "*", "+", "?", "(a|b)", "(a|ab)", "(?:a|)", "{", "\n", "\\_", "\\d")


def by_engine(pattern: str, text: str) -> Groups | None:
    found = compile_bytes(f"^(?s:{pattern})$", pattern).regexp.fullmatch(text.encode())
    if found is None:
        return None
    return (text, *[group.decode() for group in found.groups(b"")])


@given(
    st.lists(st.sampled_from(MORE_ATOMS), max_size=7).map("".join),
    st.lists(st.text("aab.é\n^", max_size=6), min_size=1, max_size=6),
)
def test_equals_the_engine(pattern: str, texts: list[str]) -> None:
    assume(find_shortcut(pattern) is not None)
    compiled = compile_pattern(pattern)
    for text in texts:
        expected = by_engine(pattern, text)
        assert compiled.matches(text) == (expected is not None)
        assert compiled.groups(text) == expected


@pytest.mark.parametrize(
    ("pattern", "has_matches", "has_groups"),
    [
        pytest.param("", True, True, id="the empty pattern"),
        pytest.param("node_cpu", True, True, id="a literal"),
        pytest.param("a\\.b\\-c", True, True, id="escaped punctuation"),
        pytest.param("node_(cpu|memory)_.*", True, True, id="alternatives and a prefix"),
        pytest.param("a.*b", True, True, id="a wildcard in the middle"),
        pytest.param(".*a.+", True, True, id="a wildcard at both ends, without groups"),
        pytest.param("(.*)a(.+)", True, False, id="a wildcard at both ends, with groups"),
        pytest.param("(.*)(ba|a)", True, False, id="alternatives behind a wildcard"),
        pytest.param("^foo$|^bar$", True, True, id="anchors of branches"),
        pytest.param("a.*b.*c", False, False, id="two wildcards among text"),
        pytest.param("(^a)", False, False, id="an anchor in a group"),
        pytest.param("a$b", False, False, id="an anchor in the middle"),
        pytest.param("[ab]", False, False, id="a class"),
        pytest.param("a?", False, False, id="a quantifier"),
        pytest.param(".*?", False, False, id="a lazy wildcard"),
        pytest.param("a{,2}", False, False, id="a brace"),
        pytest.param("(?i)a", False, False, id="a flag"),
        pytest.param("(a|b)(c|d)(e|f)(g|h)(i|j)(k|l)(m|n)", False, False, id="128 alternatives"),
        pytest.param("(" * 30 + "a" + ")" * 30, False, False, id="deep nesting"),
        pytest.param("a)", False, False, id="an unmatched parenthesis"),
        pytest.param("a\\", False, False, id="a trailing backslash"),
    ],
)
def test_what_is_simple(pattern: str, has_matches: bool, has_groups: bool) -> None:
    shortcut = find_shortcut(pattern)
    matches = match_function(shortcut) if shortcut else None
    assert (matches is not None) == has_matches
    if shortcut and matches:
        assert (groups_function(shortcut, matches) is not None) == has_groups
