"""Prometheus' own cases for protobuf (`protobufparse_test.go`, main of August 2026).

| table of the peer | rows | here |
|---|---|---|
| TestProtobufParse | 20 families under 4 sets of options, 404 entries | 20 families under 3 sets |
| TestProtobufParseWithNHCB | 4 families under 6 sets of options | 4 families under 4 sets |
| TestProtobufParseHistogramSpanBucketMismatch | 2 | both |
| TestProtobufParseSummaryNoQuantilesNoPanic | 1 | among the families |
| FuzzProtobufParser_Labels | 4 seeds | the fuzz target (tests/fuzz_exposition.py) |

Exempt: the sets with type-and-unit labels, which promferry does not have. The peer's native
histograms hold buckets that contradict their count or are negative, which its parser does not see
and its storage refuses; here buckets and counts agree, and `test_soundness.py` has the refusals.
"""

import attrs
import pytest

from scraper.exposition.negotiation import Format
from scraper.metadata import Metadata
from tests.scraper.exposition.families import families_from_text
from tests.scraper.exposition.said import Said, said

_EXEMPLAR = (
    'label { name: "id" value: "%s" } value: %s timestamp { seconds: 1625851155 nanos: 146848499 }'
)
_UNSTAMPED = 'label { name: "id" value: "5617" } value: -0.00029'
_BUCKETS = (
    "bucket { cumulative_count: 2 upper_bound: -0.0005 }"
    "bucket { cumulative_count: 4 upper_bound: -0.0004 exemplar { "
    + _EXEMPLAR % (59727, -0.00039)
    + " } } bucket { cumulative_count: 16 upper_bound: -0.0003 exemplar { "
    + _UNSTAMPED
    + " } } "
)
_BARE_BUCKETS = (
    "bucket { cumulative_count: 2 upper_bound: -0.0005 }"
    "bucket { cumulative_count: 4 upper_bound: -0.0004 }"
    "bucket { cumulative_count: 16 upper_bound: -0.0003 }"
)
_SIDES = (
    "sample_count: 19 sample_sum: 0.0008 schema: 3 zero_threshold: 2.9e-39 zero_count: 2 "
    "negative_span { offset: -162 length: 1 } negative_span { offset: 23 length: 4 } "
    "negative_delta: 1 negative_delta: 3 negative_delta: -2 negative_delta: -1 negative_delta: 1 "
    "positive_span { offset: -161 length: 1 } positive_span { offset: 8 length: 3 } "
    "positive_delta: 1 positive_delta: 2 positive_delta: -1 positive_delta: -1 "
)
_FLOAT_SIDES = (
    "sample_count_float: 19 sample_sum: 0.0008 schema: 3 zero_threshold: 2.9e-39 "
    "zero_count_float: 2 "
    "negative_span { offset: -162 length: 1 } negative_span { offset: 23 length: 4 } "
    "negative_count: 1 negative_count: 4 negative_count: 2 negative_count: 1 negative_count: 2 "
    "positive_span { offset: -161 length: 1 } positive_span { offset: 8 length: 3 } "
    "positive_count: 1 positive_count: 3 positive_count: 2 positive_count: 1 "
)
_NATIVE = (
    "schema 3, count 19, sum 0.0008, 2 within 2.9e-39, -161+1 8+3: 1 2 -1 -1, "
    "negative -162+1 23+4: 1 3 -2 -1 1"
)
_NATIVE_FLOAT = (
    "schema 3, count 19.0, sum 0.0008, 2.0 within 2.9e-39, -161+1 8+3: 1.0 3.0 2.0 1.0, "
    "negative -162+1 23+4: 1.0 4.0 2.0 1.0 2.0"
)
_STAMP = "timestamp_ms: 1234568"
_START = "start { seconds: 1625851153 nanos: 146848499 }".replace("start", "created_timestamp")
_SHOWN_EXEMPLAR = '# {id="59727"} -0.00039 @1625851155146'


