"""Real senders of remote write into promferry, and what reaches the remote behind it.

Each scrapes a page that counts its visits; every visit must arrive once, with the label that
promferry adds. Native histograms, exemplars and metadata arrive where the sender has them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sender.far_end import PROTOBUF, TEXT, FarEnd, Page
from tests.integration.agent import Agent, command
from tests.integration.peers import VictoriaMetrics, program
from tests.integration.process import Process, free_port, wait_until
from tests.pushqueue.receiver_v2 import Row
from tests.scraper.exposition.families import MetricFamily, delimited_families

_CONFIG = """
global: {{external_labels: {{site: edge}}}}
remote_write:
  - name: behind
    url: "http://{address}/push/behind"
    protobuf_message: io.prometheus.write.v2.Request
    send_exemplars: true
    send_native_histograms: true
    queue_config: {{batch_send_deadline: 100ms}}
  - name: victoria-metrics
    url: "{url}"
    queue_config: {{batch_send_deadline: 100ms}}
"""
_SCRAPE = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 250ms
    scrape_timeout: 250ms
    metrics_path: /page/{job}
    static_configs: [{{targets: ["{address}"]}}]
"""
_NATIVE: dict[str, Any] = {
    "sample_count": 9,
    "sample_sum": 3.5,
    "schema": 1,
    "zero_threshold": 0.001,
    "zero_count": 2,
    "positive_span": [{"offset": -1, "length": 2}, {"offset": 1, "length": 1}],
    "positive_delta": [1, 1, 1],  # 1, 2, 3
    "negative_span": [{"offset": 0, "length": 1}],
    "negative_delta": [1],
}
VISITS = 8


@pytest.fixture(scope="module")
def far_end() -> Iterator[FarEnd]:
    with FarEnd() as running:
        yield running


@pytest.fixture(scope="module")
def inner(
    tmp_path_factory: pytest.TempPathFactory, far_end: FarEnd, victoria_metrics: VictoriaMetrics
) -> Iterator[Agent]:
    config = _CONFIG.format(address=far_end.address, url=victoria_metrics.url)
    agent = Agent(tmp_path_factory.mktemp("inner"), config)
    agent.start()
    try:
        yield agent
    finally:
        agent.process.kill()


def exposed(visit: int) -> bytes:
    """A counter of visits with an exemplar, and a native histogram."""
    stamp = {"seconds": int(datetime.now(UTC).timestamp())}
    exemplar = {
        "label": [{"name": "trace_id", "value": f"t{visit}"}],
        "value": 1.0,
        "timestamp": stamp,
    }
    return delimited_families(
        MetricFamily(
            name="visits_total",
            help="How often.",
            type=0,
            metric=[{"counter": {"value": visit, "exemplar": exemplar}}],
        ),
        MetricFamily(name="seconds", help="How long.", type=4, metric=[{"histogram": _NATIVE}]),
    )


def as_text(visit: int) -> str:
    return f"# HELP visits_total How often.\n# TYPE visits_total counter\nvisits_total {visit}\n"


class Sender:
    """One program that scrapes `job` and pushes to `url`."""

    def __init__(self, name: str, path: Path, far_end: FarEnd, url: str) -> None:
        self.job = f"by_{name}"
        self._scrape = _SCRAPE.format(job=self.job, address=far_end.address)
        self._path, self._url = path, url
        argv = {
            "prometheus": self._prometheus,
            "vmagent": self._vmagent,
            "promferry": self._promferry,
        }[name]()
        self.process = Process(argv, path / "sender.log")

    def _config(self, more: str = "") -> Path:
        config = self._path / "sender.yml"
        config.write_text(self._scrape + more)
        return config

    def _prometheus(self) -> list[str | Path]:
        remote = f"""
remote_write:
  - url: "{self._url}"
    send_exemplars: true
    send_native_histograms: true
    metadata_config: {{send_interval: 1s}}
    queue_config: {{batch_send_deadline: 100ms}}
"""
        return [
            program("prometheus"),
            f"--config.file={self._config(remote)}",
            "--enable-feature=agent,native-histograms,exemplar-storage",
            f"--storage.agent.path={self._path / 'wal'}",
            f"--web.listen-address=127.0.0.1:{free_port()}",
        ]

    def _vmagent(self) -> list[str | Path]:
        return [
            program("vmagent"),
            f"-promscrape.config={self._config()}",
            f"-remoteWrite.url={self._url}",
            f"-remoteWrite.tmpDataPath={self._path / 'queue'}",
            "-remoteWrite.flushInterval=100ms",
            f"-httpListenAddr=127.0.0.1:{free_port()}",
        ]

    def _promferry(self) -> list[str | Path]:
        remote = f"""    scrape_native_histograms: true
remote_write:
  - url: "{self._url}"
    protobuf_message: io.prometheus.write.v2.Request
    send_exemplars: true
    send_native_histograms: true
    queue_config: {{batch_send_deadline: 100ms}}
"""
        return [
            *command(),
            f"-promscrape.config={self._config(remote)}",
            f"-remoteWrite.tmpDataPath={self._path / 'queue'}",
            f"-httpListenAddr=127.0.0.1:{free_port()}",
        ]


