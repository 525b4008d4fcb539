"""Every encoding end to end: from a target's page through the installed agent to who decodes it.

The receiver in the test checks remote write 2.0 against every MUST; Prometheus and VictoriaMetrics
are real, and know 1.0 only.
"""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import attrs
import pytest
import snappy
import zstandard

from tests.integration.agent import command
from tests.integration.ask import get
from tests.integration.conftest import StartAgent
from tests.integration.peers import Receiver
from tests.integration.process import Process, free_port, wait_until
from tests.integration.test_formats import PROTOBUF, PROTOBUF_TYPE, target
from tests.pushqueue import receiver_v2
from tests.receivers.protos import WriteRequest

V2 = "io.prometheus.write.v2.Request"
CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: {job}
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
    start_timestamps: true
    static_configs:
      - targets: ["{address}"]
remote_write:
  - url: {url}
    send_exemplars: true
    send_native_histograms: true
    protobuf_message: {message}
    queue_config: {{batch_send_deadline: 300ms}}
    metadata_config: {{send_interval: 1s}}
"""


@attrs.define
class Scripted:
    """A receiver that keeps what it is sent. `takes_v2`, `takes_zstd`: else it says no."""

    takes_v2: bool = True
    takes_zstd: bool = False
    port: int = 0
    probes: int = 0
    bodies: list[tuple[dict[str, str], bytes]] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/write"

    def rows(self) -> list[receiver_v2.Row]:
        """All of 2.0 that came, checked."""
        found = []
        for headers, body in list(self.bodies):
            if "proto=" in headers["content-type"]:
                receiver_v2.check_headers(headers)
                found += receiver_v2.read(body)
        return found

    def requests_of_1_0(self) -> list[Any]:
        opened = {"snappy": snappy.uncompress, "zstd": zstandard.decompress}
        return [
            WriteRequest.FromString(opened[headers["content-encoding"]](body))
            for headers, body in list(self.bodies)
            if "proto=" not in headers["content-type"]
        ]

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        is_v2 = "proto=" in headers["content-type"]
        if is_v2 and not self.takes_v2:
            return 415, {}
        if headers["content-encoding"] == "zstd" and not self.takes_zstd:
            return 415, {}
        self.bodies.append((headers, body))
        if not is_v2:
            return 204, {}
        rows = receiver_v2.read(body)
        histograms = sum(row.histogram is not None for row in rows)
        prefix = "X-Prometheus-Remote-Write"
        return 204, {
            f"{prefix}-Samples-Written": str(len(rows) - histograms),
            f"{prefix}-Histograms-Written": str(histograms),
            f"{prefix}-Exemplars-Written": str(sum(len(row.exemplars) for row in rows)),
        }


def handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(*scripted.answer(headers, body))

        def do_GET(self) -> None:
            scripted.probes += 1
            self._send(200 if scripted.takes_zstd else 405, {}, b"1")

        def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[[Scripted], Scripted]]:
    servers: list[ThreadingHTTPServer] = []

    def start(scripted: Scripted) -> Scripted:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(scripted))
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        scripted.port = server.server_address[1]
        return scripted

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def own_receiver(tmp_path: Path) -> Iterator[str]:
    """The address of `promferry receive`."""
    address = f"127.0.0.1:{(port := free_port())}"
    process = Process([*command(), "receive", f"-listen={address}"], tmp_path / "receive.log")
    process.start()
    process.wait_port(port)
    yield address
    process.kill()


Serve = Callable[[Scripted], Scripted]


def test_a_page_of_protobuf_arrives_unharmed_by_2_0(
    serve: Serve, start_agent: StartAgent, job: str
) -> None:
    far_end = serve(Scripted())
    with target(PROTOBUF_TYPE, PROTOBUF) as address:
        config = CONFIG.format(job=job, address=address, url=far_end.url, message=V2)
        agent = start_agent(config)
        wait_until(
            lambda: [row for row in far_end.rows() if row.histogram is not None],
            "a native histogram",
            evidence=agent.log,
        )
        rows = {row.name: row for row in reversed(far_end.rows())}
    native = rows["m"]
    assert native.labels["a"] == "é"
    assert (native.histogram.schema, native.histogram.count_int, native.histogram.sum) == (
        1,
        9,
        3.5,
    )
    assert list(native.histogram.positive_deltas) == [1, 1, 1]
    assert list(native.histogram.negative_deltas) == [1]
    assert native.start_ms > 0
    assert native.exemplars
    assert (native.type, native.help) == (3, "what")
    bucket = rows["m_bucket"]
    assert (bucket.type, bucket.help) == (3, "what")
    assert any(row.exemplars for row in far_end.rows() if row.name == "m_bucket")

    # The series of a target that is gone end with markers, of their own kind.
    def markers() -> set[str]:
        return {row.name for row in far_end.rows() if row.value_bits == 0x7FF0000000000002}

    wait_until(lambda: {"m", "m_bucket"} <= markers(), "markers", evidence=agent.log)
    assert {row.histogram is not None for row in far_end.rows() if row.name == "m"} == {True}


def test_a_page_of_protobuf_arrives_unharmed_by_1_0(
    serve: Serve, start_agent: StartAgent, job: str
) -> None:
    far_end = serve(Scripted(takes_v2=False))
    with target(PROTOBUF_TYPE, PROTOBUF) as address:
        # The remote is asked to take 2.0, and says no once.
        config = CONFIG.format(job=job, address=address, url=far_end.url, message=V2)
        agent = start_agent(config)

        def native() -> list[Any]:
            return [
                series
                for request in far_end.requests_of_1_0()
                for series in request.timeseries
                if series.histograms
            ]

        found = wait_until(native, "a native histogram", evidence=agent.log)[0]
        wait_until(
            lambda: [r for r in far_end.requests_of_1_0() if r.metadata],
            "metadata",
            evidence=agent.log,
        )
    (histogram,) = found.histograms
    assert (histogram.schema, histogram.count_int, histogram.sum) == (1, 9, 3.5)
    assert (histogram.zero_count_int, list(histogram.positive_deltas)) == (2, [1, 1, 1])
    assert found.exemplars
    (said,) = next(r for r in far_end.requests_of_1_0() if r.metadata).metadata
    assert (said.metric_family_name, said.type, said.help) == ("m", 3, "what")
    assert "is sent remote write 1.0 from now on" in agent.log()


SCRAPE = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: {job}
    static_configs: [{{targets: ["{address}"]}}]
"""
TEXT = b"# TYPE fish counter\n# HELP fish caught\nfish_total 17\n"


