"""Lists in one flag. The cases are those that vmagent's own tests name (reference/vmagent.md 6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.flags.items import join_items, split_items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param("", [""], id="nothing is one empty item"),
        pytest.param("a", ["a"], id="one item"),
        pytest.param("a,b,c", ["a", "b", "c"], id="commas part items"),
        pytest.param(",", ["", ""], id="a comma alone parts two empty items"),
        pytest.param("a,,c", ["a", "", "c"], id="an empty item in the middle"),
        pytest.param(',a,,b"c,', ["", "a", "", 'b"c', ""], id="empty items at both ends"),
        pytest.param('a"b', ['a"b'], id="a quote that is not closed is itself"),
        pytest.param("a'b", ["a'b"], id="a single quote that is not closed is itself"),
        pytest.param("a{b", ["a{b"], id="a brace that is not closed is itself"),
        pytest.param("a[b", ["a[b"], id="a bracket that is not closed is itself"),
        pytest.param("a(b", ["a(b"], id="a parenthesis that is not closed is itself"),
        pytest.param("a(b,c", ["a(b", "c"], id="an open parenthesis protects nothing"),
        pytest.param('m{a="b",c="d"}', ['m{a="b",c="d"}'], id="a selector is one item"),
        pytest.param('m{a="b}",c="d"}', ['m{a="b}",c="d"}'], id="a brace within quotes"),
        pytest.param("m{a='b',c=\"d\"}", ["m{a='b',c=\"d\"}"], id="both quotes in a selector"),
        pytest.param("m{a='b}',c='d'}", ["m{a='b}',c='d'}"], id="a brace in single quotes"),
        pytest.param("{a=\"b[c\",d='e'}", ["{a=\"b[c\",d='e'}"], id="a bracket within quotes"),
        pytest.param("[1,2,3]", ["[1,2,3]"], id="a JSON list is one item"),
        pytest.param('{"a":"b,c",d:e}', ['{"a":"b,c",d:e}'], id="a JSON object is one item"),
        pytest.param('"a"', ["a"], id="quotes go"),
        pytest.param("'a'", ["a"], id="single quotes go"),
        pytest.param('""', [""], id="empty quotes"),
        pytest.param("''", [""], id="empty single quotes"),
        pytest.param('"a,\'b"', ["a,'b"], id="a comma and the other quote within quotes"),
        pytest.param("'a,\"b'", ['a,"b'], id="the same with quotes exchanged"),
        pytest.param(r'"a\\b"', ["a\\b"], id="an escaped backslash"),
        pytest.param(r'"a\"b"', ['a"b'], id="an escaped quote"),
        pytest.param(r"""'a\\b,\'\"c'""", [r"""a\b,'\"c"""], id="escapes in single quotes"),
        pytest.param(r'"a\\b,\'\"c"', [r"""a\b,\'"c"""], id="an escape unknown to Go stays"),
        pytest.param(r'"a,b\nc"', ["a,b\nc"], id="a line feed as an escape"),
        pytest.param(r'"a\x23b"', ["a#b"], id="a byte as an escape"),
        pytest.param(r'"a\u00e9b"', ["aéb"], id="a code point as an escape"),
        pytest.param(r'"a\ud800b"', [r"a\ud800b"], id="half a surrogate pair is no code point"),
        pytest.param("\"m{a='b',c='d'}\"", ["m{a='b',c='d'}"], id="a quoted selector"),
        pytest.param(
            '"a",\'b\',{[(ca\'",d"', ["a", "b", '{[(ca\'",d"'], id="open brackets hide a quote"
        ),
        pytest.param('a,b"\'c,"d,e', ["a", 'b"\'c,"d', "e"], id="quotes within an item"),
        pytest.param(
            '{a="b,c"},m{d="e",f="g"}', ['{a="b,c"}', 'm{d="e",f="g"}'], id="two selectors"
        ),
        pytest.param("a(b[c),d]", ["a(b[c)", "d]"], id="brackets that cross protect nothing"),
        pytest.param('"a"b,c', ['"a"b', "c"], id="quotes within an item stay"),
        pytest.param(
            '"a""b"', ['a""b'], id="two quoted parts lose the outer quotes, as in vmagent"
        ),
    ],
)
def test_split(text: str, items: list[str]) -> None:
    assert list(split_items(text)) == items


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a", id="one"),
        pytest.param("a,b", id="two"),
        pytest.param(",", id="two empty ones"),
        pytest.param(",a,", id="empty at both ends"),
        pytest.param(r'", a","b\"cd",', id="quotes where they are needed"),
        pytest.param(r',"\na\\",b', id="a line feed and a backslash"),
        pytest.param(r'"m{a=~\"b\",c!=\"d\"}","{a=\'b,{[(c\'}"', id="selectors"),
    ],
)
def test_what_was_joined_reads_as_it_was(text: str) -> None:
    text = text.replace(r"\'", "'")
    assert join_items(split_items(text)) == text


@given(st.lists(st.text(max_size=8), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_splitting_undoes_joining(items: list[str]) -> None:
    assert list(split_items(join_items(items))) == items


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 4_000, id="a row of parentheses"),
        pytest.param("'" + r"\'" * 4_000, id="a row of escaped quotes"),
        pytest.param('("' * 4_000, id="parentheses and quotes"),
        pytest.param("(a" + "()" * 4_000, id="an open one before many closed ones"),
    ],
)
def test_hostile_texts_end_soon(text: str) -> None:
    assert "".join(split_items(text))
