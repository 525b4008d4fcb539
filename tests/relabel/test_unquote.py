"""String literals of PromQL."""

import pytest

from relabel.unquote import unquote


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        pytest.param('"a b"', "a b", id="plain"),
        pytest.param("'a\"b'", 'a"b', id="a double quote in single quotes"),
        pytest.param(r"'a\'b'", "a'b", id="an escaped single quote"),
        pytest.param(r'"\a\b\f\n\r\t\v\\\""', '\a\b\f\n\r\t\v\\"', id="letters"),
        pytest.param(r'"\x41\101\u00e9\U0001F600"', "AAé\U0001f600", id="numbers"),
        pytest.param(r'"\xc3\xa9"', "é", id="bytes of one character"),
        pytest.param(r"`\d\"`", r"\d\"", id="backquotes take all as it stands"),
    ],
)
def test_unquote(literal: str, text: str) -> None:
    assert unquote(literal) == text


@pytest.mark.parametrize(
    "literal", [r'"\d"', r'"\x4"', r'"\400"', r'"\ud800"', r'"\U00110000"', r'"\u12"', r'"\é"']
)
def test_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="unknown escape"):
        unquote(literal)
