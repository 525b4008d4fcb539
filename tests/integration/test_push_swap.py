"""The three lines of docs/receiving.md: stop what takes OTLP now, start promferry, change no SDK.

Two applications go on counting all the while, by gRPC and by HTTP: through the swap, through an
outage of the remote, through a restart of promferry in that outage. No count may be missing.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcExporter,
)
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpExporter,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from tests.integration.agent import Agent
from tests.integration.gate import Gate
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import free_port, wait_until

ROOT = Path(__file__).parents[2]


class Application:
    """One that counts, and exports each count; it knows where to, and nothing of what is there."""

    def __init__(self, name: str, exporter: MetricExporter) -> None:
        self.name, self.count = name, 0
        resource = Resource({"service.name": name, "service.instance.id": "a-1"})
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        self._provider = MeterProvider(metric_readers=[reader], resource=resource)
        self._counter = self._provider.get_meter("m").create_counter("ticks")

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.count += 1
            self._counter.add(1)
            self._provider.force_flush(30_000)

    def end(self) -> None:
        self._provider.shutdown(timeout_millis=1000)


def all_tick(applications: Sequence[Application], count: int) -> list[Thread]:
    """Begins it; who joins the threads waits for the end."""
    threads = [Thread(target=one.ticks, args=(count,)) for one in applications]
    for thread in threads:
        thread.start()
    return threads


def tick(applications: Sequence[Application], count: int) -> None:
    for thread in all_tick(applications, count):
        thread.join()


@pytest.fixture
def ports() -> tuple[int, int]:
    """gRPC's and HTTP's."""
    return free_port(), free_port()


@pytest.fixture
def applications(ports: tuple[int, int]) -> list[Application]:
    rpc, http = ports
    return [
        Application(f"by_grpc_{rpc}", GrpcExporter(f"127.0.0.1:{rpc}", insecure=True)),
        Application(f"by_http_{http}", HttpExporter(f"http://127.0.0.1:{http}/v1/metrics")),
    ]


def told_flags(ports: tuple[int, int], url: str) -> list[str]:
    """The command of docs/receiving.md, with this test's addresses in it."""
    text = (ROOT / "docs" / "receiving.md").read_text()
    (command,) = [part for part in text.split("\n\n") if "systemctl stop otelcol" in part]
    words = command.replace("\\\n", " ").split()
    flags = words[words.index("promferry") + 1 :]
    changes = {
        "https://metrics.example.com/api/v1/write": url,
        ":4317": f"127.0.0.1:{ports[0]}",
        ":4318": f"127.0.0.1:{ports[1]}",
    }
    changed = []
    for flag in flags:
        name, _, value = flag.partition("=")
        changed.append(f"{name}={changes.pop(value, value)}")
    assert not changes, "the documentation says something else"
    return changed


@pytest.mark.parametrize(
    ("flags", "is_killed"),
    [
        pytest.param([], False, id="a restart"),
        pytest.param(
            ["-push.ack=durable"],
            True,
            id="a kill, with durable acknowledgement",
            marks=pytest.mark.long,
        ),
    ],
)
def test_nothing_is_missing_after_the_swap(
    tmp_path: Path,
    victoria_metrics: VictoriaMetrics,
    applications: list[Application],
    ports: tuple[int, int],
    flags: list[str],
    is_killed: bool,
) -> None:
    with Gate(victoria_metrics.port) as gate:
        before = Agent(tmp_path / "before", "{}\n", told_flags(ports, victoria_metrics.url))
        before.start()
        tick(applications, 2)
        before.process.stop()

        url = f"http://127.0.0.1:{gate.port}/api/v1/write"
        agent = Agent(tmp_path / "agent", "{}\n", [*told_flags(ports, url), *flags])
        try:
            agent.start()
            tick(applications, 2)
            gate.shut()
            tick(applications, 2)
            under_way = all_tick(applications, 1)
            agent.process.kill() if is_killed else agent.process.stop()
            agent.start()
            for thread in under_way:
                thread.join()
            tick(applications, 1)
            gate.open()
            tick(applications, 1)
            for one in applications:
                check_all_arrived(victoria_metrics, one)
                one.end()  # while somebody listens
        finally:
            agent.process.kill()


def check_all_arrived(receiver: VictoriaMetrics, application: Application) -> None:
    wanted = {float(number) for number in range(1, application.count + 1)}
    selector = f'ticks_total{{job="{application.name}",site="edge"}}'

    def arrived() -> set[float]:
        return {value for one in receiver.samples(selector) for value in one.values()}

    wait_until(
        lambda: arrived() == wanted,
        f"{application.count} counts",
        evidence=lambda: f"{application.name}: {sorted(arrived())}",
    )
