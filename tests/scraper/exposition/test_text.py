"""The text format as Prometheus accepts it.

`text/*.in` and `*.expected`: whole pages, read by the specification and by the reader. The
expected file has the final form of each sample, or the error that ends the page.
"""

from pathlib import Path

import pytest

from scraper.exposition.errors import ExpositionError
from scraper.exposition.outline import Outlines
from scraper.exposition.reader import Reader
from scraper.exposition.text import parse_series, read_comment, read_sample, read_samples
from series.labels import readable
from tests.scraper.exposition.pages import Failure, Known, read_page, read_rows, specified_rows

CASES = sorted((Path(__file__).parent / "text").glob("*.in"), key=lambda path: path.name)


def said(body: bytes) -> str:
    """What a page says, a line for each sample."""
    lines = []
    try:
        for start, sample in read_samples(body):
            labels = tuple(sorted(parse_series(sample.series).items()))
            stamp = "" if sample.timestamp_ms is None else f" {sample.timestamp_ms}"
            lines.append(f"{readable(labels)} {sample.value!r}{stamp}\n")
            assert body.startswith(sample.series, start)
    except ExpositionError as exc:
        lines.append(f"error: line {exc.line_no}: {exc.reason}: {exc.line.decode()}\n")
    return "".join(lines)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_pages(case: Path) -> None:
    body = case.read_bytes()
    assert said(body) == case.with_suffix(".expected").read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_reader_reads_them_alike_cold_and_warm(case: Path) -> None:
    body = case.read_bytes()
    reader, known = Reader(Outlines()), Known()
    for _ in range(2):
        assert read_rows(body, reader, known) == specified_rows(body)


ERRORS = [
    pytest.param(b"a", "expected a value after the series", id="a name alone"),
    pytest.param(b"a{b='c'} 1", "expected a quoted label value after =", id="single quotes"),
    pytest.param(b"a{b=", "expected a quoted label value after =", id="a label without value"),
    pytest.param(b'a{\xff="foo"} 1', "expected a label name or }", id="a bad byte as label name"),
    pytest.param(b'a{b="\xff"} 1', "text is not valid UTF-8", id="a bad byte as label value"),
    pytest.param(b'{"\xff"} 1', "text is not valid UTF-8", id="a bad byte as quoted name"),
    pytest.param(b'{"a", "b = "c"}', "expected = after the label name", id="a quote is missing"),
    pytest.param(b'{"a",b\\nc="d"} 1', "expected = after the label name", id="a backslash outside"),
    pytest.param(b"a true", "value is not a number", id="a word as value"),
    pytest.param(b'a{problem="', "expected a quoted label value after =", id="an open quote"),
    pytest.param(b'a{=""} 0', "expected a label name or }", id="an empty label name"),
    pytest.param(b"{A}0", "expected = after the label name", id="a bare name in braces"),
    pytest.param(b"a 1_2", "value is not a number", id="an underscore in a number"),
    pytest.param(b"a 0x1p-3", "value is not a number", id="a hexadecimal float"),
    pytest.param(b"a 1e999", "value is out of range", id="a number too large"),
    pytest.param(
        b"a 0 1_2",
        "expected a timestamp in whole milliseconds or the end of the line after the value",
        id="an underscore in a timestamp",
    ),
    pytest.param(
        b"a 0 -1",
        "expected a timestamp in whole milliseconds or the end of the line after the value",
        id="a timestamp before the epoch",
    ),
    pytest.param(
        b"a 0 1 2",
        "expected a timestamp in whole milliseconds or the end of the line after the value",
        id="something behind the timestamp",
    ),
    pytest.param(b"a 0 9223372036854775808", "timestamp is out of range", id="beyond int64"),
    pytest.param(b'{a="ok"} 1', "metric name is missing", id="labels without a name"),
    pytest.param(b'{"a","b"} 1', "metric name is set twice", id="two quoted names"),
    pytest.param(b'a{"b"} 1', "metric name is set twice", id="a bare and a quoted name"),
    pytest.param(b'a{b="1",b="2"} 1', "label b is set twice", id="a label twice"),
    pytest.param(b'a{__name__="b"} 1', "label __name__ is set twice", id="the name as label"),
    pytest.param(b'a{,b="1"} 1', "expected a label name or }", id="a comma first"),
    pytest.param(b'a{b="1",,} 1', "expected a label name or }", id="two commas"),
    pytest.param(b'a{b="1"} {c="2"} 1', "expected a value after the series", id="braces twice"),
    pytest.param(b"1a 1", "expected a metric name or {", id="a name that begins with a digit"),
    pytest.param(b"a 1\r", "value is not a number", id="a carriage return"),
    pytest.param(b"\xef\xbb\xbfa 1", "expected a metric name or {", id="a byte order mark"),
    pytest.param(b'a{b="\\\n"} 1', "expected a quoted label value after =", id="an escaped feed"),
    pytest.param(b"\0", "expected a metric name or {", id="a null byte alone"),
    pytest.param(b'a{b=\0"s"} 1', "expected a quoted label value after =", id="null before quote"),
    pytest.param(b'a{b="\0', "expected a quoted label value after =", id="null in an open quote"),
    pytest.param(b'a{b\0="h"}\t1', "expected = after the label name", id="null in a label name"),
    pytest.param(b'a{"b\0"="h"} 1', "expected a label name or }", id="null in a quoted name"),
    pytest.param(b'a\0{b="d"} 1', "expected a value after the series", id="null in a name"),
    pytest.param(
        b"a 0 1\0",
        "expected a timestamp in whole milliseconds or the end of the line after the value",
        id="null behind a timestamp",
    ),
    pytest.param(b"# TYPE #", "expected a metric name after TYPE", id="a type without a name"),
    pytest.param(b"# HELP #", "expected a metric name after HELP", id="a help without a name"),
    pytest.param(b"# HELP ", "expected a metric name after HELP", id="a help of nothing"),
    pytest.param(
        b"# TYPE a  gauge",
        "metric type must be counter, gauge, histogram, summary or untyped",
        id="two blanks before the type",
    ),
    pytest.param(
        b"# TYPE a gaugehistogram",
        "metric type must be counter, gauge, histogram, summary or untyped",
        id="a type of OpenMetrics",
    ),
    pytest.param(b"# HELP a \xff", "help text is not valid UTF-8", id="a bad byte in a help"),
]


