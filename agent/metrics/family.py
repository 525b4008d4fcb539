"""One metric family: name, kind, help, label names, and how to read it from a snapshot."""

from collections.abc import Callable, Iterable
from typing import Literal

import attrs

from agent.logs import LogStatistics
from agent.reloads import ReloadStatistics
from pushqueue.statistics import RemoteStatistics
from scraper.manager import ScraperStatistics
from web.server import ServerStatistics

Sample = tuple[tuple[str, ...], float]


@attrs.frozen(kw_only=True)
class LabelledRemote:
    """`url_label`: how the remote is called in labels; vmagent hides URLs in the same way."""

    url_label: str
    statistics: RemoteStatistics


@attrs.frozen(kw_only=True)
class Snapshot:
    """Everything that the rows read, taken at one time."""

    version: str
    started_s: float
    now_s: float
    flags: tuple[tuple[str, str, bool], ...]
    remotes: tuple[LabelledRemote, ...]
    scraper: ScraperStatistics
    reloads: ReloadStatistics
    logs: LogStatistics
    server: ServerStatistics | None


@attrs.frozen
class Family:
    """`read` gives label values, in the order of `labels`, and the value."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...]
    read: Callable[[Snapshot], Iterable[Sample]]
