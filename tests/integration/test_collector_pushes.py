"""Pushes to a converted Collector configuration become the series that the Collector would send.

The oracle is the translation of its remote write exporter as reference/peers.md 1 has it.
"""

import shlex
import time
import urllib.request
from pathlib import Path

from cli import main
from tests.integration.agent import command
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import Process, free_port, wait_until
from tests.receivers.otlp.requests import attributes, gauge, request_of, total

COLLECTOR = """\
receivers:
  otlp:
    protocols:
      http: {{endpoint: "127.0.0.1:{port}"}}
processors:
  batch: {{timeout: 200ms}}
exporters:
  prometheusremotewrite:
    endpoint: "${{env:REMOTE_URL}}"
    external_labels: {{test: "${{TEST_NAME:-nobody}}", region: outside}}
    resource_to_telemetry_conversion: {{enabled: true}}
  prometheusremotewrite/second:
    endpoint: "${{env:REMOTE_URL}}"
    namespace: second
    external_labels: {{test: "${{TEST_NAME:-nobody}}"}}
    target_info: {{enabled: false}}
    resource_to_telemetry_conversion: {{enabled: true}}
service:
  pipelines:
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [prometheusremotewrite, prometheusremotewrite/second]
"""
RESOURCE = {
    "service.name": "shop", "service.namespace": "ns", "service.instance.id": "i-1",
    "host.name": "h1", "k8s..label": "x",
}  # fmt: skip
# All resource attributes are copied (1.6), runs of underscores collapse, scopes are labels.
COMMON = {
    "job": "ns/shop", "instance": "i-1", "service_name": "shop", "service_namespace": "ns",
    "service_instance_id": "i-1", "host_name": "h1", "k8s_label": "x",
    "otel_scope_name": "lib", "otel_scope_version": "1",
}  # fmt: skip


def expected(test: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    outside = {"region": "outside"}
    return {
        "http_server_requests_total": [
            ({**COMMON, **outside, "http_method": "GET", "a_b": "1;2"}, 7.0)
        ],
        "queue_fill_ratio": [({**COMMON, **outside}, 0.5)],
        "room_temperature_celsius": [({**COMMON, "region": "own", "key_hidden": "y"}, 21.0)],
        "latency_milliseconds_bucket": [
            ({**COMMON, **outside, "le": "5"}, 1.0),
            ({**COMMON, **outside, "le": "10"}, 3.0),
            ({**COMMON, **outside, "le": "+Inf"}, 4.0),
        ],
        "latency_milliseconds_sum": [({**COMMON, **outside}, 30.0)],
        "latency_milliseconds_count": [({**COMMON, **outside}, 4.0)],
        "target_info": [
            ({"job": "ns/shop", "instance": "i-1", "host_name": "h1", "k8s_label": "x", **outside},
             1.0)
        ],
    }  # fmt: skip


def body() -> bytes:
    now = str(time.time_ns())
    histogram = {
        "name": "latency", "unit": "ms",
        "histogram": {"aggregationTemporality": 2, "dataPoints": [{
            "timeUnixNano": now, "count": "4", "sum": 30.0, "explicitBounds": [5, 10],
            "bucketCounts": ["1", "2", "1"],
        }]},
    }  # fmt: skip
    odd = attributes({"region": "own", "_hidden": "y"})
    method = attributes({"http.method": "GET", "a..b": "1", "a__b": "2"})
    return request_of(
        total("http.server.requests", {"timeUnixNano": now, "asInt": "7", "attributes": method},
              unit="1"),
        gauge("queue.fill", {"timeUnixNano": now, "asDouble": 0.5}, unit="1"),
        gauge("room.temperature", {"timeUnixNano": now, "asDouble": 21.0, "attributes": odd},
              unit="Cel"),
        histogram,
        resource=RESOURCE,
    ).SerializeToString()  # fmt: skip


def test_the_series_are_the_collectors(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, job: str
) -> None:
    port, pages = free_port(), free_port()
    (tmp_path / "c.yaml").write_text(COLLECTOR.format(port=port))
    assert main(["convert", str(tmp_path / "c.yaml"), f"-to={tmp_path / 'new'}"]) == 0
    script = (tmp_path / "new" / "promferry.sh").read_text()
    own = [f"-httpListenAddr=127.0.0.1:{pages}", f"-remoteWrite.tmpDataPath={tmp_path / 'data'}"]
    run = tmp_path / "run.sh"
    run.write_text(script.replace("exec promferry", f"exec {shlex.join([*command(), *own])}"))
    environment = {"REMOTE_URL": victoria_metrics.url, "TEST_NAME": job}
    process = Process(["/bin/sh", str(run)], tmp_path / "agent.log", env=environment)
    process.start()
    try:
        process.wait_port(port)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/metrics", data=body(),
            headers={"Content-Type": "application/x-protobuf"},
        )  # fmt: skip
        urllib.request.urlopen(request).close()
        wait_until(lambda: _same(victoria_metrics, job), "the series", evidence=process.output)
    finally:
        process.kill()


def _same(receiver: VictoriaMetrics, test: str) -> bool:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for series in receiver.samples(f'{{test="{test}"}}'):
        name, _ = series.labels.pop("__name__"), series.labels.pop("test")
        found.setdefault(name, []).append((series.labels, series.values()[-1]))
    wanted = expected(test)
    second = {
        f"second_{name}": [
            ({key: text for key, text in labels.items() if text != "outside"}, value)
            for labels, value in several
        ]
        for name, several in wanted.items()
        if name != "target_info"
    }  # fmt: skip
    for name, several in {**wanted, **second}.items():
        by_labels = sorted(several, key=str)
        assert sorted(found.get(name, []), key=str) == by_labels, (name, found.get(name), several)
    assert found.keys() == wanted.keys() | second.keys()
    return True
