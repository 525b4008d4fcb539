"""Series as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relabel.series_text import parse_series
from series.labels import canonical, readable


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("up", {"__name__": "up"}, id="a name"),
        pytest.param("up 1 123", {"__name__": "up"}, id="a value and a timestamp behind it"),
        pytest.param("{}", {}, id="nothing"),
        pytest.param('up{a="b", c = "d",} 1', {"__name__": "up", "a": "b", "c": "d"}, id="blanks"),
        pytest.param('{a="b"}', {"a": "b"}, id="no name"),
        pytest.param('{"a.b","c d"="e"}', {"__name__": "a.b", "c d": "e"}, id="quoted names"),
        pytest.param('{__name__="up"}', {"__name__": "up"}, id="the name as a label"),
        pytest.param('{a="\\\\\\"\\n\\d"}', {"a": '\\"\n\\d'}, id="escapes"),
        pytest.param('{a="one\ntwo"}', {"a": "one\ntwo"}, id="a raw newline"),
        pytest.param('{a=""}', {"a": ""}, id="an empty value"),
        pytest.param('up{a="b"} 1 # {t="1"} 2', {"__name__": "up", "a": "b"}, id="an exemplar"),
    ],
)
def test_parse(text: str, labels: dict[str, str]) -> None:
    assert parse_series(text) == labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "expected a metric name", id="nothing"),
        pytest.param("up{", "expected a label name or `}` at offset 3", id="not closed"),
        pytest.param("up{a}", "expected `=` behind label 'a'", id="no value"),
        pytest.param("up{a=b}", "expected a value in double quotes", id="no quotes"),
        pytest.param('up{a="b}', "expected a value in double quotes", id="quotes not closed"),
        pytest.param('up{a="b",a="c"}', "label 'a' is there twice", id="a label twice"),
        pytest.param('up{__name__="b"}', "label '__name__' is there twice", id="two names"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_series(text)


@given(st.dictionaries(st.sampled_from(("a", "b_c")), st.text(min_size=1), max_size=2))
def test_reads_what_is_shown(labels: dict[str, str]) -> None:
    assert parse_series(readable(canonical(labels))) == labels
