"""One metric family: name, kind, help, label names, and how to read it from a snapshot."""

from collections.abc import Callable, Iterable
from typing import Literal

import attrs

from agent.logs import LogStatistics
from agent.metrics.look import Look
from agent.reloads import ReloadStatistics
from pushqueue.front import FrontStatistics
from pushqueue.statistics import RemoteStatistics
from receivers.counts import PushStatistics
from scraper.manager import ScraperStatistics
from series.ranges import Ranges
from web.admission import AdmissionStatistics
from web.counts import PathStatistics
from web.server import ServerStatistics

Sample = tuple[tuple[str, ...], float]
Spread = tuple[tuple[str, ...], Ranges]


@attrs.frozen(kw_only=True)
class LabelledRemote:
    """`url_label`: how the remote is called in labels; vmagent hides URLs in the same way."""

    url_label: str
    statistics: RemoteStatistics


@attrs.frozen(kw_only=True)
class Snapshot:
    """Everything that the rows read, taken at one time."""

    version: str
    kernel: str
    started_s: float
    now_s: float
    flags: tuple[tuple[str, str, bool], ...]
    remotes: tuple[LabelledRemote, ...]
    scraper: ScraperStatistics
    reloads: ReloadStatistics
    logs: LogStatistics
    server: ServerStatistics | None
    was_unclean: bool = False
    front: FrontStatistics = FrontStatistics()
    paths: PathStatistics = PathStatistics()
    admission: AdmissionStatistics | None = None
    free_disk_bytes: int | None = None
    pushes: PushStatistics = attrs.field(factory=PushStatistics)
    look: Look = attrs.field(factory=Look, eq=False, repr=False)


@attrs.frozen
class Family:
    """`read` gives label values, in the order of `labels`, and the value."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...]
    read: Callable[[Snapshot], Iterable[Sample]]


def spread(
    name: str, what: str, labels: tuple[str, ...], read: Callable[[Snapshot], Iterable[Spread]]
) -> tuple[Family, ...]:
    """The three families of a histogram as VictoriaMetrics writes it: ranges, sum and count."""

    def ranges(snapshot: Snapshot) -> Iterable[Sample]:
        for values, found in read(snapshot):
            for text, count in found.counts:
                yield (*values, text), count

    return (
        Family(f"{name}_bucket", "counter", f"{what}, by range.", (*labels, "vmrange"), ranges),
        Family(
            f"{name}_sum",
            "counter",
            f"{what}, added up.",
            labels,
            lambda snapshot: [(values, found.total) for values, found in read(snapshot)],
        ),
        Family(
            f"{name}_count",
            "counter",
            f"{what}: how many there were.",
            labels,
            lambda snapshot: [(values, found.count) for values, found in read(snapshot)],
        ),
    )
