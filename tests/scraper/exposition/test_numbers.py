"""Numbers as Go reads them in Prometheus."""

import struct
from array import array

import pytest

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.numbers import (
    NO_TIMESTAMP,
    parse_rests,
    parse_timestamp,
    parse_value,
    parse_values,
)
from scraper.exposition.outline import Outlines
from series.stale import CANONICAL_NAN_BYTES, STALE_NAN_BYTES
from tests.scraper.exposition.pages import Known
from tests.scraper.steps import finish

INF = float("inf")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b"0", 0.0, id="an integer"),
        pytest.param(b"-0", -0.0, id="negative zero"),
        pytest.param(b"+1", 1.0, id="a plus sign"),
        pytest.param(b".5", 0.5, id="no digit before the point"),
        pytest.param(b"5.", 5.0, id="no digit behind the point"),
        pytest.param(b"1e3", 1000.0, id="an exponent"),
        pytest.param(b"1E-3", 0.001, id="a capital exponent"),
        pytest.param(b"1e-400", 0.0, id="too small is zero"),
        pytest.param(b"4.9e-324", 5e-324, id="the smallest there is"),
        pytest.param(b"1.7976931348623157e308", 1.7976931348623157e308, id="the largest there is"),
        pytest.param(b"0.1", 0.1, id="rounded to the nearest double"),
        pytest.param(b"9007199254740993", 9007199254740992.0, id="half way is rounded to even"),
        pytest.param(b"Inf", INF, id="infinity"),
        pytest.param(b"+inf", INF, id="infinity with a sign"),
        pytest.param(b"-INFINITY", -INF, id="infinity in full, in any case"),
    ],
)
def test_parse_value(text: bytes, value: float) -> None:
    assert struct.pack("<d", parse_value(text)) == struct.pack("<d", value)
    assert parse_values([b"1", text]) == array("d", (1.0, value))


@pytest.mark.parametrize("text", [b"NaN", b"nan", b"NAN", b"nAn"])
def test_any_nan_has_canonical_bits_in_a_page(text: bytes) -> None:
    values = parse_values([b"1", text, b"2"])
    assert values.tobytes()[8:16] == CANONICAL_NAN_BYTES
    assert values.tobytes()[8:16] != STALE_NAN_BYTES
    assert (values[0], values[2]) == (1.0, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"1_0", id="an underscore"),
        pytest.param(b"0x1p-3", id="a hexadecimal float"),
        pytest.param(b"0x10", id="a hexadecimal integer"),
        pytest.param(b"+NaN", id="a signed nan"),
        pytest.param(b"-nan", id="a nan with a minus sign"),
        pytest.param(b"1e400", id="too large"),
        pytest.param(b"-1e400", id="too large and negative"),
        pytest.param(b"1e", id="an exponent without digits"),
        pytest.param(b".", id="a point alone"),
        pytest.param(b"1.2.3", id="two points"),
        pytest.param(b"+-1", id="two signs"),
        pytest.param(b"--inf", id="infinity with two signs"),
        pytest.param(b"infinit", id="infinity not quite"),
        pytest.param(b"in", id="less of infinity"),
        pytest.param("\u0663".encode(), id="a digit of another script"),
        pytest.param(b"1\r", id="a carriage return"),
        pytest.param(b" 1", id="a blank before"),
        pytest.param(b"1\x0b", id="a blank that only Python knows"),
        pytest.param(b"true", id="a word"),
    ],
)
def test_what_is_no_value(text: bytes) -> None:
    with pytest.raises(ValueError, match="value is"):
        parse_value(text)
    with pytest.raises(ValueError):  # noqa: PT011  (the page's reader finds out which, and why)
        parse_values([b"1", text])


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        pytest.param(b"0", 0, id="the epoch"),
        pytest.param(b"1700000000000", 1_700_000_000_000, id="now"),
        pytest.param(b"9223372036854775807", 2**63 - 1, id="the last"),
        pytest.param(b"0" * 5000 + b"7", 7, id="leading zeros are free"),
    ],
)
def test_parse_timestamp(text: bytes, stamp: int) -> None:
    assert parse_timestamp(text) == stamp


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"-1", id="a sign"),
        pytest.param(b"1.5", id="a fraction"),
        pytest.param(b"9223372036854775808", id="one too many"),
        pytest.param(b"9" * 5000, id="a very long one"),
        pytest.param("\u0661".encode(), id="a digit of another script"),
    ],
)
def test_what_is_no_timestamp(text: bytes) -> None:
    with pytest.raises(ValueError, match="timestamp is"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("rests", "values", "stamps"),
    [
        pytest.param([], [], None, id="an empty page"),
        pytest.param([b"1", b"2"], [1, 2], None, id="values alone"),
        pytest.param([b"1 5", b"2 6"], [1, 2], [5, 6], id="timestamps everywhere"),
        pytest.param([b"1", b"2 6"], [1, 2], [NO_TIMESTAMP, 6], id="timestamps on some"),
        pytest.param([b"1 " + b"9" * 18], [1], [10**18 - 1], id="a timestamp of 18 digits"),
        pytest.param([b"1 9223372036854775807"], [1], [2**63 - 1], id="the last timestamp"),
    ],
)
def test_parse_rests(rests: list[bytes], values: list[float], stamps: list[int] | None) -> None:
    expected = None if stamps is None else array("q", stamps)
    assert parse_rests(rests) == (array("d", values), expected)


