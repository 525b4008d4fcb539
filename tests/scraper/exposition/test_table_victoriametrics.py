"""VictoriaMetrics' own cases for the text format (`lib/protoparser/prometheus/parser_test.go`,
August 2026), read leniently (`-promscrape.lenientParse`), which is what vmagent always does.

| table of the peer | rows | here |
|---|---|---|
| TestRowsUnmarshalFailure | 41 | all |
| TestRowsUnmarshalSuccess | 31 | all; 11 differ by rule, told in each row |
| TestUnmarshalWithMetadata | 31 | the same pages again; metadata is `test_metadata.py`'s |
| TestParseMetadataLine* | 29 | the 17 that can tell: `METADATA` |
| TestAreIdenticalSeriesFast, TestGetRowsDiff | 73 | exempt: helpers; here series are compared |
| TestUnescapeValue and its kin | 30 | exempt: helpers; the escapes are in the pages |

Lenient skips lines; it does not change the language: what is a good line Prometheus decides. So
names with `#` or `.`, text behind a value, fractions as timestamps, carriage returns are bad lines.
"""

import pytest

from scraper.exposition.negotiation import Format
from scraper.metadata import Metadata, metadata_of
from tests.scraper.exposition.said import said


@pytest.mark.parametrize(
    "page",
    [
        "", " ", "\t", "\t  \r", "\t\t  \n\n  # c", "#c", "#c\n",
        "a{", "a { ", "a {b", "a {b} 3", "a {b  =", 'a {b  ="c', 'a {b  ="c\\d',
        'a {b  = "c"', 'a {b  ="c",', 'a {b  ="c" , ', 'a {b  ="c" , d } 2',
        'a{"__name__":"b","c":"d", e="f"} 12', 'a{b:"c"} 12', 'a{b:"c",d="e"} 12',
        'a_"b"{"c"="d"}', '"a"{"b":"c}', 'a_"b{"c":"d"}', 'a{"b":"c"}', '{"a":"b", "c"}',
        '{a="b"}', "{a='b'} 23", "{a=`b`} 23",
        "a", " a", " a ", " a   \n", ' a{b="c"}   \n',
        "a b", "a b 124", "a 123 b",
        '{"a", "b", c="d"} 1 2', 'a{"b", c="d"} 1 2', '{"a", "b = "c"}', '{"a"="b"} 1',
    ],
)  # fmt: skip
def test_pages_of_no_samples(page: str) -> None:
    found = said(page.encode(), Format.TEXT, is_lenient=True)
    assert found.lines == ()
    assert found.error == ""


