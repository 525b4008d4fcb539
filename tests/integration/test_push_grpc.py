"""OTLP by real gRPC clients: pings, size, many calls, calls that are left half open.

All share one agent with VictoriaMetrics behind it; a target of its own is scraped meanwhile.
"""

import gzip
import http.client
import socket
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import PingAckReceived
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from series.wire import delimited
from tests.integration.agent import Agent
from tests.integration.ask import ask
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import free_port, wait_until

EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
MIB = 2**20
MAX_REQUEST = 17 * MIB
SENDERS = 4
# A field that no version of the protocol has, to make a message as large as one likes.
PADDING = b"\xa2\x06"


class Station:
    """An agent with both ports of OTLP, and the receiver behind it."""

    def __init__(self, directory: Path, receiver: VictoriaMetrics) -> None:
        self.receiver = receiver
        self.http, self.rpc = free_port(), free_port()
        flags = [
            f"-remoteWrite.url={receiver.url}",
            "-remoteWrite.flushInterval=100ms",
            f"-otlp.httpListenAddr=127.0.0.1:{self.http}",
            f"-otlp.grpcListenAddr=127.0.0.1:{self.rpc}",
            f"-opentelemetry.maxRequestSize={MAX_REQUEST}",
        ]
        self.agent = Agent(directory, "{}\n", flags)
        own = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: push_grpc_own
    static_configs: [{{targets: ["127.0.0.1:{self.agent.port}"]}}]
"""
        self.agent.config.write_text(own)

    def channel(self, **options: int) -> grpc.Channel:
        told = [(f"grpc.{name}", value) for name, value in options.items()]
        # Channels to one address share a connection otherwise.
        told.append(("grpc.use_local_subchannel_pool", 1))
        return grpc.insecure_channel(f"127.0.0.1:{self.rpc}", options=told)

    def points(self, name: str) -> int:
        return sum(len(one.samples) for one in self.receiver.samples(name))

    def counted(self, query: str) -> int:
        """Of all series of the last minutes."""
        url = f"http://127.0.0.1:{self.receiver.port}"
        ask(f"{url}/internal/force_flush")
        told = urllib.parse.urlencode({"query": query, "nocache": 1, "latency_offset": "1ms"})
        found = ask(f"{url}/api/v1/query?{told}").json()["data"]["result"]
        return int(found[0]["value"][1]) if found else 0

    def ups(self) -> list[float]:
        return [
            value
            for one in self.receiver.samples('up{job="push_grpc_own"}')
            for value in one.values()
        ]


@pytest.fixture(scope="module")
def station(
    tmp_path_factory: pytest.TempPathFactory, victoria_metrics: VictoriaMetrics
) -> Iterator[Station]:
    running = Station(tmp_path_factory.mktemp("push-grpc"), victoria_metrics)
    running.agent.start()
    for port in (running.http, running.rpc):
        running.agent.process.wait_port(port)
    try:
        yield running
    finally:
        running.agent.process.kill()


def points_of(name: str, *numbers: int) -> bytes:
    """A request of one counter, with one point for each number."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.add(key="service.name").value.string_value = "grpc"
    metric = group.scope_metrics.add().metrics.add(name=name)
    metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    for number in numbers:
        point = metric.sum.data_points.add(time_unix_nano=time.time_ns(), as_int=number)
        point.attributes.add(key="number").value.string_value = str(number)
    body: bytes = request.SerializeToString()
    return body


def export(channel: grpc.Channel) -> Any:
    return channel.unary_unary(EXPORT)


def test_a_thousand_calls_on_one_connection_and_then_some(station: Station) -> None:
    count = 1100
    with station.channel() as channel:
        call = export(channel)
        calls: list[Future[bytes]] = [
            call.future(points_of("calls", at), timeout=30) for at in range(count)
        ]
        assert {one.result() for one in calls} == {b""}
    wait_until(lambda: station.points("calls") == count, f"{count} points")


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_sixteen_mebibytes_are_taken_and_more_is_resource_exhausted(
    station: Station, compression: Any
) -> None:
    name = f"large_{compression.name.lower()}"
    with station.channel(max_send_message_length=64 * MIB) as channel:
        call = export(channel)
        padded = points_of(name, 1) + delimited(PADDING, bytes(16 * MIB))
        assert call(padded, timeout=30, compression=compression) == b""
        too_large = points_of(name, 2) + delimited(PADDING, bytes(18 * MIB))
        with pytest.raises(grpc.RpcError) as caught:
            call(too_large, timeout=30, compression=compression)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        # Without RetryInfo: it will never be taken.
        trailers = dict(caught.value.trailing_metadata())
        assert b"RetryInfo" not in trailers.get("grpc-status-details-bin", b"")
    wait_until(lambda: station.points(name) == 1, "the one that was taken")


