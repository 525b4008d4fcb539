"""What each form of metric becomes; every row by protobuf and by JSON."""

from typing import Any

import attrs
import pytest

from receivers.otlp.settings import Delta, Strategy, Translation
from tests.receivers.otlp.requests import (
    NOW_MS,
    NOW_NS,
    attributes,
    gauge,
    point,
    request_of,
    rows,
    take,
    total,
)

pytestmark = pytest.mark.parametrize("form", ["wire", "json"])
HISTOGRAM: dict[str, Any] = {
    "count": "6",
    "sum": 4.5,
    "explicitBounds": [0.5, 10],
    "bucketCounts": ["1", "2", "3"],
}
STALE = {"flags": 1}


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        pytest.param(
            gauge("a.b", point(asDouble=1.5)), {'a_b{job="shop"}': 1.5}, id="a gauge is a float"
        ),
        pytest.param(
            gauge("a", point(asInt="-3"), unit="1"),
            {'a_ratio{job="shop"}': -3.0},
            id="an integer of a gauge without unit",
        ),
        pytest.param(gauge("a", point(asDouble=0.0)), {'a{job="shop"}': 0.0}, id="zero is a value"),
        pytest.param(
            gauge("a", point(asDouble=1.0, attributes=attributes({"x.y": "z"}))),
            {'a{job="shop",x_y="z"}': 1.0},
            id="attributes are labels",
        ),
        pytest.param(
            total("a", point(asInt="3"), unit="By"),
            {'a_bytes_total{job="shop"}': 3.0},
            id="a monotonic sum is a counter",
        ),
        pytest.param(
            total("a", point(asDouble=3.0), monotonic=False),
            {'a{job="shop"}': 3.0},
            id="a sum that may fall is a gauge",
        ),
        pytest.param(
            gauge("a", point(**STALE)), {'a{job="shop"}': "stale"}, id="no recorded value is stale"
        ),
        pytest.param(
            {
                "name": "h",
                "histogram": {"aggregationTemporality": 2, "dataPoints": [point(**HISTOGRAM)]},
            },
            {
                'h_sum{job="shop"}': 4.5,
                'h_count{job="shop"}': 6.0,
                'h_bucket{job="shop",le="0.5"}': 1.0,
                'h_bucket{job="shop",le="10"}': 3.0,
                'h_bucket{job="shop",le="+Inf"}': 6.0,
            },
            id="a histogram's buckets add up",
        ),
        pytest.param(
            {
                "name": "h",
                "histogram": {"aggregationTemporality": 2, "dataPoints": [point(count="2")]},
            },
            {'h_count{job="shop"}': 2.0, 'h_bucket{job="shop",le="+Inf"}': 2.0},
            id="a histogram without sum and buckets",
        ),
        pytest.param(
            {
                "name": "s",
                "summary": {
                    "dataPoints": [
                        point(count="9", sum=2.0, quantileValues=[{"quantile": 0.5, "value": 3.0}])
                    ]
                },
            },
            {
                's_sum{job="shop"}': 2.0,
                's_count{job="shop"}': 9.0,
                's{job="shop",quantile="0.5"}': 3.0,
            },
            id="a summary",
        ),
        pytest.param(gauge("a"), {}, id="a metric without points is nothing"),
    ],
)
def test_floats(metric: dict[str, Any], wanted: dict[str, Any], form: str) -> None:
    taken = take(request_of(metric), form=form)
    assert rows(taken) == wanted
    assert (taken.rejected, {b.oldest_ms() for b in taken.batches}) == (
        0,
        {NOW_MS} if wanted else set(),
    )


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        pytest.param(total("bad", point(asInt="1"), temporality=1), "delta", id="delta"),
        pytest.param(total("bad", point(asInt="1"), temporality=0), "temporality", id="none given"),
        pytest.param(gauge("@#$%", point(asInt="1")), "name", id="a name of which nothing is left"),
        pytest.param(gauge("", point(asInt="1")), "name", id="no name"),
        pytest.param(
            gauge("bad", point(asInt="1", attributes=attributes({"__": "x"}))),
            "attribute",
            id="an attribute of which nothing is left",
        ),
        pytest.param({"name": "bad"}, "no data", id="no data"),
        pytest.param(
            {
                "name": "bad",
                "exponentialHistogram": {
                    "aggregationTemporality": 2,
                    "dataPoints": [point(scale=-5)],
                },
            },
            "scale",
            id="a scale too coarse",
        ),
        pytest.param(
            gauge("bad", {"timeUnixNano": str(2**64 - 1), "asInt": "1"}),
            "time",
            id="a time too far",
        ),
    ],
)
def test_one_bad_metric_costs_itself_alone(metric: dict[str, Any], why: str, form: str) -> None:
    taken = take(request_of(metric, gauge("good", point(asInt="1"))), form=form)
    assert rows(taken) == {'good{job="shop"}': 1.0}
    assert (taken.points, taken.rejected) == (1, 1)
    assert why in taken.reasons[0]