def test_zstd_to_who_says_yes(serve: Serve, start_agent: StartAgent, job: str) -> None:
    far_end = serve(Scripted(takes_zstd=True))
    with target("text/plain", TEXT) as address:
        agent = start_agent(
            SCRAPE.format(job=job, address=address), [f"-remoteWrite.url={far_end.url}?tenant=1"]
        )

        def by_zstd() -> list[bytes]:
            return [body for head, body in far_end.bodies if head["content-encoding"] == "zstd"]

        wait_until(by_zstd, "a zstd request", evidence=agent.log)
    assert far_end.probes == 1
    headers = next(h for h, _ in far_end.bodies if h["content-encoding"] == "zstd")
    assert headers["x-victoriametrics-remote-write-version"] == "1"
    names = {
        label.value
        for request in far_end.requests_of_1_0()
        for series in request.timeseries
        for label in series.labels
    }
    assert "fish_total" in names


def test_real_receivers_are_asked_and_say_no(
    receiver: Receiver, start_agent: StartAgent, job: str
) -> None:
    """405 from Prometheus, 400 from VictoriaMetrics 1.79: snappy goes on."""
    with target("text/plain", TEXT) as address:
        agent = start_agent(
            SCRAPE.format(job=job, address=address),
            [f"-remoteWrite.url={receiver.url}", "-remoteWrite.roundDigits=-1"],
        )
        found = wait_until(
            lambda: receiver.samples(f'fish_total{{job="{job}"}}'), "fish", evidence=agent.log
        )
    assert found[0].values()[0] == 20.0
    assert "zstd" not in agent.log()


def test_a_real_1_0_receiver_that_is_offered_2_0(
    receiver: Receiver, start_agent: StartAgent, job: str
) -> None:
    """It gets 1.0, and metadata apart."""
    with target("text/plain", TEXT) as address:
        agent = start_agent(CONFIG.format(job=job, address=address, url=receiver.url, message=V2))
        wait_until(
            lambda: receiver.samples(f'fish_total{{job="{job}"}}'), "fish", evidence=agent.log
        )
        wait_until(
            lambda: agent.metric("promferry_remote_metadata_sent_total"),
            "metadata that was taken",
            evidence=agent.log,
        )
    assert "is sent remote write 1.0 from now on" in agent.log()


def test_forced_zstd_to_who_does_not_take_it(
    receiver: Receiver, start_agent: StartAgent, job: str
) -> None:
    with target("text/plain", TEXT) as address:
        agent = start_agent(
            SCRAPE.format(job=job, address=address),
            [f"-remoteWrite.url={receiver.url}", "-remoteWrite.forceVMProto"],
        )
        wait_until(
            lambda: receiver.samples(f'fish_total{{job="{job}"}}'), "fish", evidence=agent.log
        )


def test_the_own_receiver_takes_everything(
    start_agent: StartAgent, job: str, own_receiver: str
) -> None:
    with target(PROTOBUF_TYPE, PROTOBUF) as address:
        url = f"http://{own_receiver}/api/v1/write"
        agent = start_agent(
            CONFIG.format(job=job, address=address, url=url, message=V2),
            [f"-remoteWrite.url={url}?zstd"],
        )

        def arrived() -> bool:
            text = get(f"http://{own_receiver}/metrics")
            counts = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
            return all(
                int(counts[f"promferry_receive_{kind}_total"])
                for kind in ("histograms", "exemplars", "metadata", "samples")
            )

        wait_until(arrived, "all kinds of data", evidence=agent.log)
        wait_until(lambda: "zstd from now on" in agent.log(), "zstd", evidence=agent.log)
