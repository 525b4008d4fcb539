"""Series selectors against vmagent's tables."""

import pytest

from relabel.errors import SelectorError
from relabel.selector import parse_selector
from relabel.series_text import parse_series
from tests.relabel.cases import table

SELECTORS = table("selectors")


@pytest.mark.parametrize("selector", SELECTORS["accepted"])
def test_accepted(selector: str) -> None:
    assert parse_selector(selector).source == selector


@pytest.mark.parametrize("selector", SELECTORS["refused"])
def test_refused(selector: str) -> None:
    with pytest.raises(SelectorError):
        parse_selector(selector)


@pytest.mark.parametrize(("selector", "series"), SELECTORS["matches"])
def test_matches(selector: str, series: str) -> None:
    assert parse_selector(selector).predicate()(parse_series(series))


@pytest.mark.parametrize(("selector", "series"), SELECTORS["does_not_match"])
def test_does_not_match(selector: str, series: str) -> None:
    assert not parse_selector(selector).predicate()(parse_series(series))


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        pytest.param("{a=b}", "offset 3: expected a quoted string", id="no quotes"),
        pytest.param("{a}", "offset 2: expected `=`, `!=`, `=~` or `!~`", id="no operator"),
        pytest.param("{a='x' b='y'}", "offset 7: expected `,`, `or` or `}`", id="no comma"),
        pytest.param("up + 1", "offset 3: unexpected text", id="an expression"),
        pytest.param("up{} up", "offset 5: expected the end of the selector", id="two selectors"),
        pytest.param(
            '{a=~"\\d"}', "unknown escape `\\d` (a backslash is written `\\\\`)", id="an escape"
        ),
    ],
)
def test_messages(selector: str, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_selector(selector)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("selector", "reads"),
    [
        pytest.param("up", {"__name__"}, id="a name"),
        pytest.param('{a="b",c!~"d"}', {"a", "c"}, id="values"),
        pytest.param('{a="",b!="",c=~".+",d!~".*",e=~""}', set(), id="presence only"),
    ],
)
def test_reads(selector: str, reads: set[str]) -> None:
    assert parse_selector(selector).reads == reads
