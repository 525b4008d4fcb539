"""Exemplars, metadata, start timestamps: what comes beside samples arrives beside them."""

import math

import pytest

from tests.conformance.receiver.case import Case, Heard, check
from tests.conformance.receiver.message import Exemplar, Sent, sent

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
TRACE = {"trace_id": "abc123def456"}
SPAN = {**TRACE, "span_id": "span789"}


def traced(name: str, value: float, trace: dict[str, str], **more: object) -> Sent:
    return sent(name, value, exemplars=(Exemplar(trace, value),), **more)


EXEMPLARS = {
    "a trace": traced("http_requests_total", 1.0, TRACE, labels={"job": "api"}),
    "a trace and a span": traced("request_duration_seconds", 0.125, SPAN),
    "no trace": traced("cpu_usage", 0.85, {"user_id": "user123"}),
    "several labels": traced("latency", 0.05, {**TRACE, "user": "admin", "endpoint": "/login"}),
    "no labels": traced("simple_counter", 1.0, {}),
    "dashes and dots": traced("test_metric", 42.0, {"trace_id": "trace-with_a.dot-123"}),
    "any script": traced("unicode_test", 100.0, {"trace_id": "测试"}, labels={"region": "🌍"}),
    "a start two hours ago": traced("requests_total", 250.0, SPAN, start_ms=-2 * HOUR_MS),
    "a time of its own": sent("old", 1.0, exemplars=(Exemplar(TRACE, 1.0, -30 * MINUTE_MS),)),
    "two of them": sent("both", 1.0, exemplars=(Exemplar(TRACE, 1.0, -5), Exemplar(SPAN, 2.0))),
}
EXEMPLARS |= {
    f"the value {name}": traced("test_metric", value, TRACE)
    for name, value in {
        "zero": 0.0,
        "below zero": -123.456,
        "of ten digits": 1e10,
        "near zero": 1e-10,
        "NaN": math.nan,
        "infinity": math.inf,
        "less than all": -math.inf,
    }.items()
}
# Type, help, unit.
METADATA = {
    "a counter": ("http_requests_total", 1, "Total number of HTTP requests", "requests"),
    "a gauge": ("cpu_usage_percent", 2, "Current CPU usage percentage", "percent"),
    "neither help nor unit": ("bare_counter", 1, "", ""),
    "line ends and quotes": ("noted", 2, 'Test metric with\nnewlines and "quotes"', "bytes/sec"),
    "no type": ("unknown_metric", 0, "Unknown metric type", ""),
    "an info": ("build_info", 6, "Build information", ""),
    "a stateset": ("node_state", 7, "Node state information", ""),
    "a summary": ("latency_summary", 5, "Request latency summary", "seconds"),
    "a gauge histogram": ("temperature", 4, "Temperature distribution", "celsius"),
}
CASES = [Case(sentence=f"exemplar: {what}", series=(one,)) for what, one in EXEMPLARS.items()]
CASES += [
    Case(
        sentence=f"metadata: {what}",
        series=(sent(name, 1.0, type=kind, help=help_, unit=unit),),
    )
    for what, (name, kind, help_, unit) in METADATA.items()
]
CASES += [
    Case(
        sentence="three series, an exemplar each",
        series=(
            traced("request_duration", 0.1, {"trace_id": "1"}, labels={"method": "GET"}),
            traced("request_duration", 0.25, {"trace_id": "2"}, labels={"method": "POST"}),
            traced("error_count", 1.0, {"trace_id": "3"}),
        ),
    ),
    Case(
        sentence="one series three times, an exemplar each",
        series=tuple(
            [
                sent("lat", 0.1, at_ms=at_ms, exemplars=(Exemplar(TRACE, 0.1, at_ms),))
                for at_ms in (-HOUR_MS, -MINUTE_MS, 0)
            ]
        ),
    ),
    Case(
        sentence="metadata of three families",
        series=(
            sent("cpu_usage_now", 85.5, type=2, help="CPU usage percentage", unit="percent"),
            sent("memory_usage", 4.096e9, type=2, help="Memory usage in bytes", unit="bytes"),
            sent("disk_usage", 75.2, labels={"device": "sda1"}, type=2, help="Disk"),
        ),
    ),
    Case(
        sentence="all of it at once",
        series=(
            traced(
                "everything_total",
                1.0,
                SPAN,
                labels={"job": "test-job_with.special@chars", "environment": "test🚀"},
                start_ms=-HOUR_MS,
                type=1,
                help='äöü, newlines\nand "quotes"',
                unit="special/units",
            ),
        ),
    ),
    Case(
        sentence="an exemplar without a sample",
        series=(
            sent("orphan", exemplars=(Exemplar(TRACE, 42.0),), is_bad=True),
            sent("up", 1.0),
        ),
    ),
    Case(
        sentence="an exemplar as a series of its own, as Prometheus sends it",
        series=(
            sent("up", 2.0),
            sent("traced_total", 1.0),
            sent("traced_total", exemplars=(Exemplar(TRACE, 42.0),)),
            sent("down", 3.0),
        ),
    ),
    Case(
        sentence="metadata without a sample",
        series=(sent("orphan", type=1, help="Orphaned", is_bad=True), sent("up", 1.0)),
    ),
    Case(
        sentence="an exemplar of a series without a name",
        series=(
            Sent(
                labels=(("job", "test"),),
                samples=((0, 1.0),),
                exemplars=(Exemplar(TRACE, 1.0),),
                is_bad=True,
            ),
        ),
    ),
    Case(
        sentence="metadata of a series without a name",
        series=(
            Sent(labels=(("job", "test"),), samples=((0, 1.0),), type=1, help="h", is_bad=True),
        ),
    ),
    Case(sentence="an exemplar", series=(traced("latency", 0.05, SPAN),), version=1),
    Case(
        sentence="an exemplar as a series of its own",
        series=(
            sent("traced_total", 1.0),
            sent("up", 2.0),
            sent("traced_total", exemplars=(Exemplar(TRACE, 42.0),)),
        ),
        version=1,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.version}.0: {case.sentence}")
def test_beside_samples(heard: dict[str, Heard], case: Case) -> None:
    check(heard[case.slug])
