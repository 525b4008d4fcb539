"""Prometheus' own cases for the text format (`promparse_test.go`, main of August 2026).

| table of the peer | rows | here |
|---|---|---|
| TestPromParse | 42 entries, of which 27 are series | all, as one page with own names |
| TestUTF8PromParse | 13 entries, of which 11 are series | all |
| TestPromParseErrors | 18 | all; the others of `test_text.py` are ours |
| TestPromNullByteHandling | 9 | all |
| TestPromParseBareIdentifierInBraces | 1 | in the errors: `{A}0` |

Exempt: the second pass of TestPromParse with type-and-unit labels, which promferry does not have.
Series are read as 3.x reads them (`normalize_le_quantile`), and raw as promferry does by default.
"""

import pytest

from scraper.exposition.negotiation import Format
from scraper.metadata import Metadata
from tests.scraper.exposition.said import said

# The line of the page and, if it is a series, what it says.
PAGE = [
    ("# HELP pause_seconds How long pauses took.", None),
    ("# \tTYPE pause_seconds summary", None),
    ('pause_seconds{quantile="0"} 4.9e-05', 'pause_seconds{quantile="0.0"} 4.9e-05'),
    (
        'pause_seconds{quantile="0.25",} 7.424100000000001e-05',
        'pause_seconds{quantile="0.25"} 7.424100000000001e-05',
    ),
    ('pause_seconds{quantile="0.5",x="y"} 8', 'pause_seconds{quantile="0.5",x="y"} 8.0'),
    ('pause_seconds{quantile="0.8", x="y"} 8', 'pause_seconds{quantile="0.8",x="y"} 8.0'),
    ('pause_seconds{ quantile="0.9", x="y"} 8', 'pause_seconds{quantile="0.9",x="y"} 8.0'),
    ("# HELP answer_seconds How long answers took.", None),
    ("# TYPE answer_seconds histogram", None),
    ('answer_seconds_bucket{to="/",le="1"} 423', 'answer_seconds_bucket{le="1.0",to="/"} 423.0'),
    ('answer_seconds_bucket{to="/",le="2"} 1423', 'answer_seconds_bucket{le="2.0",to="/"} 1423.0'),
    (
        'answer_seconds_bucket{to="/",le="+Inf"} 1423',
        'answer_seconds_bucket{le="+Inf",to="/"} 1423.0',
    ),
    ('answer_seconds_sum{to="/"} 2000', 'answer_seconds_sum{to="/"} 2000.0'),
    ('answer_seconds_count{to="/"} 1423', 'answer_seconds_count{to="/"} 1423.0'),
    ("# HELPless comment", None),
    ("#", None),
    ('wind{A="2",c="3"} 12345', 'wind{A="2",c="3"} 12345.0'),
    ("# a comment with \\n in it", None),
    ("# a comment with \\ in it", None),
    ("# HELP silent1", None),
    ("# HELP silent2 ", None),
    ('pause_seconds{ quantile="1.0", x="a" } 8', 'pause_seconds{quantile="1.0",x="a"} 8.0'),
    ('pause_seconds { quantile="1.0", x="b" } 8', 'pause_seconds{quantile="1.0",x="b"} 8.0'),
    ('pause_seconds { quantile= "1.0", x= "c", } 8', 'pause_seconds{quantile="1.0",x="c"} 8.0'),
    ('pause_seconds { quantile = "1.0", x = "d" } 8', 'pause_seconds{quantile="1.0",x="d"} 8.0'),
    ('pause_seconds { quantile = "2.0" x = "e" } 8', 'pause_seconds{quantile="2.0",x="e"} 8.0'),
    ("pause_seconds_count 99", "pause_seconds_count 99.0"),
    ('some:rule:rate5m{a_b="c"}\t1', 'some:rule:rate5m{a_b="c"} 1.0'),
    ("# HELP threads How many there are.", None),
    ("# TYPE threads gauge", None),
    ("threads 33  \t123123", "threads 33.0 @123123"),
    ("# TYPE done_total counter", None),
    ("# HELP done_total Told behind its type.", None),
    ("done_total 12", "done_total 12.0"),
    ("# HELP silent3", None),
    ("_begins_with_one 1", "_begins_with_one 1.0"),
    ('m{_begins_with_one="q"} 1', 'm{_begins_with_one="q"} 1.0'),
    ('m{l="\\"quoted\\""} 1', 'm{l="\\"quoted\\""} 1.0'),
    ('m{le="10"} 1', 'm{le="10"} 1.0'),
    ("# HELP typed1 By a line and by a label.", None),
    ("# TYPE typed1 gauge", None),
    ('typed1{__type__="counter"} 123', 'typed1{__type__="counter"} 123.0'),
    ("# HELP typed2 By a label.", None),
    ('typed2{__type__="counter"} 123', 'typed2{__type__="counter"} 123.0'),
    ("# HELP null one\0two", None),
    ('null{a="abc\0"} 1', 'null{a="abc\0"} 1.0'),
]
METADATA = {
    "pause_seconds": Metadata("summary", "How long pauses took."),
    "answer_seconds": Metadata("histogram", "How long answers took."),
    "silent1": Metadata(),
    "silent2": Metadata(),
    "silent3": Metadata(),
    "threads": Metadata("gauge", "How many there are."),
    "done_total": Metadata("counter", "Told behind its type."),
    "typed1": Metadata("gauge", "By a line and by a label."),
    "typed2": Metadata(help="By a label."),
    "null": Metadata(help="one\0two"),
}


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_page(ending: str) -> None:
    body = "\n".join([line for line, _ in PAGE]) + ending
    found = said(body.encode(), Format.TEXT, normalizes=True)
    assert list(found.lines) == [meaning for _, meaning in PAGE if meaning is not None]
    assert found.metadata == METADATA


