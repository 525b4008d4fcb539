"""Each format from a target through the agent to a real receiver."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.integration.conftest import StartAgent
from tests.integration.peers import Receiver
from tests.integration.process import wait_until
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.test_protobuf import BUCKETS, NATIVE, family

OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF_TYPE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)

CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: {job}
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
    static_configs:
      - targets: ["{address}"]
"""
OPENMETRICS = (
    b'# TYPE a counter\na_total{b="c"} 5 # {trace_id="x"} 1\na_created{b="c"} 7\n'
    b"# TYPE d gauge\n# UNIT d_s s\nd 1.5\n# EOF\n"
)
PROTOBUF = delimited_families(
    family(4, histogram={**NATIVE, "bucket": BUCKETS}, label=[{"name": "a", "value": "é"}])
)
EXPECTED = {
    OPENMETRICS_TYPE: {("a_total", 5.0), ("a_created", 7.0), ("d", 1.5)},
    PROTOBUF_TYPE: {("m_count", 9.0), ("m_sum", 3.5), ("m_bucket", 2.0), ("m_bucket", 4.0)}
    | {("m_bucket", 9.0)},
}


@contextmanager
def target(content_type: str, body: bytes) -> Iterator[str]:
    """Gives the address of a target with that page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(OPENMETRICS_TYPE, OPENMETRICS, id="OpenMetrics with exemplars"),
        pytest.param(PROTOBUF_TYPE, PROTOBUF, id="protobuf with native and classic histograms"),
    ],
)
def test_a_page(
    content_type: str, body: bytes, receiver: Receiver, start_agent: StartAgent, job: str
) -> None:
    with target(content_type, body) as address:
        config = CONFIG.format(address=address, job=job)
        agent = start_agent(config, [f"-remoteWrite.url={receiver.url}"])

        def arrived() -> bool:
            found = receiver.samples(f'{{job="{job}"}}')
            rows = {(each.labels["__name__"], each.samples[-1][1]) for each in found}
            rows = {(name, value) for name, value in rows if not name.startswith(("up", "scrape"))}
            return rows == EXPECTED[content_type]

        wait_until(arrived, "all series, and no others", evidence=agent.log)