def _classic(name: str, stamp: str = "@1234568", *, bare: bool = False) -> tuple[str, ...]:
    stamp = f" {stamp}" if stamp else ""
    one = "" if bare else f" {_SHOWN_EXEMPLAR}"
    other = "" if bare else ' # {id="5617"} -0.00029'
    return (
        f"{name}_count 19.0{stamp}",
        f"{name}_sum 0.0008{stamp}",
        f'{name}_bucket{{le="-0.0005"}} 2.0{stamp}',
        f'{name}_bucket{{le="-0.0004"}} 4.0{stamp}{one}',
        f'{name}_bucket{{le="-0.0003"}} 16.0{stamp}{other}',
        f'{name}_bucket{{le="+Inf"}} 19.0{stamp}',
    )


@attrs.frozen
class Case:
    """`floats` is what the family says without native histograms, `native` what is native in it.

    `has_both`: it exposes a classic histogram beside the native one.
    """

    name: str
    text: str
    floats: tuple[str, ...]
    metadata: Metadata
    native: tuple[str, ...] = ()
    has_both: bool = False


def _case(name: str, type_: int, text: str, floats: tuple[str, ...], **more: object) -> Case:
    kind = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")[type_]
    unit = "bytes" if "unit:" in text else ""
    whole = f'name: "{name}" help: "Of {name}." type: {type_} {text}'
    metadata = Metadata(kind, f"Of {name}.", unit)
    return Case(name, whole, floats, metadata, **more)  # type: ignore[arg-type]


_CLASSIC_2 = (
    "c2_count 175.0",
    "c2_sum 0.000828",
    'c2_bucket{le="-0.00048"} 2.0',
    'c2_bucket{le="-0.00038"} 4.0 # {id="59727"} -0.00038 @1625851155146',
    'c2_bucket{le="1.0"} 16.0 # {id="5617"} -0.00029',
    'c2_bucket{le="+Inf"} 175.0',
)
_CLASSIC_3 = (
    "c3_count 6.0",
    "c3_sum 50.0",
    'c3_bucket{le="-20.0"} 2.0',
    'c3_bucket{le="20.0"} 4.0 # {id="59727"} 15.0 @1625851155146',
    'c3_bucket{le="30.0"} 6.0 # {id="5617"} -0.00029',
    'c3_bucket{le="+Inf"} 6.0',
)
_TEXT_2 = (
    "metric { histogram { sample_count: 175 sample_sum: 0.000828 "
    "bucket { cumulative_count: 2 upper_bound: -0.00048 }"
    "bucket { cumulative_count: 4 upper_bound: -0.00038 exemplar { "
    + _EXEMPLAR % (59727, -0.00038)
    + " } } bucket { cumulative_count: 16 upper_bound: 1 exemplar { "
    + _UNSTAMPED
    + " } } schema: 0 zero_threshold: 0 } }"
)
_TEXT_3 = (
    "metric { histogram { sample_count: 6 sample_sum: 50 "
    "bucket { cumulative_count: 2 upper_bound: -20 }"
    "bucket { cumulative_count: 4 upper_bound: 20 exemplar { "
    + _EXEMPLAR % (59727, 15)
    + " } } bucket { cumulative_count: 6 upper_bound: 30 exemplar { "
    + _UNSTAMPED
    + " } } schema: 0 zero_threshold: 0 } }"
)
_EMPTY = "positive_span { offset: 0 length: 0 }"
_NONE = "[schema 0, count 0, sum 0.0"


def _empty_classic(name: str, start: str = "") -> tuple[str, ...]:
    return (
        f"{name}_count 0.0{start}",
        f"{name}_sum 0.0{start}",
        f'{name}_bucket{{le="+Inf"}} 0.0{start}',
    )


