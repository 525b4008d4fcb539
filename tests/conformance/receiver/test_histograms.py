"""Native histograms, of exponential and of custom buckets, integer and float."""

import math
from typing import Any

import pytest

from tests.conformance.receiver.case import Case, Heard, check
from tests.conformance.receiver.message import STALE, Exemplar, Sent, sent

HALF_HOUR_MS = 1_800_000
POSITIVE: dict[str, Any] = {
    "positive_spans": [{"offset": 0, "length": 3}, {"offset": 2, "length": 2}],
    "positive_deltas": [1, 2, 1, 3, 1],  # 1, 3, 4, 7, 8
}
NEGATIVE: dict[str, Any] = {
    "negative_spans": [{"offset": 0, "length": 2}],
    "negative_deltas": [1, 1],  # 1, 2
}
ZERO: dict[str, Any] = {"zero_count_int": 1}
CUSTOM: dict[str, Any] = {
    "schema": -53,
    "custom_values": [0.1, 0.5, 1.0, 2.5, 5.0, 10.0],
    "positive_spans": [{"offset": 0, "length": 6}],
    "positive_deltas": [2, 1, 2, 3, -1, -2],  # 2, 3, 5, 8, 7, 5
    "count_int": 30,
    "sum": 2.5,
}
FLOAT: dict[str, Any] = {
    "count_float": 7.5,
    "sum": 3.5,
    "schema": 2,
    "zero_threshold": 0.001,
    "zero_count_float": 0.5,
    "positive_spans": [{"offset": -1, "length": 2}],
    "positive_counts": [3.0, 4.0],
}


def native(*parts: dict[str, Any], total: float = 1.5, **more: Any) -> dict[str, Any]:
    counts = {id(POSITIVE): 23, id(NEGATIVE): 3, id(ZERO): 1}
    told: dict[str, Any] = {"count_int": sum(counts[id(part)] for part in parts), "sum": total}
    for part in parts:
        told |= part
    return told | more


def of(name: str, told: dict[str, Any], **more: Any) -> Sent:
    return sent(name, histograms=((0, told),), **more)


ALL = native(POSITIVE, NEGATIVE, ZERO)
GOOD = of("good", ALL)
TRACE = Exemplar({"trace_id": "abc123def456", "span_id": "span789"}, 1.23)
TAKEN = {
    "all its buckets": of("test_histogram", ALL),
    "custom buckets": of("test_histogram", CUSTOM),
    "positive buckets only": of("test_histogram", native(POSITIVE, ZERO), labels={"job": "test"}),
    "negative buckets only": of("test_histogram", native(NEGATIVE)),
    "the zero bucket only": of("minimal_hist", native(ZERO)),
    "no bucket and no observation": of("empty_hist", native(total=0.0)),
    "fractions of observations": of("float_hist", FLOAT),
    "a start half an hour ago": of("since", ALL, start_ms=-HALF_HOUR_MS),
    "the end of its series": of("ended", native(total=STALE)),
    "a sum of NaN, an observation in no bucket": of(
        "odd", {**ALL, "count_int": 28, "sum": math.nan}
    ),
    "a hint that it is a gauge": of("gauge_hist", native(POSITIVE, reset_hint=3)),
    "an exemplar": of("http_request_duration_seconds", ALL, exemplars=(TRACE,)),
    "custom buckets and an exemplar": of("custom_hist", CUSTOM, exemplars=(TRACE,)),
    "metadata": of("request_duration_seconds", ALL, type=3, help="Duration", unit="seconds"),
    "metadata and an exemplar": of(
        "response_size_bytes", ALL, type=3, help="Size", unit="bytes", exemplars=(TRACE,)
    ),
    "three in a row": sent("row", histograms=((-2000, ALL), (-1000, ALL), (0, ALL))),
}
REFUSED = {
    "a count that its buckets do not add up to": {**native(POSITIVE), "count_int": 99},
    "more buckets than its spans": native(POSITIVE, positive_deltas=[1, 2, 1, 3, 1, 1]),
    "fewer buckets than its spans": native(POSITIVE, positive_deltas=[1, 2]),
    "a bucket below zero": native(POSITIVE, positive_deltas=[1, -2, 24, 0, 0]),
    "a span that begins inside another": native(
        POSITIVE, positive_spans=[{"offset": 0, "length": 3}, {"offset": -1, "length": 2}]
    ),
    "a schema that there is not": native(POSITIVE, schema=99),
    "custom bounds that fall": {**CUSTOM, "custom_values": [0.1, 0.5, 0.4, 2.5, 5.0, 10.0]},
    "custom bounds too few": {**CUSTOM, "custom_values": [0.1]},
    "custom buckets with a zero bucket": {**CUSTOM, "zero_count_int": 1, "count_int": 31},
    "a negative count": {**FLOAT, "count_float": -1.0},
}
CASES = [Case(sentence=sentence, series=(series,)) for sentence, series in TAKEN.items()]
CASES += [
    Case(sentence=sentence, series=(of("bad", told, is_bad=True), GOOD))
    for sentence, told in REFUSED.items()
]
CASES += [
    Case(
        sentence="two histograms",
        series=(of("hist1", native(POSITIVE, ZERO)), of("hist2", native(NEGATIVE))),
    ),
    Case(
        sentence="fifty histograms with all beside them",
        series=tuple(
            [
                of(
                    f"histogram_metric_{at}",
                    native(POSITIVE, ZERO, total=at / 10),
                    labels={"bucket": f"bucket_{at}"},
                    type=3,
                    help=f"Histogram metric number {at}",
                    unit="seconds",
                    exemplars=(Exemplar({"trace_id": f"trace_{at}"}, at / 10),),
                )
                for at in range(50)
            ]
        ),
    ),
    Case(
        sentence="floats and histograms in one request, each in its series",
        series=(sent("up", 1.0), GOOD),
    ),
    Case(
        sentence="floats and a histogram in one series",
        series=(sent("mixed", 1.0, histograms=((0, ALL),)), GOOD),
    ),
    Case(sentence="a histogram", series=(of("test_histogram", ALL),), version=1),
    Case(
        sentence="a bad histogram: the rest is taken",
        series=(of("bad", REFUSED["a bucket below zero"], is_bad=True), GOOD),
        version=1,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.version}.0: {case.sentence}")
def test_histograms(heard: dict[str, Heard], case: Case) -> None:
    check(heard[case.slug])
