"""The three guides on moving in, followed step by step: every command is run as it stands.

Only addresses and paths are the test's own. The old agents are a real vmagent and a real Prometheus
whose receiver is away; the Collector cannot be installed here, so its applications are there alone.
"""

import os
import re
import shlex
import subprocess
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from tests.integration.agent import ROOT, command
from tests.integration.gate import Gate
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus, TlsProxy, VictoriaMetrics, program
from tests.integration.process import Process, free_port, wait_until

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
Hook = Callable[[str], object]


class Guide:
    """One page of docs/, with this test's places instead of those of the page."""

    def __init__(self, name: str, directory: Path, places: Mapping[str, str]) -> None:
        text = (ROOT / "docs" / name).read_text()
        for there, here in places.items():
            assert there in text, f"{name} does not name {there!r}"
            text = text.replace(there, here)
        self._blocks = [(kind, textwrap.dedent(body)) for _, kind, body in _BLOCK.findall(text)]
        self._directory = directory
        shim = directory / "bin" / "promferry"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
        shim.chmod(0o755)
        self.path = {"PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def file(self, kind: str) -> str:
        """What the first block of this kind says."""
        return next(body for found, body in self._blocks if found == kind)

    def commands(self) -> Iterator[str]:
        for kind, body in self._blocks:
            if kind == "sh":
                yield from body.replace("\\\n", " ").strip().splitlines()

    def run(self, line: str) -> str:
        """What it prints; it has to be content."""
        done = subprocess.run(
            line, shell=True, cwd=self._directory, capture_output=True, text=True, check=False,
            env={**os.environ, **self.path},
        )  # fmt: skip
        told = f"{done.stdout}{done.stderr}"
        assert done.returncode == 0, f"{line}\n{told}"
        return told

    def follow(self, hooks: Mapping[str, Hook]) -> str:
        """Everything in order, what it prints; lines that a pattern of `hooks` fits are theirs."""
        unused, told = set(hooks), ""
        for line in self.commands():
            pattern = next((each for each in hooks if re.fullmatch(each, line)), None)
            if pattern is None:
                told += self.run(line)
            else:
                unused.discard(pattern)
                hooks[pattern](line)
        assert not unused, f"the guide has no commands {unused}"
        return told

    def wait_sent(self, line: str) -> None:
        """`promferry queue list`, until nothing is left."""
        wait_until(
            lambda: "to send: nothing" in self.run(line),
            "an empty queue",
            evidence=lambda: self.run(line),
        )


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for each in started:
        each.kill()


@pytest.fixture
def start(tmp_path: Path, processes: list[Process]) -> Callable[..., Process]:
    def run(argv: list[str], port: int, env: Mapping[str, str] | None = None) -> Process:
        process = Process(argv, tmp_path / f"{len(processes)}.log", env=env)
        processes.append(process)
        process.start()
        process.wait_port(port)
        return process

    return run


CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 900ms, external_labels: {{site: mill}}}}
scrape_configs:
- job_name: {job}
  static_configs: [{{targets: ["{address}"], labels: {{env: prod}}}}]
  metric_relabel_configs:
  - {{source_labels: [__name__], regex: moved_secret, action: drop}}
  - {{source_labels: [path], regex: "/(.*)", target_label: short}}
