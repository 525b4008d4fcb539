"""Prometheus' own cases for OpenMetrics (`openmetricsparse_test.go`, main of August 2026).

| table of the peer | rows | here |
|---|---|---|
| TestOpenMetricsParse | 86 entries, of which 56 are series | all, as one page with own names |
| TestOpenMetricsParse_UTF8 | 13 entries | all |
| TestOpenMetricsParseErrors | 70, of which 2 are good | all |
| TestOMNullByteHandling | 12 | all |
| TestSTParseFailures | 2 | both; the first with another outcome, see there |
| TestOpenMetricsParseBareIdentifierInBraces | 1 | in the errors: `{A}0` |

Exempt: the second pass with type-and-unit labels, which promferry does not have. Otherwise than in
Prometheus a start timestamp belongs to all series of its metric, wherever in the page it stands
(docs/differences.md): three series have one here that they do not have there.
"""

import pytest

from scraper.exposition.negotiation import Format
from scraper.metadata import Metadata
from tests.scraper.exposition.said import said

# The line of the page and, if it is a series that is kept, what it says.
PAGE = [
    ("# HELP pause_seconds How long pauses took.", None),
    ("# TYPE pause_seconds summary", None),
    ("# UNIT pause_seconds seconds", None),
    ('pause_seconds{quantile="0"} 4.9e-05', 'pause_seconds{quantile="0.0"} 4.9e-05'),
    (
        'pause_seconds{quantile="0.25"} 7.424100000000001e-05',
        'pause_seconds{quantile="0.25"} 7.424100000000001e-05',
    ),
    ('pause_seconds{quantile="0.5",a="b"} 8', 'pause_seconds{a="b",quantile="0.5"} 8.0'),
    ("# HELP silent ", None),
    ('# HELP escapes a \\ \\n \\\\ \\" \\x', None),
    ("# UNIT unitless ", None),
    ('pause_seconds{quantile="1.0",a="b"} 8', 'pause_seconds{a="b",quantile="1.0"} 8.0'),
    ("pause_seconds_count 99", "pause_seconds_count 99.0"),
    ('some:rule:rate5m{a_b="c"} 1', 'some:rule:rate5m{a_b="c"} 1.0'),
    ("# HELP threads How many there are.", None),
    ("# TYPE threads gauge", None),
    ("threads 33 123.123", "threads 33.0 @123123"),
    ("# TYPE h1 histogram", None),
    ('h1_bucket{le="+Inf"} 1', 'h1_bucket{le="+Inf"} 1.0'),
    ("# TYPE g1 gaugehistogram", None),
    ('g1_bucket{le="+Inf"} 1', 'g1_bucket{le="+Inf"} 1.0'),
    ("# TYPE h2 histogram", None),
    ('h2_bucket{le="+Inf"} 1 # {id="b"} 4', 'h2_bucket{le="+Inf"} 1.0 # {id="b"} 4.0'),
    ('h2_count 1 # {id="c"} 4', 'h2_count 1.0 # {id="c"} 4.0'),
    ("# TYPE g2 gaugehistogram", None),
    (
        'g2_bucket{le="+Inf"} 1 # {id="gb",x="y"} 4 123.123',
        'g2_bucket{le="+Inf"} 1.0 # {id="gb",x="y"} 4.0 @123123',
    ),
    ('g2_count 1 # {id="gc",x="y"} 4 123.123', 'g2_count 1.0 # {id="gc",x="y"} 4.0 @123123'),
    ("# TYPE s2 summary", None),
    ('s2_count 2.0 # {id="sc"} 1 123.321', 's2_count 2.0 # {id="sc"} 1.0 @123321'),
    ('s2_sum 42.0 # {id="ss"} 1 123.321', 's2_sum 42.0 # {id="ss"} 1.0 @123321'),
    ("# TYPE about info", None),
    ('about{version="1"} 1', 'about{version="1"} 1.0'),
    ("# TYPE state stateset", None),
    ('state{state="on"} 1', 'state{state="on"} 1.0'),
    ('state{state="off"} 0', 'state{state="off"} 0.0'),
    ('state{A="a"} 0', 'state{A="a"} 0.0'),
    ("# TYPE anything unknown", None),
    ("_begins_with_one 1", "_begins_with_one 1.0"),
    ('m{_begins_with_one="q"} 1', 'm{_begins_with_one="q"} 1.0'),
    ('m{l="\\"quoted\\""} 1', 'm{l="\\"quoted\\""} 1.0'),
    ("# HELP c Counters, each with its own start.", None),
    ("# TYPE c counter", None),
    (
        'c_total 17.0 1520879607.789 # {id="x"} 5',
        'c_total 17.0 @1520879607789 since 1520872607123 # {id="x"} 5.0',
    ),
    ("c_created 1520872607.123", None),
    (
        'c_total{a="b"} 17.0 1520879607.789 # {id="x"} 5',
        'c_total{a="b"} 17.0 @1520879607789 since 1520872607123 # {id="x"} 5.0',
    ),
    ('c_created{a="b"} 1520872607.123', None),
    ('c_total{le="c"} 21.0', 'c_total{le="c"} 21.0 since 1520872621123'),
    ('c_created{le="c"} 1520872621.123', None),
    ('c_total{le="1"} 10.0', 'c_total{le="1"} 10.0'),
    ("# HELP late A summary with its start far behind.", None),
    ("# TYPE late summary", None),
    ("late_count 17.0", "late_count 17.0 since 1520872608124"),
    ("late_sum 324789.3", "late_sum 324789.3 since 1520872608124"),
    ('late{quantile="0.95"} 123.7', 'late{quantile="0.95"} 123.7 since 1520872608124'),
    ('late{quantile="0.99"} 150.0', 'late{quantile="0.99"} 150.0 since 1520872608124'),
    ("late_created 1520872608.124", None),
    ("# HELP hl A histogram likewise.", None),
    ("# TYPE hl histogram", None),
    ('hl_bucket{le="0.0"} 0', 'hl_bucket{le="0.0"} 0.0 since 1520872609125'),
    ('hl_bucket{le="+Inf"} 17', 'hl_bucket{le="+Inf"} 17.0 since 1520872609125'),
    ("hl_count 17", "hl_count 17.0 since 1520872609125"),
    ("hl_sum 324789.3", "hl_sum 324789.3 since 1520872609125"),
    ("hl_created 1520872609.125", None),
    ("# HELP soda_created A gauge that only looks like a start.", None),
    ("# TYPE soda_created gauge", None),
    ("soda_created 17.0", "soda_created 17.0"),
    ("# HELP hm A histogram with its start in the middle.", None),
    ("# TYPE hm histogram", None),
    ("hm_count 18", "hm_count 18.0 since 1520430001000"),
    ("hm_sum 324789.4", "hm_sum 324789.4 since 1520430001000"),
    ("hm_created 1520430001", None),
    ('hm_bucket{le="0.0"} 1', 'hm_bucket{le="0.0"} 1.0 since 1520430001000'),
    ('hm_bucket{le="1"} 2', 'hm_bucket{le="1.0"} 2.0 since 1520430001000'),
    ('hm_bucket{le="+Inf"} 18', 'hm_bucket{le="+Inf"} 18.0 since 1520430001000'),
    ("# HELP sm A summary with its start between sum and quantiles.", None),
    ("# TYPE sm summary", None),
    ("sm_count 20", "sm_count 20.0 since 1520430003000"),
    ("sm_sum 324789.5", "sm_sum 324789.5 since 1520430003000"),
    ("sm_created 1520430003", None),
    ('sm{quantile="0.95"} 123.7', 'sm{quantile="0.95"} 123.7 since 1520430003000'),
    ('sm{quantile="0.99"} 150.0', 'sm{quantile="0.99"} 150.0 since 1520430003000'),
    ("# HELP se A summary with its start near the beginning.", None),
    ("# TYPE se summary", None),
    ("se_count 21", "se_count 21.0 since 1520430004000"),
    ("se_created 1520430004", None),
    ("se_sum 324789.6", "se_sum 324789.6 since 1520430004000"),
    ('se{quantile="0.95"} 123.8', 'se{quantile="0.95"} 123.8 since 1520430004000'),
    ('se{quantile="0.99"} 150.1', 'se{quantile="0.99"} 150.1 since 1520430004000'),
    ("# HELP sn A summary of nothing.", None),
    ("# TYPE sn summary", None),
    ("sn_count 0", "sn_count 0.0"),
    ("sn_sum 0.0", "sn_sum 0.0"),
    ('sn{quantile="0.95"} nan', 'sn{quantile="0.95"} nan'),
    ('sn{quantile="0.99"} NaN', 'sn{quantile="0.99"} nan'),
    ("# HELP null one\0two", None),
    ('null{a="abc\0"} 1', 'null{a="abc\0"} 1.0'),
    ("# EOF\n", None),
]
METADATA = {
    "pause_seconds": Metadata("summary", "How long pauses took.", "seconds"),
    "silent": Metadata(),
    "escapes": Metadata(help='a \\ \n \\ " \\x'),
    "unitless": Metadata(),
    "threads": Metadata("gauge", "How many there are."),
    "h1": Metadata("histogram"),
    "g1": Metadata("gaugehistogram"),
    "h2": Metadata("histogram"),
    "g2": Metadata("gaugehistogram"),
    "s2": Metadata("summary"),
    "about": Metadata("info"),
    "state": Metadata("stateset"),
    "anything": Metadata(),
    "c": Metadata("counter", "Counters, each with its own start."),
    "late": Metadata("summary", "A summary with its start far behind."),
    "hl": Metadata("histogram", "A histogram likewise."),
    "soda_created": Metadata("gauge", "A gauge that only looks like a start."),
    "hm": Metadata("histogram", "A histogram with its start in the middle."),
    "sm": Metadata("summary", "A summary with its start between sum and quantiles."),
    "se": Metadata("summary", "A summary with its start near the beginning."),
    "sn": Metadata("summary", "A summary of nothing."),
    "null": Metadata(help="one\0two"),
}