@pytest.mark.parametrize("name", ["prometheus", "vmagent", "promferry"])
def test_every_visit_of_a_sender_arrives_once(
    name: str, tmp_path: Path, far_end: FarEnd, inner: Agent, victoria_metrics: VictoriaMetrics
) -> None:
    sender = Sender(name, tmp_path, far_end, f"http://127.0.0.1:{inner.port}/api/v1/write")
    is_text = name == "vmagent"  # 1.79 knows neither native histograms nor exemplars
    page = Page(as_text, TEXT) if is_text else Page(exposed, PROTOBUF)
    far_end.pages[sender.job] = page
    output = sender.process.output
    sender.process.start()
    try:
        wait_until(
            lambda: page.visits >= VISITS, f"{VISITS} visits", evidence=sender.process.output
        )
        wanted = set(range(VISITS - 1))  # the last may be under way
        wait_until(
            lambda: wanted <= set(counted(rows_of(far_end, sender.job))),
            "all of them behind",
            evidence=lambda: output() + inner.log(),
        )
        wait_until(lambda: wanted <= stored(victoria_metrics, sender.job), "and stored")
    finally:
        sender.process.kill()
    rows = rows_of(far_end, sender.job)
    values = counted(rows)
    assert sorted(values) == sorted(set(values)), "none came twice"
    assert {row.labels["site"] for row in rows} == {"edge"}
    if not is_text:
        check_beside(rows)
    if name == "promferry":  # 1.0 says of metrics only now and then, apart from samples
        assert {(row.type, row.help) for row in named(rows, "visits_total")} == {(1, "How often.")}


def rows_of(far_end: FarEnd, job: str) -> list[Row]:
    rows = [row for push in far_end.pushes("behind") for row in push.rows]
    return [row for row in rows if row.labels.get("job") == job]


def named(rows: list[Row], name: str) -> list[Row]:
    return [row for row in rows if row.name == name]


def counted(rows: list[Row]) -> list[int]:
    found = [row.value for row in named(rows, "visits_total")]
    return [int(value) for value in found if value is not None and value == value]


def stored(receiver: VictoriaMetrics, job: str) -> set[int]:
    found = receiver.samples(f'visits_total{{job="{job}",site="edge"}}')
    return {int(value) for one in found for value in one.values() if value == value}


def check_beside(rows: list[Row]) -> None:
    """Exemplars and native histograms, unharmed."""
    traces = [
        (labels["trace_id"], row.value)
        for row in named(rows, "visits_total")
        for labels, _, _ in row.exemplars
    ]
    assert len(traces) >= VISITS - 2
    assert all(trace == f"t{value:.0f}" for trace, value in traces)
    native = [row.histogram for row in named(rows, "seconds") if row.histogram.sum == 3.5]
    assert len(native) >= VISITS - 2
    for one in native:
        assert (one.count_int, one.schema, one.zero_count_int) == (9, 1, 2)
        assert one.zero_threshold == 0.001
        assert [(s.offset, s.length) for s in one.positive_spans] == [(-1, 2), (1, 1)]
        assert list(one.positive_deltas) == [1, 1, 1]
        assert [(s.offset, s.length) for s in one.negative_spans] == [(0, 1)]
        assert list(one.negative_deltas) == [1]


def test_a_sender_may_ask_for_zstd(inner: Agent) -> None:
    """VictoriaMetrics' newer agents ask so before they choose; 1.79.5 sends snappy only."""
    assert inner.get("/api/v1/write?get_vm_proto_version=1").text == "1"