"""
PAGE = """# TYPE moved_total counter
moved_total{path="/a",job="own"} 3
moved_seconds_bucket{le="1"} 1
moved_seconds_bucket{le="+Inf"} 2
moved_secret{token="x"} 1
"""
IDS = 30
QUEUE = "{batch_send_deadline: 200ms}"


def argv_of(unit: str) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.*)", unit.replace("\\\n", " "), re.MULTILINE)
    path, *flags = shlex.split(line)
    return [program(Path(path).name), *flags]


def push(port: int, job: str, number: int) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/import/prometheus"
    line = f'moved_id{{job="{job}"}} {number} {time.time_ns() // 1_000_000}'
    urllib.request.urlopen(url, data=f"{line}\n".encode()).close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def scraped(receiver: VictoriaMetrics, job: str, *, since_ms: int = 0) -> set[str]:
    """The series of a job that have samples since then, but for what agents say of scrapes."""
    return {
        str(sorted(series.labels.items()))
        for series in receiver.samples(f'{{job="{job}"}}')
        if not series.labels["__name__"].startswith(("scrape_", "moved_id"))
        and series.samples[-1][0] >= since_ms
    }


def test_from_vmagent(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, gate: Gate, pages: Pages, job: str,
    start: Callable[..., Process],
) -> None:  # fmt: skip
    port, config, data = free_port(), tmp_path / "vm.yml", tmp_path / "vmagent"
    guide = Guide("migrate-from-vmagent.md", tmp_path, {
        "127.0.0.1:8429": f"127.0.0.1:{port}", "127.0.0.1:8428": f"127.0.0.1:{gate.port}",
        "/etc/vmagent/prometheus.yml": str(config), "/var/lib/vmagent": str(data),
    })  # fmt: skip
    pages.put("/metrics", PAGE)
    config.write_text(CONFIG.format(job=job, address=pages.address))
    (tmp_path / "vmagent.service").write_text(guide.file("ini"))
    old = start(argv_of(guide.file("ini")), port)
    wait_until(lambda: len(scraped(victoria_metrics, job)) == 4, "what it was")
    was = scraped(victoria_metrics, job)
    gate.shut()
    for number in range(IDS):
        push(port, job, number)
    swapped_ms = []

    def begin(line: str) -> None:
        swapped_ms.append(now_ms())
        gate.open()
        start(shlex.split(line), port, guide.path)

    told = guide.follow({
        "systemctl stop vmagent": lambda _: old.stop(),
        r"sh new/promferry\.sh": begin,
        "promferry queue list .*": guide.wait_sent,
    })  # fmt: skip
    assert "1 targets and 3 series the same, 0 differences" in told
    found = victoria_metrics.samples(f'moved_id{{job="{job}"}}')
    assert {int(value) for series in found for value in series.values()} == set(range(IDS))
    wait_until(
        lambda: scraped(victoria_metrics, job, since_ms=swapped_ms[0]) == was, "the same series"
    )


def test_from_prometheus(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, gate: Gate, pages: Pages, job: str,
    start: Callable[..., Process],
) -> None:  # fmt: skip
    port, config, data = free_port(), tmp_path / "p.yml", tmp_path / "prometheus-agent"
    guide = Guide("migrate-from-prometheus.md", tmp_path, {
        "127.0.0.1:9090": f"127.0.0.1:{port}", "-since=1795522529": '-since="$SINCE"',
        "/etc/prometheus/prometheus.yml": str(config), "/var/lib/prometheus-agent": str(data),
    })  # fmt: skip
    pages.put("/metrics", PAGE)
    remote = f"http://127.0.0.1:{gate.port}/api/v1/write"
    text = CONFIG.format(job=job, address=pages.address)
    config.write_text(f"{text}remote_write: [{{url: '{remote}', queue_config: {QUEUE}}}]\n")
    (tmp_path / "prometheus.service").write_text(guide.file("ini"))
    old = start(argv_of(guide.file("ini")), port)
    wait_until(lambda: len(scraped(victoria_metrics, job)) == 4, "what it was")
    was = scraped(victoria_metrics, job)
    gate.shut()
    shut_ms, swapped_ms = now_ms(), []

    def ask_newest(line: str) -> None:
        time.sleep(3)  # scrapes that only its log has
        newest = float(guide.run(line).rpartition(" ")[2])
        guide.path["SINCE"] = str(int(newest) - 10)

    def begin(line: str) -> None:
        swapped_ms.append(now_ms())
        gate.open()
        start(shlex.split(line), port, guide.path)

    told = guide.follow({
        "curl .*": ask_newest,
        # A stop waits for the receiver, which is away; the log is on the disk as it is.
        "systemctl stop prometheus": lambda _: old.kill(),
        r"sh new/promferry\.sh": begin,
        "promferry queue list .*": guide.wait_sent,
    })  # fmt: skip
    assert "1 targets and 3 series the same, 0 differences" in told
    (up,) = victoria_metrics.samples(f'up{{job="{job}"}}')
    times = [time_ms for time_ms, _ in up.samples if time_ms < swapped_ms[0] - 1000]
    assert sum(time_ms > shut_ms for time_ms in times) >= 2
    assert all(later - time_ms < 1500 for time_ms, later in pairwise(times)), "a gap"
    wait_until(
        lambda: scraped(victoria_metrics, job, since_ms=swapped_ms[0]) == was, "the same series"
    )


def test_from_a_collector(
    tmp_path: Path, tls_proxy: TlsProxy, prometheus: Prometheus, start: Callable[..., Process],
    job: str,
) -> None:  # fmt: skip
    """An application that pushes all the time; the receiver is away for a while."""
    port, grpc, http = free_port(), free_port(), free_port()
    with Gate(tls_proxy.client_cert_port) as gate:
        guide = Guide("migrate-from-otel-collector.md", tmp_path, {
            "https://metrics.example.com/api/v1/receive":
                f"https://localhost:{gate.port}{prometheus.path}",
            "grpc:\n": f"grpc: {{endpoint: '127.0.0.1:{grpc}'}}\n",
            "http:\n": f"http: {{endpoint: '127.0.0.1:{http}'}}\n",
            "127.0.0.1:8429": f"127.0.0.1:{port}",
        })  # fmt: skip
        for name, source in (("ca.pem", tls_proxy.certificates.ca.cert),
                             ("client.pem", tls_proxy.certificates.client.cert),
                             ("client.key", tls_proxy.certificates.client.key)):  # fmt: skip
            (tmp_path / name).write_bytes(source.read_bytes())
        (tmp_path / "collector.yml").write_text(guide.file("yaml"))
        exporter = OTLPMetricExporter(endpoint=f"http://127.0.0.1:{grpc}", insecure=True)
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=300)
        provider = MeterProvider([reader], resource=Resource({"service.name": job}))
        orders = provider.get_meter("shop").create_counter("orders")

        def begin(line: str) -> None:
            start([*shlex.split(line), f"-httpListenAddr=127.0.0.1:{port}"], port, guide.path)
            orders.add(1)
            wait_until(lambda: counted(prometheus, job) == 1, "the first order")
            gate.shut()
            orders.add(1)
            provider.force_flush()
            gate.open()

        told = guide.follow({
            "systemctl stop otelcol": lambda _: None, r"sh promferry\.sh": begin,
        })  # fmt: skip
        assert "promferry_remote_samples_sent_total" in told
        wait_until(lambda: counted(prometheus, job) == 2, "the order of the outage")
        provider.shutdown()


def counted(receiver: Prometheus, job: str) -> float:
    found = receiver.samples(f'orders_total{{job="{job}",label1="value1"}}')
    return found[0].samples[-1][1] if found else 0