def test_a_page() -> None:
    body = "\n".join([line for line, _ in PAGE]).encode()
    found = said(body, Format.OPENMETRICS, normalizes=True, start_timestamps=True)
    assert found.error == ""
    assert list(found.lines) == [meaning for _, meaning in PAGE if meaning is not None]
    assert found.metadata == METADATA


def test_starts_are_series_unless_asked_for() -> None:
    body = "\n".join([line for line, _ in PAGE]).encode()
    lines = said(body, Format.OPENMETRICS).lines
    assert sum([" since " in line for line in lines]) == 0
    assert sum(["_created" in line for line in lines]) == 9


UTF8_PAGE = [
    ('# HELP "p.pause_seconds" How long pauses took.', None),
    ('# TYPE "p.pause_seconds" summary', None),
    ('# UNIT "p.pause_seconds" seconds', None),
    (
        '{"p.pause_seconds",quantile="0"} 4.9e-05',
        'p.pause_seconds{quantile="0.0"} 4.9e-05 since 1520872607123',
    ),
    (
        '{"p.pause_seconds",quantile="0.25"} 7e-05',
        'p.pause_seconds{quantile="0.25"} 7e-05 since 1520872607123',
    ),
    ('{"p.pause_seconds_created"} 1520872607.123', None),
    # Behind its start, where Prometheus does not see it any more.
    (
        '{"p.pause_seconds",quantile="0.5"} 8',
        'p.pause_seconds{quantile="0.5"} 8.0 since 1520872607123',
    ),
    ('{"http.status",q="0.9",a="b"} 8', 'http.status{a="b",q="0.9"} 8.0'),
    ('{"http.status",q="0.9",a="b"} 8', 'http.status{a="b",q="0.9"} 8.0'),
    ('{q="0.9","http.status",a="b"} 8', 'http.status{a="b",q="0.9"} 8.0'),
    ('{"p.pause_seconds_sum"} 0.004', "p.pause_seconds_sum 0.004 since 1520872607123"),
    (
        '{"Größe 10€ of \\"odd\\" {line\\nfeeds}","stran©e\\n\'q\' \\"name\\""="6"} 10.0',
        'Größe 10€ of "odd" {line\nfeeds}{stran©e\n\'q\' "name"="6"} 10.0',
    ),
    ('x_count 1 # {"id.thing"="c"} 4', 'x_count 1.0 # {id.thing="c"} 4.0'),
    (
        'x2_count 1 # {"id.thing"="c",other="d"} 4',
        'x2_count 1.0 # {id.thing="c",other="d"} 4.0',
    ),
    ("# EOF\n", None),
]