def test_exponential_is_native(form: str) -> None:
    metric = {
        "name": "e",
        "exponentialHistogram": {
            "aggregationTemporality": 2,
            "dataPoints": [
                point(
                    count="5",
                    sum=2.5,
                    scale=1,
                    zeroCount="1",
                    positive={"offset": -1, "bucketCounts": ["1", "3"]},
                    startTimeUnixNano=str(NOW_NS - 10**9),
                )
            ],
        },
    }
    (batch,) = take(request_of(metric), form=form).batches
    assert batch.histograms is not None
    assert batch.start_timestamps is not None
    got = batch.histograms[0]
    assert (got.schema, got.count, got.sum, got.zero_count) == (1, 5, 2.5, 1)
    assert (got.positive_spans[0].offset, got.positive_buckets) == (0, (1, 2))
    assert batch.start_timestamps[0] == NOW_MS - 1000
    assert dict(batch.layout.templates[0].labels())["__name__"] == "e"


def test_exemplars_go_to_their_bucket(form: str) -> None:
    exemplar = {
        "asDouble": 3.0,
        "timeUnixNano": str(NOW_NS),
        "traceId": "AAECAwQFBgcICQoLDA0ODw==",
        "spanId": "AAECAwQFBgc=",
    }
    metric = {
        "name": "h",
        "histogram": {
            "aggregationTemporality": 2,
            "dataPoints": [point(**HISTOGRAM, exemplars=[exemplar])],
        },
    }
    (batch,) = take(request_of(metric), form=form).batches
    ((at, (got,)),) = (batch.exemplars or {}).items()
    assert dict(batch.layout.templates[at].labels())["le"] == "10"
    assert dict(got.labels) == {
        "trace_id": "000102030405060708090a0b0c0d0e0f",
        "span_id": "0001020304050607",
    }
    assert (got.value, got.timestamp_ms) == (3.0, NOW_MS)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        pytest.param({}, 'a_b_total{job="eu/shop",instance="1"}', id="as Prometheus by default"),
        pytest.param(
            {"strategy": Strategy.UNCHANGED},
            'a.b{job="eu/shop",instance="1"}',
            id="names as they are",
        ),
        pytest.param(
            {"promote": frozenset({"host.name"})},
            'a_b_total{host_name="h",instance="1",job="eu/shop"}',
            id="a resource attribute promoted",
        ),
        pytest.param(
            {"external_labels": {"site": "s", "job": "never"}},
            'a_b_total{instance="1",job="eu/shop",site="s"}',
            id="external labels if absent",
        ),
        pytest.param(
            {"promote_scope": True},
            'a_b_total{instance="1",job="eu/shop",otel_scope_name="lib",otel_scope_version="1"}',
            id="the scope promoted",
        ),
    ],
)
def test_options(change: dict[str, Any], wanted: str, form: str) -> None:
    resource = {
        "service.name": "shop",
        "service.namespace": "eu",
        "service.instance.id": "1",
        "host.name": "h",
    }
    message = request_of(total("a.b", point(asInt="1")), resource=resource)
    got = rows(take(message, attrs.evolve(Translation(), **change), form=form))
    assert parted(wanted) in dict(map(parted, got)).items()
    assert any(series.startswith("target_info") for series in got)


def parted(series: str) -> tuple[str, frozenset[str]]:
    name, _, labels = series.rstrip("}").partition("{")
    return name, frozenset(labels.split(","))


def test_custom_buckets_if_asked_for(form: str) -> None:
    metric = {
        "name": "h",
        "histogram": {"aggregationTemporality": 2, "dataPoints": [point(**HISTOGRAM)]},
    }
    (batch,) = take(request_of(metric), Translation(custom_buckets=True), form=form).batches
    assert batch.histograms is not None
    assert batch.histograms[0].custom_values == (0.5, 10.0)


def test_deltas_add_up(form: str) -> None:
    points = [{"timeUnixNano": str(NOW_NS + at * 10**9), "asInt": "2"} for at in range(3)]
    again = points[2]
    message = request_of(total("d", *points, again, temporality=1))
    taken = take(message, Translation(delta=Delta.CUMULATIVE), form=form)
    assert rows(taken) == {'d_total{job="shop"}': [2.0, 4.0, 6.0]}
    stored = take(message, Translation(delta=Delta.STORED), form=form)
    assert rows(stored) == {'d_total{job="shop"}': [2.0, 2.0, 2.0, 2.0]}


def test_metadata(form: str) -> None:
    told = take(
        request_of(
            total("a", point(asInt="1"), unit="s", description="seconds of it"),
            gauge("b", point(asInt="1")),
        ),
        form=form,
    ).metadata
    assert [(one.family, one.type.name, one.help, one.unit) for one in told] == [
        ("a_seconds_total", "COUNTER", "seconds of it", "seconds"),
        ("b", "GAUGE", "", ""),
    ]