@pytest.mark.parametrize(
    "rests",
    [
        pytest.param([b"1 2 3"], id="something behind the timestamp"),
        pytest.param([b"1 "], id="a blank without a timestamp"),
        pytest.param([b"1", b"2 3 4"], id="one word too few and one too many"),
        pytest.param([b"1 9223372036854775808"], id="a timestamp out of range"),
        pytest.param([b"5", b""], id="an empty one"),
    ],
)
def test_rests_that_are_not_regular(rests: list[bytes]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the walk finds out which, and why)
        parse_rests(rests)


@pytest.mark.parametrize("stale", [STALE_NAN_BYTES, b"\xff" * 8, CANONICAL_NAN_BYTES])
def test_protobuf_exposes_no_nan_but_the_canonical_one(stale: bytes) -> None:
    """Values, sums of histograms: by bits, since a stale histogram is one whose sum is stale."""
    gauge = b"\x0a\x01m\x18\x01\x22\x0b\x12\x09\x09" + stale
    native = b"\x0a\x01h\x18\x04\x22\x0f\x3a\x0d\x11" + stale + b"\x62\x02\x08\x00"
    body = b"".join([bytes([len(family)]) + family for family in (gauge, native)])
    reader = BodyReader(Outlines())
    reader.options = ReadOptions(native_histograms=True)
    page = finish(reader.read(body, Known(), Format.PROTOBUF))
    assert page.values.tobytes()[:8] == CANONICAL_NAN_BYTES
    assert page.histograms is not None
    assert struct.pack("<d", page.histograms[1].sum) == CANONICAL_NAN_BYTES


@pytest.mark.parametrize("format_", [Format.TEXT, Format.OPENMETRICS])
@pytest.mark.parametrize("text", ["NaN", "nan", "0.1", "9007199254740993", "-INFINITY", "-0", "5."])
def test_text_formats_read_numbers_alike(format_: Format, text: str) -> None:
    reader = BodyReader(Outlines())
    known = Known()
    body = f"a {text}\n# EOF\n".encode()
    for _ in range(2):
        page = finish(reader.read(body, known, format_))
        assert page.values.tobytes() == parse_values([text.encode()]).tobytes()


@pytest.mark.parametrize("format_", [Format.TEXT, Format.OPENMETRICS])
@pytest.mark.parametrize(
    "text", ["0x1p-3", "0X1P3", "0x10", "1_0", "1p3", "+NaN", "1e400", "\u0663", "1d"]
)
def test_text_formats_refuse_numbers_alike(format_: Format, text: str) -> None:
    body = f"a {text}\n# EOF\n".encode()
    with pytest.raises(ExpositionError, match="value is"):
        finish(BodyReader(Outlines()).read(body, Known(), format_))