def test_a_page_of_utf8_names() -> None:
    body = "\n".join([line for line, _ in UTF8_PAGE]).encode()
    found = said(body, Format.OPENMETRICS, normalizes=True, start_timestamps=True)
    assert found.error == ""
    assert list(found.lines) == [meaning for _, meaning in UTF8_PAGE if meaning is not None]
    expected = Metadata("summary", "How long pauses took.", "seconds")
    assert found.metadata == {"p.pause_seconds": expected}


_END = "does not end with # EOF"
_SERIES = "expected a series"
_BLANK = "expected one blank and a value"
_META = "expected # HELP"
_EXEMPLAR = "expected an exemplar"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"# EOF", ""),
        (b"# EOF\n", ""),
        (b"", _END),
        (b"\n", _END),  # the peer names the line feed
        (b"a", _BLANK),
        (b"a 1", _END),
        (b"a 1\n", _END),
        (b'a_total 1 # {b="c"} 4', _END),
        (b"a\n#EOF\n", _BLANK),
        (b"\n\n#EOF\n", _SERIES),
        (b" a 1\n#EOF\n", _SERIES),
        (b"9\n#EOF\n", _SERIES),
        (b"# TYPE a untyped\n#EOF\n", "unknown metric type"),
        (b"# TYPE a counter \n#EOF\n", "unknown metric type"),
        (b"#  TYPE a counter\n#EOF\n", _META),
        (b"# TYPE \n#EOF\n", _META),
        (b"# TYPE a\n#EOF\n", _META),
        (b"# UNIT a s\n#EOF\n", "unit is not a suffix"),
        (b"# UNIT as s\n#EOF\n", "unit is not a suffix"),
        (b"# UNIT s seconds\n#EOF\n", "unit is not a suffix"),
        (b"# UNIT \n#EOF\n", _META),
        (b"# UNIT a\n#EOF\n", _META),
        (b"# HELP \n#EOF\n", _META),
        (b"# HELP a\n#EOF\n", _META),
        (b"a\t1\n#EOF\n", _BLANK),
        (b"a 1\t2\n#EOF\n", "not a number"),
        (b"a 1 2 \n#EOF\n", "timestamp is not"),
        (b"a 1 2 #\n#EOF\n", "timestamp is not"),
        (b"a 1 1z\n#EOF\n", "timestamp is not"),
        (b" # EOF\n", _SERIES),
        (b"# EOF\na 1", "unexpected data after # EOF"),
        (b"# EOF\n\n", "unexpected data after # EOF"),
        (b"# EOFa 1", _META),
        (b"#\tTYPE a counter\n", _META),
        (b"# TYPE a  counter\n", "unknown metric type"),
        (b"a 1 1 1\n# EOF\n", "timestamp is not"),
        (b"a{b='c'} 1\n# EOF\n", _BLANK),
        (b'a{,b="c"} 1\n# EOF\n', _BLANK),
        (b'a{b="c"d="e"} 1\n# EOF\n', _BLANK),
        (b'a{b="c",,d="e"} 1\n# EOF\n', _BLANK),
        (b"a{b=\n# EOF\n", _BLANK),
        (b'a{\xff="c"} 1\n# EOF\n', _BLANK),
        (b'a{b="\xff"} 1\n# EOF\n', "not valid UTF-8"),
        (b'{"a","b = "c"}\n# EOF\n', _SERIES),
        (b'{"a",b\\nc="d"} 1\n# EOF\n', _SERIES),
        (b"a true\n", "not a number"),
        (b'a{b="\n# EOF\n', _BLANK),
        (b'a{=""} 0\n# EOF\n', _BLANK),
        (b"{A}0\n# EOF\n", _SERIES),
        (b"a 1_2\n\n# EOF\n", "not a number"),
        (b"a 0x1p-3\n\n# EOF\n", "not a number"),
        (b"a 0x1P-3\n\n# EOF\n", "not a number"),
        (b"a 0 1_2\n\n# EOF\n", "timestamp is not"),
        (b"a_total 1 # {b=c}\n# EOF\n", _EXEMPLAR),
        (b'a_total 1 # {b="c"}\n# EOF\n', _EXEMPLAR),
        (b'a_total 1 # {b="c"}', _EXEMPLAR),
        (b"a_total 1 # {b}", _EXEMPLAR),
        (b'a_total 1 # {b, c="d"}', _EXEMPLAR),
        (b'a_total 1 # {b="c",,d="e"} 1', _EXEMPLAR),
        (b'a_total 1 # {b="c"} 1_2', "not a number"),
        (b'a_total 1 # {b="c"} 0x1p-3', "not a number"),
        (b'a_total 1 # {b="c"} true', "not a number"),
        (b'a_total 1 # {b="c",d=}', _EXEMPLAR),
        (b'a_total 1 # {b=\\"\\xff\\"} 9.0', _EXEMPLAR),
        (b'{b="c",} 1', "metric name is missing"),
        (b"a 1 NaN", "timestamp is not finite"),
        (b"a 1 -Inf", "timestamp is not finite"),
        (b"a 1 Inf", "timestamp is not finite"),
        (b'# TYPE h histogram\nh_bucket{le="+Inf"} 1 # {b="c"} 4 NaN', "timestamp is not finite"),
        (b'# TYPE h histogram\nh_bucket{le="+Inf"} 1 # {b="c"} 4 -Inf', "timestamp is not finite"),
    ],
)
def test_errors(body: bytes, reason: str) -> None:
    error = said(body, Format.OPENMETRICS).error
    assert reason in error
    assert bool(reason) is bool(error)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'a{b="abc\0"} 1\n# EOF\n', 'a{b="abc\0"} 1.0'),
        (b'a{b="\0ss"} 1\n# EOF\n', 'a{b="\0ss"} 1.0'),
        (b'a{b="\0"} 1\n# EOF\n', 'a{b="\0"} 1.0'),
        (b'a{b="\0"} 1\n# EOF', 'a{b="\0"} 1.0'),
        (b'a{b=\0"ssss"} 1\n# EOF\n', _BLANK),
        (b'a{b="\0', _BLANK),
        (b'a{b\0="c"}\t1', _BLANK),
        (b'a\0{b="c"} 1', _BLANK),
        (b"#", _META),
        (b"# H", _META),
        (b'a_total 1 # {b=\0"ssss"} 1\n', _EXEMPLAR),
        (b'a_total 1 # {b="\0ss"} 1\n', _EXEMPLAR),
    ],
)
def test_null_bytes(body: bytes, outcome: str) -> None:
    found = said(body, Format.OPENMETRICS)
    assert outcome in (found.error or found.lines[0])


def test_a_start_before_all_series_of_its_metric() -> None:
    """Prometheus finds none here, by its own words wrongly."""
    body = (
        b"# TYPE h histogram\nh_created 1520872607.123\nh_count 17\nh_sum 3.5\n"
        b'h_bucket{le="0.0"} 0\nh_bucket{le="+Inf"} 17\n'
        b"# TYPE c counter\nc_created 1520872607.123\nc_total 14.5\n# EOF\n"
    )
    lines = said(body, Format.OPENMETRICS, start_timestamps=True).lines
    assert len(lines) == 5
    assert all([line.endswith(" since 1520872607123") for line in lines])


def test_a_start_without_a_type_is_a_series() -> None:
    body = (
        b'c_total 17\nc_created 1520872607.123\nc_total{a="b"} 17\n'
        b'c_created{a="b"} 1520872608.123\n# EOF\n'
    )
    lines = said(body, Format.OPENMETRICS, start_timestamps=True).lines
    assert len(lines) == 4
    assert not any([" since " in line for line in lines])
