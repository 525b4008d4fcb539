"""Prometheus' own cases for classic histograms that become native ones (`nhcbparse_test.go` and
`convertnhcb_test.go`, main of August 2026).

| table of the peer | rows | here |
|---|---|---|
| TestNHCBParserOnOMParser | 71 entries | the histograms; the rest is that of OpenMetrics' table |
| TestNHCBParserOMParser_MultipleHistograms | 4 entries | all |
| TestNHCBParser_NoNHCBWhenExponential | 3 formats, 3 kinds, 4 settings | all: 20 of them exist |
| TestNHCBParserErrorHandling | 3 entries | all; with another outcome, see there |
| TestNHCBParserResetLastExponential | 6 entries | all |
| TestNHCBNotCorruptMetricNameAfterRead | 3 formats | all |

Otherwise than in Prometheus: a converted histogram stands at the end of the page (nothing depends
on it), and takes only exemplars with a timestamp; Prometheus drops the others a step later.
"""

import pytest

from scraper.exposition.negotiation import Format
from tests.scraper.exposition.families import families_from_text
from tests.scraper.exposition.said import said


def _openmetrics(text: str, **options: object) -> list[str]:
    found = said(text.encode() + b"# EOF\n", Format.OPENMETRICS, to_nhcb=True, **options)
    assert found.error == ""
    return list(found.lines)


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        pytest.param(
            '# TYPE h histogram\nh_bucket{le="+Inf"} 1\n',
            ["h [schema -53, count 1, sum 0.0, 0+1: 1]"],
            id="the last bucket alone",
        ),
        pytest.param(
            '# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 1 # {id="x"} 4 1.5\n',
            ['g_bucket{le="+Inf"} 1.0 # {id="x"} 4.0 @1500'],
            id="a gauge histogram stays",
        ),
        pytest.param(
            '# TYPE h histogram\nh_bucket{le="+Inf"} 1 # {id="x"} 4 1.5\nh_count 1 # {id="y"} 4\n',
            ['h [schema -53, count 1, sum 0.0, 0+1: 1] # {id="x"} 4.0 @1500'],
            id="its exemplars come with it",
        ),
        pytest.param(
            '# TYPE s summary\ns_count 2 # {id="x"} 1 1.5\ns_sum 42\n',
            ['s_count 2.0 # {id="x"} 1.0 @1500', "s_sum 42.0"],
            id="a summary stays",
        ),
        pytest.param(
            '# TYPE h histogram\nh_bucket{le="0.0"} 0\nh_bucket{le="+Inf"} 17\nh_count 17\n'
            "h_sum 324789.3\nh_created 1520872609.125\n",
            [
                "h [schema -53, count 17, sum 324789.3, 1+1: 17, bounds 0.0] since 1520872609125",
            ],
            id="no empty bucket before the first; the start comes with it",
        ),
        pytest.param(
            "# TYPE h histogram\nh_count 18\nh_sum 324789.4\nh_created 1520430001\n"
            'h_bucket{le="0.0"} 1\nh_bucket{le="+Inf"} 18\nh_count{a="b"} 9\nh_sum{a="b"} 42123\n'
            'h_bucket{a="b",le="0.0"} 8\nh_bucket{a="b",le="+Inf"} 9\n'
            'h_created{a="b"} 1520430002\n',
            [
                "h [schema -53, count 18, sum 324789.4, 0+2: 1 16, bounds 0.0] since 1520430001000",
                'h{a="b"} [schema -53, count 9, sum 42123.0, 0+2: 8 -7, bounds 0.0] '
                "since 1520430002000",
            ],
            id="several of a name, each with its start",
        ),
        pytest.param(
            "# TYPE h_created gauge\nh_created 17\n", ["h_created 17.0"], id="a gauge stays"
        ),
        pytest.param(
            "# TYPE h histogram\nh_count 18\nh_sum 324789.4\n"
            'h_bucket{le="0.0"} 1 # {id="x"} -2\nh_bucket{le="1.0"} 16 # {id="x"} 0.5\n'
            'h_bucket{le="+Inf"} 18 # {id="x"} 8\nh_count{a="b"} 9\nh_sum{a="b"} 42123\n'
            'h_bucket{a="b",le="0.0"} 8 # {id="x"} 0 123.321\nh_bucket{a="b",le="1.0"} 8\n'
            'h_bucket{a="b",le="+Inf"} 9 # {id="x"} 2e100 123.000\n',
            [
                "h [schema -53, count 18, sum 324789.4, 0+3: 1 14 -13, bounds 0.0 1.0]",
                'h{a="b"} [schema -53, count 9, sum 42123.0, 0+3: 8 -8 1, bounds 0.0 1.0] '
                '# {id="x"} 0.0 @123321 # {id="x"} 2e+100 @123000',
            ],
            id="an empty bucket in the middle is cheaper than a span",
        ),
    ],
)
def test_openmetrics(page: str, lines: list[str]) -> None:
    assert _openmetrics(page, start_timestamps=True) == lines