@pytest.mark.parametrize("body", [b"%b\n", b"ok 1\n%b\nok 2\n", b"%b"])
@pytest.mark.parametrize(("line", "reason"), ERRORS)
def test_errors(line: bytes, reason: str, body: bytes) -> None:
    line_no = 1 + body.startswith(b"ok")
    page = body.replace(b"%b", line)
    # An open quote goes on behind the line.
    assert specified_rows(page) == Failure(reason, line_no)
    assert read_rows(page) == Failure(reason, line_no)


@pytest.mark.parametrize(
    ("body", "end"),
    [
        pytest.param(b"#TYPE a b\nx", 10, id="without a blank it is a comment"),
        pytest.param(b"# TYPEa b\nx", 10, id="a longer word is a comment"),
        pytest.param(b"# HELP a\nx", 9, id="a help without text"),
        pytest.param(b'# TYPE "a\nb" gauge\nx', 19, id="a quoted name over two lines"),
        pytest.param(b"# TYPE a\tgauge\nx", 15, id="a tab before the type"),
        pytest.param(b"# c", 3, id="the end of the page"),
    ],
)
def test_read_comment(body: bytes, end: int) -> None:
    assert read_comment(body, 0) == end


def test_an_error_shows_little_of_a_long_line() -> None:
    with pytest.raises(ExpositionError) as caught:
        read_sample(b"ok 1\na " + b"x" * 100_000, 5)
    assert (caught.value.line_no, len(caught.value.line)) == (2, 80)


def test_a_series_with_very_many_labels_takes_linear_time() -> None:
    labels = b",".join([b'l%d="\\"v"' % number for number in range(20_000)])
    page = b"m{%b} 1\n" % labels
    assert len(parse_series(read_sample(page, 0).series)) == 20_001
    # Without its end, no pattern may look for it again and again.
    assert read_rows(b"m{%b 1\n" % labels) == Failure("expected a label name or }", 1)


def test_a_page_of_one_long_line_is_an_error() -> None:
    reader = Reader(Outlines())
    with pytest.raises(ExpositionError, match="expected a value"):
        read_page(reader, b"a" * 1_000_000, Known())