_SINCE = " since 1625851153146"
CASES = [
    _case(
        "about",
        1,
        'metric { label { name: "sum" value: "" } label { name: "path" value: "x.org/y" } '
        'label { name: "version" value: "(d)" } gauge { value: 1 } }',
        ('about{path="x.org/y",sum="",version="(d)"} 1.0',),
    ),
    _case(
        "allocated_total",
        0,
        'unit: "bytes" metric { counter { value: 1.546544e+06 exemplar { '
        + _EXEMPLAR % (42, 12)
        + " } } }",
        ('allocated_total 1546544.0 # {id="42"} 12.0 @1625851155146',),
    ),
    _case(
        "plain",
        3,
        "metric { untyped { value: 42 } timestamp_ms: 1234567 }",
        ("plain 42.0 @1234567",),
    ),
    _case(
        "n1",
        4,
        f"metric {{ histogram {{ {_SIDES} {_BUCKETS} }} {_STAMP} }}",
        _classic("n1"),
        native=(f"n1 [{_NATIVE}] @1234568 {_SHOWN_EXEMPLAR}",),
        has_both=True,
    ),
    _case(
        "ng",
        5,
        f"metric {{ histogram {{ {_SIDES} {_BUCKETS} }} {_STAMP} }}",
        _classic("ng"),
        native=(f"ng [{_NATIVE}, gauge] @1234568 {_SHOWN_EXEMPLAR}",),
        has_both=True,
    ),
    _case(
        "nf",
        4,
        f"metric {{ histogram {{ {_FLOAT_SIDES} {_BUCKETS} }} {_STAMP} }}".replace(
            "cumulative_count:", "cumulative_count_float:"
        ),
        _classic("nf"),
        native=(f"nf [{_NATIVE_FLOAT}] @1234568 {_SHOWN_EXEMPLAR}",),
        has_both=True,
    ),
    _case(
        "ngf",
        5,
        f"metric {{ histogram {{ {_FLOAT_SIDES} {_BUCKETS} }} {_STAMP} }}".replace(
            "cumulative_count:", "cumulative_count_float:"
        ),
        _classic("ngf"),
        native=(f"ngf [{_NATIVE_FLOAT}, gauge] @1234568 {_SHOWN_EXEMPLAR}",),
        has_both=True,
    ),
    _case("c2", 4, _TEXT_2, _CLASSIC_2),
    _case("c3", 4, _TEXT_3, _CLASSIC_3),
    _case(
        "two",
        4,
        'metric { label { name: "x" value: "1" } histogram { sample_count: 5 sample_sum: 12.1 '
        "bucket { cumulative_count: 2 upper_bound: 1.1 } "
        "bucket { cumulative_count: 3 upper_bound: 2.2 } "
        "schema: 3 positive_span { offset: 8 length: 2 } positive_delta: 2 positive_delta: 1 } } "
        'metric { label { name: "x" value: "2" } histogram { sample_count: 6 sample_sum: 13.1 '
        "bucket { cumulative_count: 1 upper_bound: 1.1 } "
        "bucket { cumulative_count: 5 upper_bound: 2.2 } "
        "schema: 3 positive_span { offset: 8 length: 2 } positive_delta: 1 positive_delta: 4 } }",
        (
            'two_count{x="1"} 5.0',
            'two_sum{x="1"} 12.1',
            'two_bucket{le="1.1",x="1"} 2.0',
            'two_bucket{le="2.2",x="1"} 3.0',
            'two_bucket{le="+Inf",x="1"} 5.0',
            'two_count{x="2"} 6.0',
            'two_sum{x="2"} 13.1',
            'two_bucket{le="1.1",x="2"} 1.0',
            'two_bucket{le="2.2",x="2"} 5.0',
            'two_bucket{le="+Inf",x="2"} 6.0',
        ),
        native=(
            'two{x="1"} [schema 3, count 5, sum 12.1, 8+2: 2 1]',
            'two{x="2"} [schema 3, count 6, sum 13.1, 8+2: 1 4]',
        ),
        has_both=True,
    ),
    _case(
        "nz",
        4,
        "metric { histogram { sample_count_float: 5.0 sample_sum: 12.1 schema: 3 "
        "positive_span { offset: 8 length: 2 } positive_count: 2 positive_count: 3 } }",
        ("nz_count 5.0", "nz_sum 12.1", 'nz_bucket{le="+Inf"} 5.0'),
        native=("nz [schema 3, count 5.0, sum 12.1, 8+2: 2.0 3.0]",),
    ),
    _case(
        "calls_seconds",
        2,
        'metric { label { name: "to" value: "y" } summary { sample_count: 262 sample_sum: 0.00025 '
        "quantile { quantile: 0.5 value: 6.4e-07 } quantile { quantile: 0.9 value: 1.9e-06 } "
        "quantile { quantile: 0.99 value: 4.0e-06 } } }",
        (
            'calls_seconds_count{to="y"} 262.0',
            'calls_seconds_sum{to="y"} 0.00025',
            'calls_seconds{quantile="0.5",to="y"} 6.4e-07',
            'calls_seconds{quantile="0.9",to="y"} 1.9e-06',
            'calls_seconds{quantile="0.99",to="y"} 4e-06',
        ),
    ),
    _case(
        "no_quantiles",
        2,
        "metric { summary { sample_count: 42 sample_sum: 1.234 } }",
        ("no_quantiles_count 42.0", "no_quantiles_sum 1.234"),
    ),
    _case(
        "empty",
        4,
        f"metric {{ histogram {{ {_EMPTY} }} }}",
        _empty_classic("empty"),
        native=(f"empty {_NONE}]",),
    ),
    _case(
        "cs",
        0,
        f"metric {{ counter {{ value: 42 {_START} }} }}",
        (f"cs 42.0{_SINCE}",),
    ),
    _case(
        "ss",
        2,
        f"metric {{ summary {{ sample_count: 42 sample_sum: 1.234 {_START} }} }}",
        (f"ss_count 42.0{_SINCE}", f"ss_sum 1.234{_SINCE}"),
    ),
    _case(
        "hs",
        4,
        f"metric {{ histogram {{ {_START} {_EMPTY} }} }}",
        _empty_classic("hs", _SINCE),
        native=(f"hs {_NONE}]{_SINCE}",),
    ),
    _case(
        "gs",
        5,
        f"metric {{ histogram {{ {_START} {_EMPTY} }} }}",
        _empty_classic("gs", _SINCE),
        native=(f"gs {_NONE}, gauge]{_SINCE}",),
    ),
    _case(
        "ne",
        4,
        f"metric {{ histogram {{ {_SIDES} {_BUCKETS} "
        f"exemplars {{ {_EXEMPLAR % (59780, -0.00039)} }} exemplars {{ {_UNSTAMPED} }} "
        f"exemplars {{ {_EXEMPLAR % (59772, -0.00052)} }} }} {_STAMP} }}",
        _classic("ne"),
        native=(
            f'ne [{_NATIVE}] @1234568 # {{id="59780"}} -0.00039 @1625851155146 '
            '# {id="59772"} -0.00052 @1625851155146',
        ),
        has_both=True,
    ),
    _case(
        "ne2",
        4,
        f"metric {{ histogram {{ {_SIDES} {_BARE_BUCKETS} "
        f"exemplars {{ {_EXEMPLAR % (59780, -0.00039)} }} }} {_STAMP} }}",
        _classic("ne2", bare=True),
        native=(f'ne2 [{_NATIVE}] @1234568 # {{id="59780"}} -0.00039 @1625851155146',),
        has_both=True,
    ),
]


