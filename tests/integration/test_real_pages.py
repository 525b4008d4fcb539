"""Pages of real programs through the installed agent into real receivers: series and values.

What they exposed is read back by prometheus_client's parsers, which are nobody's code here. Floats
only: native histograms and exemplars on the way to a remote are `test_encodings.py`'s.
"""

from collections.abc import Callable, Iterator

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as of_openmetrics
from prometheus_client.parser import text_string_to_metric_families as of_text
from prometheus_client.samples import Sample

from tests.integration.ask import get
from tests.integration.conftest import StartAgent
from tests.integration.peers import Prometheus, Receiver
from tests.integration.process import wait_until
from tests.integration.test_formats import OPENMETRICS_TYPE, target

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: {job}
    static_configs:
      - targets: ["{address}"]
"""
Key = tuple[str, frozenset[tuple[str, str]]]
Row = tuple[str, frozenset[tuple[str, str]], float]


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    counter = Counter("jobs", 'All "jobs"\nof all', ["queue"], registry=made)
    counter.labels('a\\b"c\nd é').inc(3, {"trace_id": "x"})
    Gauge("depth", "m", registry=made).set(float("-inf"))
    Gauge("tiny", "m", registry=made).set(5e-324)
    histogram = Histogram("took_seconds", "m", buckets=(0.1, 1, 5), registry=made)
    histogram.observe(0.5, {"trace_id": "y"})
    Summary("size_bytes", "m", registry=made).observe(0.1 + 0.2)
    return made


def row(sample: Sample) -> Row:
    """A label that is empty is none."""
    labels = frozenset((name, value) for name, value in sample.labels.items() if value)
    return sample.name, labels, sample.value


def stored(receiver: Receiver | Prometheus, job: str) -> set[Row]:
    found = set()
    for series in receiver.samples(f'{{job="{job}"}}'):
        labels = {**series.labels}
        name = labels.pop("__name__")
        if name != "up" and not name.startswith("scrape_"):
            own = {k: v for k, v in labels.items() if k not in ("job", "instance")}
            found.add((name, frozenset(own.items()), series.samples[-1][1]))
    return found


@pytest.mark.parametrize(
    ("content_type", "write", "read"),
    [
        pytest.param(TEXT_TYPE, prometheus_client.generate_latest, of_text, id="text"),
        pytest.param(
            OPENMETRICS_TYPE, openmetrics.generate_latest, of_openmetrics, id="OpenMetrics"
        ),
    ],
)
def test_a_page_of_the_python_client(
    content_type: str,
    write: Callable[[CollectorRegistry], bytes],
    read: Callable[[str], Iterator[prometheus_client.Metric]],
    prometheus: Prometheus,
    start_agent: StartAgent,
    job: str,
) -> None:
    """Into Prometheus: VictoriaMetrics stores decimals (5e-324 as 0, 0.1 + 0.2 as 0.3)."""
    body = write(registry())
    exposed = {row(sample) for family in read(body.decode()) for sample in family.samples}
    assert len(exposed) > 10
    with target(content_type, body) as address:
        agent = start_agent(
            CONFIG.format(address=address, job=job), [f"-remoteWrite.url={prometheus.url}"]
        )
        wait_until(lambda: len(stored(prometheus, job)) >= len(exposed), "it", evidence=agent.log)
        assert stored(prometheus, job) == exposed


def arrived(receiver: Receiver | Prometheus, job: str, exposed: set[Key]) -> bool:
    found = {(name, labels) for name, labels, _ in stored(receiver, job)}
    return found >= exposed


@pytest.mark.parametrize("format_", ["text", "OpenMetrics"])
def test_the_page_of_prometheus_itself(
    format_: str, prometheus: Prometheus, start_agent: StartAgent, job: str
) -> None:
    """Its values change: the series are compared."""
    address = f"127.0.0.1:{prometheus.port}"
    asked = "OpenMetricsText0.0.1" if format_ == "OpenMetrics" else "PrometheusText0.0.4"
    config = CONFIG.format(address=address, job=job) + f"    scrape_protocols: [{asked}]\n"
    check(config, f"http://{address}/metrics", prometheus, start_agent, job)


def test_the_page_of_a_node_exporter(
    node_exporter: str, receiver: Receiver, start_agent: StartAgent, job: str
) -> None:
    config = CONFIG.format(address=node_exporter, job=job)
    check(config, f"http://{node_exporter}/metrics", receiver, start_agent, job)


def check(
    config: str, url: str, receiver: Receiver | Prometheus, start_agent: StartAgent, job: str
) -> None:
    """All series that the page had before the agent came arrive; its scrapes may add some."""
    page = get(url)
    exposed = {row(sample)[:2] for family in of_text(page) for sample in family.samples}
    assert len(exposed) > 100
    agent = start_agent(config, [f"-remoteWrite.url={receiver.url}"])
    wait_until(lambda: arrived(receiver, job, exposed), "all series", evidence=agent.log)
    (found,) = agent.targets().values()
    assert found["health"] == "up"