_INFINITIES = "\n\ta Infinity\n\tb +Infinity\n\tc -infinity\n\td +inf\n\te -INF\n\tf INF\n"


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("\r", [], id="a carriage return"),
        pytest.param("\n\n", [], id="empty lines"),
        pytest.param("\n\r\n", [], id="an empty line of Windows"),
        pytest.param("\t  \t\n\r\n#a\n  # b", [], id="blanks and comments"),
        pytest.param("a 78.9", ["a 78.9"], id="no line feed"),
        pytest.param("a 123.456 789\n", ["a 123.456 @789"], id="differs: ms, never seconds"),
        pytest.param("a{} 123.456 789.4354\n", [], id="differs: no fraction in a timestamp"),
        pytest.param("#  _  `\\ |\n#\n# TYPE a gauge\na 78.9", ["a 78.9"], id="a drawing"),
        pytest.param('a{b="#1 c"} 24', ['a{b="#1 c"} 24.0'], id="a hash in a value"),
        pytest.param('a{b#2="c"} 24 456', [], id="differs: a hash in a label name"),
        pytest.param('a#b{c="d"} 24 456 # e', [], id="differs: a hash in a metric name"),
        pytest.param(
            'a{b="domain\\user",c="d"} 56', ['a{b="domain\\\\user",c="d"} 56.0'], id="a backslash"
        ),
        pytest.param(
            'a_bucket{le="10"} 17 # {t="x"} 9.8 1.5\n   b 123 456 # c\n   d   344#e\n   f 1',
            ["f 1.0"],
            id="differs: nothing behind a value; exemplars are OpenMetrics'",
        ),
        pytest.param(
            _INFINITIES,
            ["a inf", "b inf", "c -inf", "d inf", "e -inf", "f inf"],
            id="infinities",
        ),
        pytest.param("a 1123 429496729600", ["a 1123.0 @429496729600"], id="a large timestamp"),
        pytest.param("a 1123 42949.567", [], id="differs: seconds with a fraction"),
        pytest.param('a{b="c"} 1 2', ['a{b="c"} 1.0 @2'], id="differs: a label; ms"),
        pytest.param('a{"b"="c"} 1 2', ['a{b="c"} 1.0 @2'], id="differs: a quoted label; ms"),
        pytest.param('{"a", "b"="c"} 1', ['a{b="c"} 1.0'], id="a quoted name and label"),
        pytest.param('{"a", "b"="c\\"d"} 1', ['a{b="c\\"d"} 1.0'], id="an escaped quote"),
        pytest.param('{b="c", "a"} 1', ['a{b="c"} 1.0'], id="the name behind a label"),
        pytest.param('{"a"} 1', ["a 1.0"], id="a quoted name alone"),
        pytest.param('{"温度{房间"} 1', ["温度{房间 1.0"], id="other scripts"),
        pytest.param('{"a", "温{房=\\"水"="b"} 1', ['a{温{房="水="b"} 1.0'], id="in a label name"),
        pytest.param('a{b="c\\"d\\\\e"} -1.2', ['a{b="c\\"d\\\\e"} -1.2'], id="escapes"),
        pytest.param('a {b="c",d="",x="y",="z"} 1 2', [], id="differs: a label without a name"),
        pytest.param('a{b="c",} 1', ['a{b="c"} 1.0'], id="a comma at the end"),
        pytest.param(
            "# a\n # b c\na 0.3 2\nb 3\nc.d 0.34 43\n",
            ["a 0.3 @2", "b 3.0"],
            id="differs: no point in a bare name",
        ),
        pytest.param(
            "\t a\t {  } 0.3\t 2\nb\n  c.d 0.34 43\n  e 1\n",
            ["a 0.3 @2", "e 1.0"],
            id="differs: a bad line in the middle; no point in a bare name",
        ),
        pytest.param(
            'a\t{   b="c", D = "1" , E=\t"1"   } 277779100',
            ['a{D="1",E="1",b="c"} 277779100.0'],
            id="blanks around labels",
        ),
    ],
)
def test_pages(page: str, lines: list[str]) -> None:
    assert list(said(page.encode(), Format.TEXT, is_lenient=True).lines) == lines


METADATA = [
    ("", {}),
    ("\t", {}),
    ("#a", {}),
    ("#TYPE a gauge", {}),
    ("#HELP a It is.", {}),
    ("## HELP a It is.", {}),
    ("## TYPE a gauge", {}),
    ("# TEST a counter", {}),
    ("# TYPE ", {}),
    ("# HELP ", {}),
    ("# HELP a", {"a": Metadata()}),
    ("# TYPE a counter", {"a": Metadata("counter")}),
    ("# TYPE a info", {"a": Metadata("info")}),
    ("# TYPE a gaugehistogram", {"a": Metadata("gaugehistogram")}),
    ("# TYPE a stateset", {"a": Metadata("stateset")}),
    ("# TYPE a unknown", {"a": Metadata()}),
    ("  # HELP a One\\\\ two.", {"a": Metadata(help="One\\ two.")}),
]


@pytest.mark.parametrize(("line", "expected"), METADATA)
def test_metadata(line: str, expected: dict[str, Metadata]) -> None:
    assert metadata_of([line.encode()]) == expected
