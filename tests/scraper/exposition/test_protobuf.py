"""Delimited protobuf, written by google.protobuf and read by our reader."""

from typing import Any

import pytest

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.native import Resolution
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.metadata import metadata_of
from series.exemplar import Exemplar
from series.histogram import BucketSpan, ResetHint
from tests.scraper.exposition.families import MetricFamily, delimited_families
from tests.scraper.exposition.pages import Known
from tests.scraper.steps import finish

STAMP = {"seconds": 5, "nanos": 250_000_000}
EXEMPLAR = {"label": [{"name": "t", "value": "x"}], "value": 0.5, "timestamp": STAMP}
NATIVE = {
    "sample_count": 9,
    "sample_sum": 3.5,
    "schema": 1,
    "zero_threshold": 0.001,
    "zero_count": 2,
    "positive_span": [{"offset": -1, "length": 2}, {"offset": 1, "length": 1}],
    "positive_delta": [1, 1, 1],
    "negative_span": [{"offset": 0, "length": 1}],
    "negative_delta": [1],
    "exemplars": [EXEMPLAR, {"value": 1.0}],
    "created_timestamp": STAMP,
}
BUCKETS = [
    {"cumulative_count": 2, "upper_bound": 1.0, "exemplar": EXEMPLAR},
    {"cumulative_count": 4, "upper_bound": 2.5},
]


def family(type_: int, **metric: Any) -> Any:
    return MetricFamily(name="m", help="what", type=type_, metric=[metric])


def read(*families: Any, **options: Any) -> Page:
    reader = BodyReader(Outlines())
    reader.options = ReadOptions(**options)
    return finish(reader.read(delimited_families(*families), Known(), Format.PROTOBUF))


def shown(page: Page) -> list[tuple[str, float]]:
    return [
        (key.decode().rstrip(), value) for key, value in zip(page.keys, page.values, strict=True)
    ]


LABELS = [{"name": "a", "value": 'b"\n'}]


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        pytest.param(
            family(0, label=LABELS, counter={"value": 2}),
            [('{"m","a"="b\\"\\n"}', 2.0)],
            id="counter",
        ),
        pytest.param(family(1, gauge={"value": -1.5}), [('{"m"}', -1.5)], id="gauge"),
        pytest.param(family(3, untyped={"value": 3}), [('{"m"}', 3.0)], id="untyped"),
        pytest.param(
            family(
                2,
                summary={
                    "sample_count": 4,
                    "sample_sum": 5.5,
                    "quantile": [{"quantile": 0.5, "value": 7}, {"quantile": 1, "value": 8}],
                },
            ),
            [
                ('{"m_count"}', 4.0),
                ('{"m_sum"}', 5.5),
                ('{"m","quantile"="0.5"}', 7.0),
                ('{"m","quantile"="1.0"}', 8.0),
            ],
            id="summary",
        ),
        pytest.param(
            family(4, histogram={"sample_count": 5, "sample_sum": 6, "bucket": BUCKETS}),
            [
                ('{"m_count"}', 5.0),
                ('{"m_sum"}', 6.0),
                ('{"m_bucket","le"="1.0"}', 2.0),
                ('{"m_bucket","le"="2.5"}', 4.0),
                ('{"m_bucket","le"="+Inf"}', 5.0),
            ],
            id="classic histogram, its last bucket added",
        ),
        pytest.param(
            family(4, histogram=NATIVE),
            [('{"m_count"}', 9.0), ('{"m_sum"}', 3.5), ('{"m_bucket","le"="+Inf"}', 9.0)],
            id="a native one only, not wanted",
        ),
    ],
)
def test_floats(given: Any, rows: list[tuple[str, float]]) -> None:
    assert shown(read(given)) == rows


def test_a_native_histogram_travels_whole() -> None:
    given = family(4, histogram=NATIVE, timestamp_ms=77)
    page = read(given, native_histograms=True, start_timestamps=True)
    assert shown(page) == [('{"m"}', 0.0)]
    assert page.histograms is not None
    assert page.stamps is not None
    histogram = page.histograms[0]
    assert (histogram.schema, histogram.count, histogram.sum) == (1, 9, 3.5)
    assert (histogram.zero_threshold, histogram.zero_count) == (0.001, 2)
    assert histogram.positive_spans == (BucketSpan(-1, 2), BucketSpan(1, 1))
    assert histogram.positive_buckets == (1, 1, 1)
    assert histogram.negative_buckets == (1,)
    assert page.exemplars == {0: (Exemplar((("t", "x"),), 0.5, 5250),)}
    assert page.starts == {0: 5250}
    assert page.stamps.tolist() == [77]


def test_a_float_gauge_histogram() -> None:
    histogram = {
        "sample_count_float": 3.5,
        "sample_sum": 1,
        "positive_span": [{"offset": 0, "length": 1}],
        "positive_count": [3.5],
    }
    page = read(family(5, histogram=histogram), native_histograms=True)
    assert page.histograms is not None
    found = page.histograms[0]
    assert (found.is_float, found.count, found.positive_buckets) == (True, 3.5, (3.5,))
    assert found.reset_hint is ResetHint.GAUGE


@pytest.mark.parametrize(("classic_too", "count"), [(False, 1), (True, 6)])
def test_both_representations(classic_too: bool, count: int) -> None:
    both = {**NATIVE, "bucket": BUCKETS}
    page = read(family(4, histogram=both), native_histograms=True, classic_too=classic_too)
    assert len(page.keys) == count


def test_too_many_buckets_are_merged() -> None:
    limits = Resolution(max_buckets=3)
    page = read(family(4, histogram=NATIVE), native_histograms=True, resolution=limits)
    assert page.histograms is not None
    histogram = page.histograms[0]
    # Indices -1, 0 and 2 of counts 1, 2, 3 at schema 1 are 0 and 1 at schema 0.
    assert histogram.schema == 0
    assert histogram.positive_spans == (BucketSpan(0, 2),)
    assert histogram.positive_buckets == (3, 0)


def test_its_metadata_is_told_as_that_of_text() -> None:
    reader = BodyReader(Outlines())
    finish(reader.read(delimited_families(family(1, gauge={})), Known(), Format.PROTOBUF))
    found = metadata_of(reader.comments())["m"]
    assert (found.type, found.help) == ("gauge", "what")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x05a", id="cut off"),
        pytest.param(b"\xff" * 11, id="no length"),
        pytest.param(b"\x02\x22\x00", id="no name"),
        pytest.param(delimited_families(family(9)), id="no such type"),
        pytest.param(delimited_families(family(1, counter={"value": 1})), id="another type"),
        pytest.param(b"\x06\x0a\x01m\x22\x02\x0f\x00", id="an unknown wire type"),
        pytest.param(b"\x07\x0a\x03\xff\xfe\xfd\x22\x00", id="a name that is no UTF-8"),
        pytest.param(
            delimited_families(family(1, label=[*LABELS, *LABELS], gauge={})), id="a label twice"
        ),
    ],
)
def test_bad(body: bytes) -> None:
    with pytest.raises(ExpositionError):
        finish(BodyReader(Outlines()).read(body, Known(), Format.PROTOBUF))


def test_spans_that_do_not_match_their_buckets() -> None:
    with pytest.raises(ExpositionError, match="the spans need 3 buckets, there are 1"):
        read(family(4, histogram={**NATIVE, "positive_delta": [1]}), native_histograms=True)