def test_bounds_are_raw_unless_asked_for() -> None:
    body = "\n".join([line for line, _ in PAGE]).encode()
    lines = said(body, Format.TEXT).lines
    assert lines[0] == 'pause_seconds{quantile="0"} 4.9e-05'
    assert lines[5] == 'answer_seconds_bucket{le="1",to="/"} 423.0'


UTF8_PAGE = [
    ('# HELP "pause.seconds" How long pauses took.', None),
    ('# \tTYPE "pause.seconds" summary', None),
    ('{"pause.seconds",quantile="0"} 4.9e-05', 'pause.seconds{quantile="0.0"} 4.9e-05'),
    ('{"pause.seconds",quantile="0.25",} 7e-05', 'pause.seconds{quantile="0.25"} 7e-05'),
    ('{"pause.seconds",quantile="0.5",x="y"} 8', 'pause.seconds{quantile="0.5",x="y"} 8.0'),
    ('{"pause.seconds",quantile="0.8", x="y"} 8', 'pause.seconds{quantile="0.8",x="y"} 8.0'),
    ('{"pause.seconds", quantile="0.9", x="y"} 8', 'pause.seconds{quantile="0.9",x="y"} 8.0'),
    ('{"pause.seconds", quantile="1.0", x="a" } 8', 'pause.seconds{quantile="1.0",x="a"} 8.0'),
    ('{ "pause.seconds", quantile="1.0", x="b" } 8', 'pause.seconds{quantile="1.0",x="b"} 8.0'),
    (
        '{ "pause.seconds", quantile= "1.0", x= "c", } 8',
        'pause.seconds{quantile="1.0",x="c"} 8.0',
    ),
    (
        '{ "pause.seconds", quantile = "1.0", x = "d" } 8',
        'pause.seconds{quantile="1.0",x="d"} 8.0',
    ),
    ('{"pause.seconds_count"} 99', "pause.seconds_count 99.0"),
    (
        '{"Größe 10€ of \\"odd\\" {line\\nfeeds}","stran©e\\n\'q\' \\"name\\""="6"} 10.0',
        'Größe 10€ of "odd" {line\nfeeds}{stran©e\n\'q\' "name"="6"} 10.0',
    ),
]


def test_a_page_of_utf8_names() -> None:
    body = "\n".join([line for line, _ in UTF8_PAGE]).encode()
    found = said(body, Format.TEXT, normalizes=True)
    assert list(found.lines) == [meaning for _, meaning in UTF8_PAGE if meaning is not None]
    assert found.metadata == {"pause.seconds": Metadata("summary", "How long pauses took.")}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"a", "expected a value"),
        (b"a{b='c'} 1\n", "expected a quoted label value"),
        (b"a{b=\n", "expected a quoted label value"),
        (b'a{\xff="c"} 1\n', "expected a label name"),
        (b'a{b="\xff"} 1\n', "not valid UTF-8"),
        (b'{"a", "b = "c"}', "expected = after the label name"),
        (b'{"a",b\\nc="d"} 1', "expected = after the label name"),
        (b"a true\n", "not a number"),
        (b'a{b="', "expected a quoted label value"),
        (b'a{=""} 0', "expected a label name"),
        (b"{A}0", "expected = after the label name"),
        (b"a 1_2\n", "not a number"),
        (b"a 0x1p-3\n", "not a number"),
        (b"a 0x1P-3\n", "not a number"),
        (b"a 0 1_2\n", "expected a timestamp"),
        (b'{a="b"} 1', "metric name is missing"),
        (b"# TYPE #\n# x\n", "expected a metric name after TYPE"),
        (b"# HELP #\n# x\n", "expected a metric name after HELP"),
    ],
)
def test_errors(body: bytes, reason: str) -> None:
    assert reason in said(body, Format.TEXT).error


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'a{b="abc\0"} 1', 'a{b="abc\0"} 1.0'),
        (b'a{b="\0ss"} 1\n', 'a{b="\0ss"} 1.0'),
        (b'a{b="\0"} 1\n', 'a{b="\0"} 1.0'),
        (b'a{b="\0"} 1', 'a{b="\0"} 1.0'),
        (b'a{b=\0"ssss"} 1\n', "expected a quoted label value"),
        (b'a{b="\0', "expected a quoted label value"),
        (b'a{b\0="c"}\t1', "expected = after the label name"),
        (b'a\0{b="c"} 1', "expected a value"),
        (b"a 0 1\0", "expected a timestamp"),
    ],
)
def test_null_bytes(body: bytes, outcome: str) -> None:
    found = said(body, Format.TEXT)
    assert outcome in (found.error or found.lines[0])