_SUM = "0.0008280461746287094"
_CLASSIC_TEXT = (
    f"sample_count: 175 sample_sum: {_SUM} "
    "bucket { cumulative_count: 2 upper_bound: -0.0004899999999999998 } "
    "bucket { cumulative_count: 4 upper_bound: -0.0003899999999999998 } "
    "bucket { cumulative_count: 16 upper_bound: -0.0002899999999999998 } "
)
_NATIVE_TEXT = (
    f"sample_sum: {_SUM} schema: 3 zero_threshold: 2.9e-39 zero_count: 2 sample_count: 175 "
    "positive_span { offset: -161 length: 1 } positive_span { offset: 8 length: 2 } "
    "positive_delta: 100 positive_delta: -60 positive_delta: -7 "
)
_PAGES = {
    Format.TEXT: f"""# TYPE t1 histogram
t1_count 175 1234568
t1_sum {_SUM} 1234568
t1_bucket{{le="-0.0004899999999999998"}} 2 1234568
t1_bucket{{le="-0.0003899999999999998"}} 4 1234568
t1_bucket{{le="-0.0002899999999999998"}} 16 1234568
t1_bucket{{le="+Inf"}} 175 1234568
""",
    Format.OPENMETRICS: f"""# TYPE t1 histogram
t1_count 175 1234.568
t1_sum {_SUM} 1234.568
t1_bucket{{le="-0.0004899999999999998"}} 2 1234.568
t1_bucket{{le="-0.0003899999999999998"}} 4 1234.568
t1_bucket{{le="-0.0002899999999999998"}} 16 1234.568
t1_bucket{{le="+Inf"}} 175 1234.568
t1_created 1
# EOF
""",
}


def _family(name: str, parts: str) -> str:
    start = "created_timestamp { seconds: 1 nanos: 1 }"
    return (
        f'name: "{name}" type: 4 metric {{ histogram {{ {start} {parts} }} timestamp_ms: 1234568 }}'
    )


def _body(format_: Format) -> tuple[bytes, tuple[str, ...]]:
    """A page and which kinds of histograms are in it: classic (1), both (2), native (3)."""
    if format_ is not Format.PROTOBUF:
        return _PAGES[format_].encode(), ("t1",)
    families = (
        _family("t1", _CLASSIC_TEXT),
        # Protobuf's text format takes a field once.
        _family(
            "t2",
            _CLASSIC_TEXT
            + _NATIVE_TEXT.split("sample_count: 175")[0].split(_SUM)[1]
            + _NATIVE_TEXT.split("sample_count: 175")[1],
        ),
        _family("t3", _NATIVE_TEXT),
    )
    return families_from_text(*families), ("t1", "t2", "t3")


def _classic_lines(name: str, since: str) -> list[str]:
    parts = [
        ("_count", "175.0"),
        ("_sum", _SUM),
        ('_bucket{le="-0.0004899999999999998"}', "2.0"),
        ('_bucket{le="-0.0003899999999999998"}', "4.0"),
        ('_bucket{le="-0.0002899999999999998"}', "16.0"),
        ('_bucket{le="+Inf"}', "175.0"),
    ]
    return [f"{name}{suffix} {value} @1234568{since}" for suffix, value in parts]


def _native_line(name: str, since: str) -> str:
    parts = f"schema 3, count 175, sum {_SUM}, 2 within 2.9e-39, -161+1 8+2: 100 -60 -7"
    return f"{name} [{parts}] @1234568{since}"


def _converted_line(name: str, since: str) -> str:
    bounds = "-0.0004899999999999998 -0.0003899999999999998 -0.0002899999999999998"
    parts = f"schema -53, count 175, sum {_SUM}, 0+4: 2 0 10 147, bounds {bounds}"
    return f"{name} [{parts}] @1234568{since}"