def _read(*texts: str, **options: object) -> Said:
    body = families_from_text(*texts)
    return said(body, Format.PROTOBUF, start_timestamps=True, **options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("classic_too", [False, True])
def test_with_native_histograms(case: Case, classic_too: bool) -> None:
    found = _read(case.text, native_histograms=True, classic_too=classic_too)
    classic = case.floats if not case.native or (classic_too and case.has_both) else ()
    assert sorted(found.lines) == sorted([*case.native, *classic])
    assert found.metadata == {case.name: case.metadata}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_without_native_histograms(case: Case) -> None:
    assert _read(case.text).lines == case.floats


def test_all_families_of_a_page_in_their_order() -> None:
    found = _read(*[case.text for case in CASES], native_histograms=True)
    assert found.lines == tuple([line for case in CASES for line in (case.native or case.floats)])
    assert found.metadata == {case.name: case.metadata for case in CASES}


NHCB_CASES = [
    (
        CASES[7],
        "c2 [schema -53, count 175, sum 0.000828, 0+4: 2 0 10 147, bounds -0.00048 -0.00038 1.0] "
        '# {id="59727"} -0.00038 @1625851155146',
    ),
    (
        CASES[8],
        "c3 [schema -53, count 6, sum 50.0, 0+3: 2 0 0, bounds -20.0 20.0 30.0] "
        '# {id="59727"} 15.0 @1625851155146',
    ),
    (
        _case(
            "two",
            4,
            'metric { label { name: "x" value: "1" } histogram { sample_count: 5 sample_sum: 12.1 '
            "bucket { cumulative_count: 2 upper_bound: 1.1 } "
            "bucket { cumulative_count: 3 upper_bound: 2.2 } } }",
            (
                'two_count{x="1"} 5.0',
                'two_sum{x="1"} 12.1',
                'two_bucket{le="1.1",x="1"} 2.0',
                'two_bucket{le="2.2",x="1"} 3.0',
                'two_bucket{le="+Inf",x="1"} 5.0',
            ),
        ),
        'two{x="1"} [schema -53, count 5, sum 12.1, 0+3: 2 -1 1, bounds 1.1 2.2]',
    ),
    (
        _case(
            "two",
            4,
            'metric { label { name: "x" value: "2" } histogram { sample_count: 6 sample_sum: 13.1 '
            "bucket { cumulative_count: 0 upper_bound: 1.1 } "
            "bucket { cumulative_count: 5 upper_bound: 2.2 } } }",
            (
                'two_count{x="2"} 6.0',
                'two_sum{x="2"} 13.1',
                'two_bucket{le="1.1",x="2"} 0.0',
                'two_bucket{le="2.2",x="2"} 5.0',
                'two_bucket{le="+Inf",x="2"} 6.0',
            ),
        ),
        'two{x="2"} [schema -53, count 6, sum 13.1, 1+2: 5 -4, bounds 1.1 2.2]',
    ),
]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("classic_too", [False, True])
@pytest.mark.parametrize(("case", "converted"), NHCB_CASES)
def test_converted(case: Case, converted: str, native: bool, classic_too: bool) -> None:
    options = {"to_nhcb": True, "native_histograms": native, "classic_too": classic_too}
    lines = _read(case.text, **options).lines
    assert lines == (*(case.floats if classic_too else ()), converted)


@pytest.mark.parametrize(
    ("native", "line"),
    [(True, f"empty {_NONE}]"), (False, "empty [schema -53, count 0, sum 0.0]")],
)
def test_an_empty_histogram_is_converted_if_it_is_not_taken_as_native(
    native: bool, line: str
) -> None:
    text = CASES[13].text
    assert _read(text, to_nhcb=True, native_histograms=native).lines == (line,)


@pytest.mark.parametrize(
    "sides",
    [
        "positive_span { offset: 0 length: 0 } positive_span { offset: 2 length: 0 } "
        "positive_delta: 1 positive_delta: 3",
        "positive_span { offset: 0 length: 1 } positive_span { offset: 2 length: 1 } "
        "positive_delta: 1 positive_delta: 2 positive_delta: 3 positive_delta: 4",
    ],
)
def test_spans_that_do_not_match(sides: str) -> None:
    text = (
        'name: "h" type: 4 metric { histogram { sample_count: 2 sample_sum: 1 schema: 1 '
        f"{sides} }} }}"
    )
    assert "positive side: the spans need" in _read(text, native_histograms=True).error


def test_a_family_without_metrics_is_not_looked_at() -> None:
    assert _read('name: "" type: 77', CASES[2].text).lines == CASES[2].floats


def test_a_timestamp_of_0_is_none() -> None:
    text = 'name: "g" type: 1 metric { gauge { value: 1 } timestamp_ms: 0 }'
    assert _read(text).lines == ("g 1.0",)


def test_nothing_counts_behind_the_last_bucket() -> None:
    text = (
        'name: "h" type: 4 metric { histogram { sample_count: 2 '
        "bucket { cumulative_count: 2 upper_bound: inf } "
        "bucket { cumulative_count: 3 upper_bound: 5 } } }"
    )
    assert _read(text).lines == ("h_count 2.0", "h_sum 0.0", 'h_bucket{le="+Inf"} 2.0')


def test_starts_are_left_out_unless_asked_for() -> None:
    body = families_from_text(CASES[14].text)
    assert said(body, Format.PROTOBUF).lines == ("cs 42.0",)
