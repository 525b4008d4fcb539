"""Bodies that mean harm: an error that says line and reason, and the next body reads as ever."""

import pytest

from scraper.exposition.bodies import BodyReader
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from tests.scraper.exposition.pages import Known, rows_of
from tests.scraper.steps import finish

GOOD = b"a 1\n"
MANY = b",".join([b'l%d="x"' % number for number in range(2_000)])
DEEP = b"\x0a\x01m\x18\x01\x22" + b"\x7f" * 200
LINES = (
    pytest.param(b"a 1\n" + b"x" * 400_000, 2, "value", id="a line without an end"),
    pytest.param(
        b"a 1\n" + b"x" * 2_000_000 + b" 1\n", 2, "longer than 1 MiB", id="a line of 2 MB"
    ),
    pytest.param(
        b'a 1\na{b="' + b"\n" * 2_000_000 + b'"} 1\n',
        2,
        "longer than 1 MiB",
        id="a label value of two million lines",
    ),
    pytest.param(
        b"a 1\nx " + b"1" * 2_000_000 + b"\n", 2, "longer than 1 MiB", id="a value of 2 MB"
    ),
    pytest.param(b"a 1\n" + b'a{b="' + b"x" * 400_000, 2, "", id="a label value without an end"),
    pytest.param(b"a 1\n\0b 2\n", 2, "", id="NUL before a name"),
    pytest.param(b"a 1\nb\0 2\n", 2, "", id="NUL in a name"),
    pytest.param(b"a 1\nb 2\0\n", 2, "value", id="NUL behind a value"),
    pytest.param(b'a 1\nb{c="\xff"} 2\n', 2, "UTF-8", id="a label value that is not UTF-8"),
    pytest.param(b"a 1\n\xff 2\n", 2, "", id="a name that is not UTF-8"),
    pytest.param(b'a 1\nb{c="1",c="2"} 2\n', 2, "", id="a label twice"),
    pytest.param(b"a 1\nb{" + MANY + b',l1="y"} 2\n', 2, "", id="one of 2000 labels twice"),
    pytest.param(b"a 1\nb 1_0\n", 2, "value is not a number", id="an underscore in a number"),
    pytest.param("a 1\nb ٣\n".encode(), 2, "value is not a number", id="Arabic digits"),
    pytest.param("a 1\nb 1 ٣\n".encode(), 2, "", id="a timestamp of Arabic digits"),
    pytest.param(b"a 1\nb 1 99999999999999999999\n", 2, "", id="a timestamp beyond 64 bits"),
    pytest.param(b"a 1\nb " + b"9" * 400_000 + b"x\n", 2, "value", id="a number of 400 kB"),
)
MESSAGES = (
    pytest.param(b"\x80" * 20, "", id="a length that has no end"),
    pytest.param(b"\xff\xff\xff\xff\x0f", "cut off", id="a length beyond the end"),
    pytest.param(b"\x05\x0a\x7fmm", "", id="a family shorter than its length"),
    pytest.param(b"\x04\x0a\x7fmm", "cut off", id="a name beyond the end of its family"),
    pytest.param(b"\x01\x0b", "wire type", id="a group, which could nest for ever"),
    pytest.param(b"\x02\x20\x05", "", id="a metric that is a number"),
    pytest.param(b"\x04\x0a\x01m\x1a", "", id="a type that is cut off"),
    pytest.param(b"\x06\x0a\x01m\x1a\x01m", "wire type", id="a type that is text, and no metric"),
    pytest.param(b"\x03\x02\x01m", "field number 0", id="a field that has no number"),
    pytest.param(b"\x03\x4d\x01m", "cut off", id="four bytes that are two"),
    pytest.param(b"\x06\x80\x80\x80\x80\x80\x01", "field number", id="a field number of 35 bits"),
    pytest.param(b"\x06\x0a\x01m\x0a\x7fm", "cut off", id="a name twice, the second cut off"),
    pytest.param(b"\x07\x0a\x01m\x18\x63\x22\x00", "metric type", id="a type that there is not"),
    pytest.param(b"\x07\x0a\x01m\x18\x01\x22\x00", "no value", id="a metric without a value"),
    pytest.param(bytes([len(DEEP) % 128 | 128, len(DEEP) // 128]) + DEEP, "", id="lengths only"),
)


def refused(body: bytes, format_: Format) -> ExpositionError:
    """The error; the same reader then reads a good page."""
    reader, known = BodyReader(Outlines()), Known()
    with pytest.raises(ExpositionError) as caught:
        finish(reader.read(body, known, format_))
    assert len(str(caught.value)) < 1000
    assert rows_of(finish(reader.read(GOOD, known))) == [(b"a", (1.0).hex(), None)]
    return caught.value


@pytest.mark.parametrize(("body", "line_no", "reason"), LINES)
def test_a_line(body: bytes, line_no: int, reason: str) -> None:
    error = refused(body, Format.TEXT)
    assert error.line_no == line_no
    assert reason in error.reason
    assert error.reason


@pytest.mark.parametrize(("body", "line_no", "reason"), LINES)
def test_a_line_of_a_page_like_the_one_before(body: bytes, line_no: int, reason: str) -> None:
    reader, known = BodyReader(Outlines()), Known()
    finish(reader.read(GOOD, known))
    with pytest.raises(ExpositionError, match=rf"line {line_no}: .*{reason}"):
        finish(reader.read(body, known))


@pytest.mark.parametrize(("body", "reason"), MESSAGES)
def test_a_message(body: bytes, reason: str) -> None:
    assert reason in refused(body, Format.PROTOBUF).reason


def test_a_series_may_have_very_many_labels_if_no_limit_says_otherwise() -> None:
    reader, known = BodyReader(Outlines()), Known()
    page = finish(reader.read(b"b{" + MANY + b"} 2\n", known))
    assert len(known[page.keys[0]]) == 2_001
