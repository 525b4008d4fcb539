"""Renders the rows as exposition text, by prometheus_client.

Takes a snapshot, gives text format 0.0.4. Imported when somebody first asks for /metrics.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent.metrics import process, remotes, scraping
from agent.metrics.family import Family, Snapshot

FAMILIES: tuple[Family, ...] = (*remotes.FAMILIES, *scraping.FAMILIES, *process.FAMILIES)


class _Rows(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        return (_metric(family, self._snapshot) for family in FAMILIES)


class Renderer:
    """Keeps the process' own collectors, which look at /proc when asked."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        ProcessCollector(registry=self._own)
        GCCollector(registry=self._own)

    def render(self, snapshot: Snapshot) -> bytes:
        registry = CollectorRegistry()
        registry.register(_Rows(snapshot))
        return generate_latest(registry) + generate_latest(self._own)


def _metric(family: Family, snapshot: Snapshot) -> Metric:
    metric: CounterMetricFamily | GaugeMetricFamily
    if family.kind == "counter":
        metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    else:
        metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    _fill(metric, family.read(snapshot))
    return metric


def _fill(
    metric: CounterMetricFamily | GaugeMetricFamily,
    samples: Iterable[tuple[tuple[str, ...], float]],
) -> None:
    for labels, value in samples:
        metric.add_metric(labels, value)
