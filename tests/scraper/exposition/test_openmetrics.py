"""OpenMetrics as Prometheus accepts it, predicted and walked alike."""

import pytest

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from series.exemplar import Exemplar
from series.histogram import BucketSpan
from tests.scraper.exposition.pages import Known, Row, rows_of, shown
from tests.scraper.steps import finish


def read(body: bytes, times: int = 1, **options: object) -> Page:
    reader, known = BodyReader(Outlines()), Known()
    reader.options = ReadOptions(**options)  # type: ignore[arg-type]
    for _ in range(times):
        page = finish(reader.read(body, known, Format.OPENMETRICS))
    return page


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("body", "rows"),
    [
        pytest.param(b"# EOF", [], id="nothing, no line feed"),
        pytest.param(b"# EOF\n", [], id="nothing"),
        pytest.param(b"a 1\n# EOF\n", [(b"a", 1.0, None)], id="a sample"),
        pytest.param(b"a 1 1.5\n# EOF\n", [(b"a", 1.0, 1500)], id="seconds become milliseconds"),
        pytest.param(b"a 1 -2e1\n# EOF\n", [(b"a", 1.0, -20000)], id="negative, with exponent"),
        pytest.param(b"a 1 1.0009\n# EOF\n", [(b"a", 1.0, 1000)], id="cut, not rounded"),
        pytest.param(b"a 1 1e300\n# EOF\n", [(b"a", 1.0, 2**63 - 1)], id="the end of time"),
        pytest.param(b"a 1 2\nb 3\n# EOF\n", [(b"a", 1.0, 2000), (b"b", 3.0, None)], id="mixed"),
        pytest.param(b'a{b="c",} 1\n# EOF', [(b'a{b="c",}', 1.0, None)], id="a trailing comma"),
        pytest.param(b'{"a.b","c"="e"} 1\n# EOF', [(b'{"a.b","c"="e"}', 1.0, None)], id="UTF-8"),
        pytest.param(b'a{b="\0"} 1\n# EOF', [(b'a{b="\0"}', 1.0, None)], id="NUL in a value"),
        pytest.param(b'a{b="x # {y"} 1\n# EOF', [(b'a{b="x # {y"}', 1.0, None)], id="a hash in it"),
        pytest.param(
            b"# HELP a b\n# TYPE a info\n# UNIT a_s s\na 1\n# EOF", [(b"a", 1.0, None)], id="meta"
        ),
        pytest.param(b"# UNIT a \n# HELP a \na 1\n# EOF", [(b"a", 1.0, None)], id="empty meta"),
        pytest.param(b"a_created 5\n# EOF", [(b"a_created", 5.0, None)], id="_created is a series"),
    ],
)
def test_good(body: bytes, rows: list[tuple[bytes, float, int | None]], times: int) -> None:
    expected: list[Row] = [(series, shown(value), stamp) for series, value, stamp in rows]
    assert rows_of(read(body, times)) == expected


