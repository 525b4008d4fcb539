"""Taking OTLP: points a second for attribute sets that were seen before, and for new ones.

Run: `python bench/bench_otlp.py`. What google.protobuf takes to parse the same bytes is
the comparison.
"""

import argparse
import time
from collections.abc import Callable

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from receivers.otlp.receive import OtlpReceiver, drain
from receivers.otlp.settings import Translation

NOW_NS = 1_795_500_000_000_000_000


def request_of(points: int, metrics: int = 20) -> ExportMetricsServiceRequest:
    """Sums with five attributes each, as an SDK writes them."""
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    for key, value in (("service.name", "shop"), ("service.instance.id", "a-1")):
        resource.resource.attributes.add(key=key).value.string_value = value
    scope = resource.scope_metrics.add()
    scope.scope.name = "bench"
    for number in range(metrics):
        metric = scope.metrics.add(name=f"http.server.requests.{number}", unit="1")
        metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
        metric.sum.is_monotonic = True
        for at in range(points // metrics):
            point = metric.sum.data_points.add(
                start_time_unix_nano=NOW_NS - 10**12, time_unix_nano=NOW_NS, as_int=at
            )
            for key in ("http.method", "http.route", "http.status_code", "server", "zone"):
                point.attributes.add(key=key).value.string_value = f"{key}-{at}"
    return request


def best_s(function: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="small and quick, no figures to trust")
    smoke = parser.parse_args().smoke
    points, rounds = (200, 1) if smoke else (20_000, 20)
    body = request_of(points).SerializeToString()
    new_s = best_s(lambda: drain(OtlpReceiver(Translation()).protobuf(body)), min(rounds, 3))
    receiver = OtlpReceiver(Translation())
    drain(receiver.protobuf(body))
    known_s = best_s(lambda: drain(receiver.protobuf(body)), rounds)
    parse_s = best_s(lambda: ExportMetricsServiceRequest.FromString(body), rounds)
    for name, seconds in (
        ("known attribute sets", known_s),
        ("new attribute sets", new_s),
        ("google.protobuf, parse alone", parse_s),
    ):
        print(f"{name + ':':30} {points / seconds / 1000:7.0f} k points/s")


if __name__ == "__main__":
    main()