# By always_scrape_classic_histograms and convert_classic_histograms_to_nhcb, for each kind of
# histogram: c the classic series, n the native one, x the converted.
EXPECTED = {
    "t1": {(False, False): "c", (True, False): "c", (False, True): "x", (True, True): "cx"},
    "t2": {(False, False): "n", (True, False): "cn", (False, True): "n", (True, True): "cn"},
    "t3": {(False, False): "n", (True, False): "n", (False, True): "n", (True, True): "n"},
}


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize("classic", [False, True])
@pytest.mark.parametrize("nhcb", [False, True])
def test_what_is_taken_by_which_setting(format_: Format, classic: bool, nhcb: bool) -> None:
    body, names = _body(format_)
    found = said(
        body,
        format_,
        native_histograms=True,
        classic_too=classic,
        to_nhcb=nhcb,
        start_timestamps=True,
    )
    since = "" if format_ is Format.TEXT else " since 1000"
    expected = []
    for name in names:
        wanted = EXPECTED[name][(classic, nhcb)]
        expected += _classic_lines(name, since) if "c" in wanted else []
        expected += [_native_line(name, since)] if "n" in wanted else []
        expected += [_converted_line(name, since)] if "x" in wanted else []
    assert sorted(found.lines) == sorted(expected)


_BAD = (
    '# TYPE h histogram\nh_count 18\nh_sum 3\nh_created 1\nh_bucket{le="0.0"} 18\n'
    'h_bucket{le="+Inf"} 1\nh_count{a="b"} 9\nh_sum{a="b"} 4\nh_created{a="b"} 2\n'
    'h_bucket{a="b",le="0.0"} 1\nh_bucket{a="b",le="+Inf"} 9\n'
)


def test_a_histogram_that_contradicts_itself_stays_classic() -> None:
    """Prometheus drops it, and says nothing."""
    assert _openmetrics(_BAD, start_timestamps=True) == [
        "h_count 18.0 since 1000",
        "h_sum 3.0 since 1000",
        'h_bucket{le="0.0"} 18.0 since 1000',
        'h_bucket{le="+Inf"} 1.0 since 1000',
        'h{a="b"} [schema -53, count 9, sum 4.0, 0+2: 1 7, bounds 0.0] since 2000',
    ]


def test_in_protobuf_it_fails_the_page() -> None:
    parts = (
        "sample_count: 18 bucket { cumulative_count: 18 upper_bound: 0 } "
        "bucket { cumulative_count: 1 upper_bound: inf }"
    )
    found = said(families_from_text(_family("h", parts)), Format.PROTOBUF, to_nhcb=True)
    assert "count 18, but 1 at or below +Inf" in found.error


def test_a_native_histogram_before_does_not_keep_a_classic_one_from_being_converted() -> None:
    body = families_from_text(_family("t3", _NATIVE_TEXT), _family("t1", _CLASSIC_TEXT))
    found = said(body, Format.PROTOBUF, native_histograms=True, to_nhcb=True, start_timestamps=True)
    since = " since 1000"
    assert list(found.lines) == [_native_line("t3", since), _converted_line("t1", since)]


_TWO_PAGES = {
    Format.PROTOBUF: families_from_text(
        'name: "a_seconds" type: 4 metric { histogram { sample_count: 10 sample_sum: 100 '
        "bucket { cumulative_count: 10 upper_bound: 10 } } }",
        'name: "b" type: 4 metric { histogram { sample_count: 5 sample_sum: 50 '
        "bucket { cumulative_count: 5 upper_bound: 10 } } }",
    ),
    Format.TEXT: (
        b"# TYPE a_seconds histogram\na_seconds_count 10\na_seconds_sum 100\n"
        b'a_seconds_bucket{le="10"} 10\na_seconds_bucket{le="+Inf"} 10\n'
        b'# TYPE b histogram\nb_count 5\nb_sum 50\nb_bucket{le="10"} 5\nb_bucket{le="+Inf"} 5\n'
    ),
}
_TWO_PAGES[Format.OPENMETRICS] = _TWO_PAGES[Format.TEXT] + b"# EOF"


@pytest.mark.parametrize("format_", list(Format))
def test_each_keeps_its_name(format_: Format) -> None:
    assert said(_TWO_PAGES[format_], format_, to_nhcb=True).lines == (
        "a_seconds [schema -53, count 10, sum 100.0, 0+1: 10, bounds 10.0]",
        "b [schema -53, count 5, sum 50.0, 0+1: 5, bounds 10.0]",
    )