@pytest.mark.parametrize(
    ("body", "line_no", "reason"),
    [
        (b"", 1, "does not end with # EOF"),
        (b"a 1", 1, "does not end with # EOF"),
        (b"a 1\n", 1, "does not end with # EOF"),
        (b"a 1\n# EOF\n\n", 2, "unexpected data after # EOF"),
        (b"# EOF\na 1\n# EOF", 1, "unexpected data after # EOF"),
        (b"\n# EOF", 1, "expected a series"),
        (b"\na 1\n# EOF", 1, "expected a series"),
        (b"a  1\n# EOF", 1, "not a number"),
        (b"a\t1\n# EOF", 1, "expected one blank"),
        (b" a 1\n# EOF", 1, "expected a series"),
        (b"a 1 \n# EOF", 1, "timestamp is not"),
        (b"a 1 1 1\n# EOF", 1, "timestamp is not"),
        (b"a 1 NaN\n# EOF", 1, "timestamp is not finite"),
        (b"a 1 +Inf\n# EOF", 1, "timestamp is not finite"),
        (b"a 1_0\n# EOF", 1, "not a number"),
        (b"a 0x1p3\n# EOF", 1, "not a number"),
        (b"a\n# EOF", 1, "expected one blank"),
        (b"a 1\r\n# EOF", 1, "not a number"),
        (b"1a 1\n# EOF", 1, "expected a series"),
        (b'a{b="c" ,d="e"} 1\n# EOF', 1, "expected one blank"),
        (b'a{b = "c"} 1\n# EOF', 1, "expected one blank"),
        (b'a{b="c"d="e"} 1\n# EOF', 1, "expected one blank"),
        (b'a{b="c\nd"} 1\n# EOF', 1, "expected one blank"),
        (b'a{b="\xff"} 1\n# EOF', 1, "UTF-8"),
        (b'a{b="1",b="2"} 1\n# EOF', 1, "set twice"),
        (b'{b="1"} 1\n# EOF', 1, "missing"),
        (b"{b} 1\n# EOF", 1, "expected a series"),
        (b"# comment\n# EOF", 1, "expected # HELP"),
        (b"#\n# EOF", 1, "expected # HELP"),
        (b"# TYPE a\n# EOF", 1, "expected # HELP"),
        (b"# TYPE a untyped\n# EOF", 1, "unknown metric type"),
        (b"# HELP a \xff\n# EOF", 1, "UTF-8"),
        (b"# UNIT a s\n# EOF", 1, "not a suffix"),
        (b"# UNIT as s\n# EOF", 1, "not a suffix"),
        (b"b 1\na 1 # {\n# EOF", 2, "expected an exemplar"),
        (b"a 1 # {} \n# EOF", 1, "expected an exemplar"),
        (b"a 1 # {b} 1\n# EOF", 1, "expected an exemplar"),
        (b'a 1 # {b="c"} x\n# EOF', 1, "not a number"),
        (b'a 1 # {b="c"} 1 NaN\n# EOF', 1, "timestamp is not finite"),
        (b'a 1 # {b="c"} 1 1 1\n# EOF', 1, "expected an exemplar"),
        (b"a 1 # EOF", 1, "expected an exemplar"),
    ],
)
def test_bad(body: bytes, line_no: int, reason: str) -> None:
    with pytest.raises(ExpositionError) as caught:
        read(body)
    assert reason in caught.value.reason
    assert caught.value.line_no == line_no


@pytest.mark.parametrize("times", [1, 2])
def test_exemplars_stand_beside_their_samples(times: int) -> None:
    body = b'a 1\nb 2 # {t="x\\"y"} 0.5\nc 3 9 # {} NaN 1.5\n# EOF\n'
    page = read(body, times)
    assert page.values.tolist() == [1, 2, 3]
    assert page.exemplars is not None
    assert page.exemplars[1] == (Exemplar((("t", 'x"y'),), 0.5),)
    assert page.exemplars[2][0].timestamp_ms == 1500


def test_bad_lines_are_skipped_and_told_if_that_is_wanted() -> None:
    page = read(b"a 1\nb x\n? 1\n\nc 1 # {\nd 4\n", 2, is_lenient=True)
    assert rows_of(page) == [(b"a", shown(1.0), None), (b"d", shown(4.0), None)]
    assert page.bad_count == 5  # the missing end as well
    assert sorted([error.line_no for error in page.bad_lines]) == [2, 3, 4, 5, 6]


FAMILIES = (
    b'# TYPE c counter\nc_total{a="1"} 5\nc_created{a="1"} 12.5\n'
    b'# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 5\nh_count 5\nh_sum 3\n'
    b"h_created 7\n# TYPE g gauge\ng_created 3\n# EOF\n"
)


def test_created_lines_become_start_timestamps_if_that_is_wanted() -> None:
    page = read(FAMILIES, 2, start_timestamps=True)
    names = [key.rstrip() for key in page.keys]
    assert names[0] == b'c_total{a="1"}'
    assert b"g_created" in names
    assert not {b'c_created{a="1"}', b"h_created"} & {*names}
    assert page.starts == {0: 12500, 1: 7000, 2: 7000, 3: 7000, 4: 7000}


@pytest.mark.parametrize(("classic_too", "count"), [(False, 5), (True, 9)])
def test_classic_histograms_become_native_ones_if_that_is_wanted(
    classic_too: bool, count: int
) -> None:
    page = read(FAMILIES, 2, to_nhcb=True, classic_too=classic_too)
    assert len(page.keys) == count
    assert page.histograms is not None
    histogram = page.histograms[count - 1]
    assert (histogram.schema, histogram.count, histogram.sum) == (-53, 5, 3.0)
    assert histogram.custom_values == (1.0,)
    assert histogram.positive_spans == (BucketSpan(0, 2),)
    assert histogram.positive_buckets == (2, 1)


def test_bounds_are_spelt_as_prometheus_3_does_if_that_is_wanted() -> None:
    page = read(FAMILIES, normalizes=True)
    assert b'{"h_bucket","le"="1.0"} ' in page.keys
    assert b'h_bucket{le="1"} ' in read(FAMILIES).keys
