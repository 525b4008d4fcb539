"""Pushed metrics against real programs: SDK exporters, Prometheus, vmagent, another promferry."""

import gzip
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpExporter,
)
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from tests.integration.agent import Agent
from tests.integration.certs import Certificates
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import free_port, wait_until

CONFIG = "global: {external_labels: {site: edge}}\n"


def flags_for(url: str, http_port: int, grpc_port: int) -> list[str]:
    return [
        f"-remoteWrite.url={url}",
        "-remoteWrite.flushInterval=100ms",
        f"-otlp.httpListenAddr=127.0.0.1:{http_port}",
        f"-otlp.grpcListenAddr=127.0.0.1:{grpc_port}",
    ]


def last(receiver: VictoriaMetrics, selector: str) -> float | None:
    found = receiver.samples(selector)
    return found[0].values()[-1] if found else None


def export(exporter: MetricExporter, counts: int, name: str) -> None:
    """An application of which nothing changes but where it sends: three instruments, counted on."""
    resource = Resource({"service.name": name, "service.instance.id": "a-1", "host.name": "h"})
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider(metric_readers=[reader], resource=resource)
    meter = provider.get_meter("shop", "1.0")
    orders = meter.create_counter("shop.orders", unit="1", description="Orders taken.")
    seconds = meter.create_histogram("shop.request.duration", unit="s")
    meter.create_observable_gauge("shop.stock", [lambda _: [_observation(7)]])
    for _ in range(counts):
        orders.add(1, {"http.method": "GET"})
        seconds.record(0.3)
        assert provider.force_flush()
    provider.shutdown()


def _observation(value: float) -> Observation:
    return Observation(value)


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """HTTP's and gRPC's."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def agent(
    tmp_path_factory: pytest.TempPathFactory,
    victoria_metrics: VictoriaMetrics,
    ports: tuple[int, int],
) -> Iterator[Agent]:
    flags = flags_for(victoria_metrics.url, *ports)
    running = Agent(tmp_path_factory.mktemp("agent"), CONFIG, flags)
    running.start()
    for port in ports:
        running.process.wait_port(port)
    try:
        yield running
    finally:
        running.process.kill()


@pytest.mark.parametrize("kind", ["http", "http gzip", "grpc", "grpc gzip", "main listener"])
def test_an_sdk_pushes_unchanged(
    agent: Agent, victoria_metrics: VictoriaMetrics, ports: tuple[int, int], kind: str
) -> None:
    http, rpc = ports
    exporters: dict[str, Callable[[], MetricExporter]] = {
        "http": lambda: HttpExporter(f"http://127.0.0.1:{http}/v1/metrics"),
        "http gzip": lambda: HttpExporter(
            f"http://127.0.0.1:{http}/v1/metrics", compression=Compression.Gzip
        ),
        "grpc": lambda: GrpcExporter(f"127.0.0.1:{rpc}", insecure=True),
        "grpc gzip": lambda: GrpcExporter(
            f"127.0.0.1:{rpc}", insecure=True, compression=grpc.Compression.Gzip
        ),
        "main listener": lambda: HttpExporter(
            f"http://127.0.0.1:{agent.port}/opentelemetry/v1/metrics"
        ),
    }
    job = f"shop by {kind}"
    export(exporters[kind](), 3, job)
    receiver, of_job = victoria_metrics, f'job="{job}"'
    wait_until(lambda: last(receiver, f"shop_orders_total{{{of_job}}}") == 3.0, "3 orders")
    (orders,) = receiver.samples(f"shop_orders_total{{{of_job}}}")
    assert orders.labels == {
        "__name__": "shop_orders_total",
        "http_method": "GET",
        "instance": "a-1",
        "job": job,
        "site": "edge",
    }
    assert receiver.samples(f"shop_stock{{{of_job}}}")[0].values()[-1] == 7.0
    (info,) = receiver.samples(f"target_info{{{of_job}}}")
    assert info.labels["host_name"] == "h"
    assert receiver.samples(f'shop_request_duration_seconds_bucket{{{of_job},le="+Inf"}}')


@pytest.mark.parametrize(
    ("token", "with_certificate", "is_taken"),
    [
        pytest.param("t", True, True, id="certificate and token"),
        pytest.param("x", True, False, id="another token"),
        pytest.param("t", False, False, id="no certificate"),
    ],
)
def test_grpc_by_tls(
    tmp_path: Path,
    certificates: Certificates,
    token: str,
    with_certificate: bool,
    is_taken: bool,
) -> None:
    port = free_port()
    flags = [
        "-remoteWrite.url=http://127.0.0.1:9/api/v1/write",
        f"-otlp.grpcListenAddr=127.0.0.1:{port}",
        "-otlp.tls",
        f"-otlp.tlsCertFile={certificates.server.cert}",
        f"-otlp.tlsKeyFile={certificates.server.key}",
        "-otlp.mtls",
        f"-otlp.mtlsCAFile={certificates.ca.cert}",
        "-otlp.bearerToken=t",
    ]
    agent = Agent(tmp_path / "agent", CONFIG, flags)
    agent.start()
    agent.process.wait_port(port)
    try:
        pair = certificates.client if with_certificate else None
        channel = grpc.secure_channel(
            f"localhost:{port}",
            grpc.ssl_channel_credentials(
                certificates.ca.cert.read_bytes(),
                pair.key.read_bytes() if pair else None,
                pair.cert.read_bytes() if pair else None,
            ),
        )
        export_once = channel.unary_unary(
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        )
        metadata = [("authorization", f"Bearer {token}")]
        if is_taken:
            assert export_once(b"", timeout=10, metadata=metadata) == b""
        else:
            with pytest.raises(grpc.RpcError):
                export_once(b"", timeout=3, metadata=metadata)
        channel.close()
    finally:
        agent.process.stop()


def test_what_is_large_or_broken_does_no_harm(
    tmp_path: Path, victoria_metrics: VictoriaMetrics
) -> None:
    """Half-open calls, endless heads, bombs, a thousand idle connections; pushes go on."""
    http, rpc = free_port(), free_port()
    agent = Agent(tmp_path / "agent", CONFIG, flags_for(victoria_metrics.url, http, rpc))
    agent.start()
    for port in (http, rpc):
        agent.process.wait_port(port)
    held: list[socket.socket] = []
    try:
        for at in range(1000):
            one = socket.create_connection(("127.0.0.1", rpc if at % 2 else http))
            if at % 3 == 0:
                one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04" + bytes(5))
            elif at % 3 == 1:
                one.sendall(
                    b"POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n"
                    b"content-type: application/x-protobuf\r\n\r\n"
                )
            held.append(one)
        bomb = gzip.compress(bytes(200 * 2**20))
        url = f"http://127.0.0.1:{agent.port}/v1/metrics"
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        request = urllib.request.Request(url, data=bomb, headers=headers)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        assert caught.value.code == 413
        caught.value.close()
        export(HttpExporter(f"http://127.0.0.1:{agent.port}/v1/metrics"), 1, "shop in need")
        selector = 'shop_orders_total{job="shop in need"}'
        wait_until(lambda: last(victoria_metrics, selector) == 1.0, "an order")
        assert agent.metric("process_resident_memory_bytes") < 400 * 2**20
        assert 'reason="too_large"' in agent.get("/metrics").text
    finally:
        for one in held:
            one.close()
        assert agent.process.stop() == 0
