"""Which patterns are accepted and what they mean: Go's dialect, row by row.

The rows are those of reference/prometheus.md, section 6; `tests/differential/relabel_dialect.py`
asks Debian's promtool (real Go) the same for many more.
"""

import pytest

from relabel.dialect import scan
from relabel.errors import PatternError
from relabel.pattern import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        pytest.param("(?P<x>a)", ["a"], ["b"], id="a named group, Python's way"),
        pytest.param("(?<x>a)", ["a"], ["b"], id="a named group, Go 1.22's way"),
        pytest.param("a\\z", ["a"], ["a\n"], id="the end of the text"),
        pytest.param("a(?i)B", ["ab", "aB"], ["AB"], id="a flag in the middle"),
        pytest.param("(?-s)a.", ["ab"], ["a\n"], id="a flag switched off"),
        pytest.param("(?U)a+", ["aa"], [""], id="ungreedy"),
        pytest.param("\\pL", ["é"], ["1"], id="a class of one letter"),
        pytest.param("\\p{Greek}", ["λ"], ["l"], id="a script"),
        pytest.param("\\Qa.b\\E", ["a.b"], ["axb"], id="quoted text"),
        pytest.param("\\x{41}\\x42", ["AB"], ["ab"], id="hexadecimal"),
        pytest.param("[[:alpha:]]", ["x"], [":", "1"], id="a POSIX class"),
        pytest.param("a{,2}", ["a{,2}"], ["aa", ""], id="a brace without a minimum is text"),
        pytest.param("\\d", ["3"], ["٣"], id="digits are ASCII"),
        pytest.param("\\w", ["e"], ["é"], id="word characters are ASCII"),
        pytest.param("é\\b.", [], ["é.", "éa"][:1], id="word boundaries are ASCII"),
        pytest.param("a$", ["a"], ["a\n"], id="the dollar is the end only"),
        pytest.param("a.b", ["a\nb"], ["ab"], id="the dot matches a newline"),
        pytest.param("a)(b", ["ab"], ["a)(b"], id="the wrapping parenthesis can be closed"),
        pytest.param("(?m)^a$", ["a"], ["b\na"], id="the outer anchors are not multi-line"),
        pytest.param("[^x]", ["\n", "é"], ["x", ""], id="a negated class matches a newline"),
        pytest.param("(?i)k", ["K", "\u212a"], ["x"], id="Unicode's folding: the Kelvin sign"),
        pytest.param("\\_", ["_"], ["\\"], id="an escaped underscore"),
    ],
)
def test_accepted(pattern: str, matching: list[str], others: list[str]) -> None:
    compiled = compile_pattern(pattern)
    assert [text for text in matching if not compiled.matches(text)] == []
    assert [text for text in others if compiled.matches(text)] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("a\\Z", "invalid escape sequence: `\\Z`", id="Python's end of text"),
        pytest.param("a++", "invalid nested repetition operator: `++`", id="possessive"),
        pytest.param("(?>a)", "invalid or unsupported Perl syntax: `(?>`", id="atomic"),
        pytest.param("(?=a)", "invalid or unsupported Perl syntax: `(?=`", id="lookahead"),
        pytest.param("(?<=a)", "invalid or unsupported Perl syntax: `(?<=`", id="lookbehind"),
        pytest.param("(?!a)", "invalid or unsupported Perl syntax: `(?!`", id="negative lookahead"),
        pytest.param("(a)\\1", "invalid escape sequence: `\\1`", id="a backreference"),
        pytest.param("a{1001}", "invalid repeat count: `{1001}`", id="too often"),
        pytest.param("(a{100}){11}", "invalid repeat count: `{11}`", id="too often, nested"),
        pytest.param("\\u0041", "invalid escape sequence: `\\u`", id="a Unicode escape"),
        pytest.param("(?#a)", "invalid or unsupported Perl syntax: `(?#`", id="a comment"),
        pytest.param("\\C", "invalid escape sequence: `\\C`", id="one byte, which only C++ has"),
        pytest.param("(?P<é>a)", "invalid named capture: `(?P<é>`", id="a name beyond ASCII"),
        pytest.param("[a", "missing closing ]: `[a)$`", id="an open class"),
        pytest.param("(a", "missing closing )", id="an open group"),
        pytest.param("a)", "unexpected )", id="a closed group that was not open"),
        pytest.param("*", "missing argument to repetition operator: `*`", id="nothing to repeat"),
        pytest.param("[z-a]", "invalid character class range: `z-a`", id="a backward range"),
        pytest.param("\\p{Klingon}", "invalid character class range", id="an unknown script"),
        pytest.param("\\", "missing closing )", id="a backslash at the end hides the wrapping"),
        pytest.param("[\ud800]", "invalid UTF-8", id="a surrogate"),
        pytest.param("(" * 1000 + "a" + ")" * 1000, "nests too deeply", id="too deep"),
    ],
)
def test_refused(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("error parsing regexp: ")


def test_a_pattern_too_large_for_the_default_memory_is_accepted_as_in_go() -> None:
    # The library's default budget refuses it; Go does not. (A smaller one than `(\pL{100}){9}`,
    # which takes half a second to compile.)
    assert compile_pattern("\\pL{150}").matches("é" * 150)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        pytest.param("(a)(?P<x>b)(?:c)(?<y>d)", {"x": (2,), "y": (3,)}, id="names and numbers"),
        pytest.param("(?i)(?P<x>b)", {"x": (1,)}, id="flags are no group"),
        pytest.param("\\((?P<x>b)", {"x": (1,)}, id="an escaped parenthesis"),
        pytest.param("[(](?P<x>b)", {"x": (1,)}, id="a parenthesis in a class"),
        pytest.param("[]()]|[^]()](?P<x>b)", {"x": (1,)}, id="brackets in classes"),
        pytest.param("[[:alpha:](](?P<x>b)", {"x": (1,)}, id="a POSIX class in a class"),
        pytest.param("[\\](](?P<x>b)", {"x": (1,)}, id="an escaped bracket in a class"),
        pytest.param("\\Q(\\\\E(?P<x>b)", {"x": (1,)}, id="quoted text"),
        pytest.param("(?P<n>a)|(?P<n>b)", {"n": (1, 2)}, id="one name for two groups"),
        pytest.param("\\Q(?P<x>b)", {}, id="quoted to the end"),
        pytest.param("\\\\C\\Q\\C\\E", {}, id="a backslash and a C, and a quoted \\C"),
    ],
)
def test_scan(pattern: str, names: dict[str, tuple[int, ...]]) -> None:
    assert scan(pattern) == names


def test_group_numbers_agree_with_the_engine() -> None:
    compiled = compile_pattern("(?:x)(a)(?P<b>[b])(?<c>c)")
    assert compiled.group_names == {"b": (2,), "c": (3,)}
    assert compiled.groups("xabc") == ("xabc", "a", "b", "c")