def test_answers_fit_the_default_limit_of_clients(station: Station) -> None:
    """4 MiB, however much is wrong with a request."""
    request = ExportMetricsServiceRequest.FromString(points_of("good", 1))
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    for at in range(2000):
        bad = metrics.add(name=f"bad{at}" + "x" * 1000)
        bad.sum.data_points.add(as_int=1)
    with station.channel() as channel:
        got = export(channel)(request.SerializeToString(), timeout=30)
    told = ExportMetricsServiceResponse.FromString(got).partial_success
    assert told.rejected_data_points == 2000
    assert len(got) < 2000


def test_a_client_that_pings_keeps_its_connection_while_it_calls(station: Station) -> None:
    options = {
        "keepalive_time_ms": 100,
        "keepalive_permit_without_calls": 1,
        "http2.max_pings_without_data": 0,
        "http2.min_time_between_pings_ms": 50,
    }
    with station.channel(**options) as channel:
        call = export(channel)
        for at in range(3):
            assert call(points_of("pinging", at), timeout=10) == b""
            time.sleep(0.4)
    wait_until(lambda: station.points("pinging") == 3, "three points")


def test_a_flood_of_pings_costs_nobody_anything(station: Station) -> None:
    """Where gRPC's own servers say goodbye (too_many_pings), each is answered; others go on."""
    pings = 20_000
    client = H2Connection(H2Configuration())
    client.initiate_connection()
    with closing(socket.create_connection(("127.0.0.1", station.rpc))) as raw:
        raw.settimeout(30)
        answered = 0
        for at in range(0, pings, 500):
            for _ in range(500):
                client.ping(at.to_bytes(8, "big"))
            raw.sendall(client.data_to_send())
            while answered < at + 500:
                events = client.receive_data(raw.recv(65536))
                answered += sum(isinstance(event, PingAckReceived) for event in events)
        with station.channel() as channel:
            assert export(channel)(points_of("beside", 1), timeout=10) == b""


def test_half_open_calls_and_a_thousand_idle_connections_disturb_nothing(
    station: Station,
) -> None:
    before = station.agent.metric("process_resident_memory_bytes")
    with ExitStack() as held:
        for at in range(1000):
            port = station.rpc if at % 2 else station.http
            one = held.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            if at % 4 == 1:
                one.sendall(half_open_call())
        scrapes = len(station.ups())
        with station.channel() as channel:
            call = export(channel)
            # What has no place is told so; gRPC's clients try again, as their exporters do.
            wait_until(lambda: _is_taken(call), "a call between all of them")
        wait_until(lambda: len(station.ups()) >= scrapes + 2, "scrapes that go on")
        assert set(station.ups()[scrapes:]) == {1.0}
        assert station.agent.metric("process_resident_memory_bytes") < before + 150 * MIB
    with station.channel() as channel:
        assert export(channel)(points_of("after", 1), timeout=10) == b""


def load(station: Station, name: str, *, requests: int, points: int) -> None:
    """As telemetrygen makes it: several senders at once, each over a connection of its own."""

    def by_grpc(sender: int) -> None:
        with station.channel() as channel:
            call = export(channel)
            for at in range(sender, requests, SENDERS):
                numbers = range(at * points, (at + 1) * points)
                assert call(points_of(name, *numbers), timeout=60) == b""

    def by_http(sender: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", station.http, timeout=60)
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        with closing(link):
            for at in range(sender, requests, SENDERS):
                numbers = range(at * points, (at + 1) * points)
                body = gzip.compress(points_of(name, *numbers), compresslevel=1)
                link.request("POST", "/v1/metrics", body, headers)
                answer = link.getresponse()
                assert (answer.status, answer.read()) == (200, b"")

    with ThreadPoolExecutor(SENDERS) as pool:
        work = [by_grpc if sender % 2 else by_http for sender in range(SENDERS)]
        for done in [pool.submit(each, sender) for sender, each in enumerate(work)]:
            done.result()
    count = requests * points
    # Every point is a series of its own.
    selector = f"count({name})"
    wait_until(lambda: station.counted(selector) == count, f"{count} points", timeout_s=60)


def test_a_load_arrives_whole(station: Station) -> None:
    load(station, "load", requests=40, points=250)


@pytest.mark.long
def test_half_a_million_points_arrive_whole(station: Station) -> None:
    load(station, "long_load", requests=500, points=1000)


def half_open_call() -> bytes:
    """Head and first bytes of a call that never ends."""
    client = H2Connection(H2Configuration())
    client.initiate_connection()
    headers = [(":method", "POST"), (":path", EXPORT), (":scheme", "http"), (":authority", "a")]
    client.send_headers(1, [*headers, ("content-type", "application/grpc"), ("te", "trailers")])
    client.send_data(1, b"\0\0\1\0\0half")
    data: bytes = client.data_to_send()
    return data


def _is_taken(call: Any) -> bool:
    try:
        return bool(call(points_of("between", 1), timeout=5) == b"")
    except grpc.RpcError as exc:
        if exc.code() is grpc.StatusCode.UNAVAILABLE:
            return False
        raise
