"""What pages and API show: functions that give snapshots, supplied by `agent`.

Nothing pushes into the pages; they ask when somebody looks.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics
    from relabel.pipeline import Pipeline
    from scraper.metadata import TargetMetadata
    from scraper.shapes import ShapesStatistics
    from scraper.status import DroppedTarget, TargetStatus


@attrs.frozen
class ReloadResult:
    """`errors`: one line each, empty if `ok`."""

    ok: bool
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Runtime:
    """The process, and how its configuration is. Times in epoch seconds."""

    version: str
    kernel: str
    started_s: float
    working_directory: str
    hostname: str
    reload_ok: bool
    last_reload_s: float
    tasks: int
    threads: int


@attrs.frozen
class Fetched:
    """A page as a target gave it now, or the error that it gave in its place."""

    status: int = 0
    content_type: str = ""
    body: bytes = b""
    error: str = ""


@attrs.frozen(kw_only=True)
class Track:
    """One thing over the last hour, a number for each step; NaN where it was not there.

    `name`: up, down (targets), samples, lost (per second, of all scrapes); with `remote`
    sent_samples, sent_bytes, lost_samples (per second), pending_samples, oldest_age_s; with `job`
    added: series a minute that the scrape before had not.
    """

    name: str
    remote: str = ""
    job: str = ""
    step_s: float
    points: Sequence[float]


@attrs.frozen
class RuleCount:
    """What one rule does to all series of a page; `text` is the rule as YAML."""

    text: str
    matched: int
    changed: int
    dropped: int


@attrs.frozen(kw_only=True)
class Trial:
    """A target's page, as it is now, put through metric rules. `error`: why there is none."""

    rules: tuple[RuleCount, ...] = ()
    exposed: int = 0
    left: int = 0
    error: str = ""


@attrs.frozen(kw_only=True)
class Cardinality:
    """Series as they are now. `metrics` and `labels` are the greatest, the greatest first.

    `jobs`: series by job. `labels`: name, how many values, how many series bear it, the value
    that most of them have.
    """

    series: int
    jobs: Sequence[tuple[str, int]]
    metrics: Sequence[tuple[str, int]]
    metric_count: int
    labels: Sequence[tuple[str, int, int, str]]
    is_cut: bool = False


class TooManyError(Exception):
    """More of something than the agent bears at a time."""


@attrs.frozen(kw_only=True)
class TapWish:
    """What somebody wants to see pass."""

    stage: str
    selector: str = ""
    remote: str = ""
    per_s: float = 100.0


@attrs.frozen(kw_only=True)
class TapRow:
    """One sample. `value` is None for staleness markers and native histograms."""

    series: str
    labels: Mapping[str, str]
    timestamp_ms: int
    value: float | None
    is_marker: bool
    remote: str


@attrs.frozen(kw_only=True)
class TapPiece:
    """What has passed; no rows: nothing has for a while. `skipped_total`: too many to show."""

    rows: tuple[TapRow, ...]
    skipped_total: int


@attrs.frozen(kw_only=True)
class Flow:
    """What was lost between the targets and the remotes, in samples since the start, by reason."""

    samples_total: int
    stored_total: int
    lost: Mapping[str, int]
    failed_scrapes_total: int


@attrs.frozen(kw_only=True)
class Views:
    """Snapshot functions; each is cheap, returns at once and gives something immutable.

    Those that are awaited may take longer: they read files, ask a target or write much text.
    `rules_of` (targets) and `metric_rules_of` give None for a job that does not exist;
    `parse_rules` reads YAML and raises ValueError. `why_not` answers where a series is lost;
    it raises ValueError for a question that it does not understand.
    """

    targets: "Callable[[], Sequence[TargetStatus]]"
    dropped: "Callable[[], Sequence[DroppedTarget]]"
    metrics: Callable[[], bytes]
    is_ready: Callable[[], bool]
    reload: Callable[[], Awaitable[ReloadResult]]
    remotes: "Callable[[], Sequence[RemoteStatistics]]"
    is_stopping: Callable[[], bool]
    pools: Callable[[], Sequence[str]]
    flags: Callable[[], Sequence[tuple[str, str, bool]]]
    config: Callable[[], Awaitable[str]]
    runtime: Callable[[], Runtime]
    log_lines: Callable[[], Sequence[str]]
    metadata: "Callable[[], Sequence[TargetMetadata]]"
    rules_of: "Callable[[str], Pipeline | None]"
    metric_rules_of: "Callable[[str], Pipeline | None]"
    parse_rules: "Callable[[str], Awaitable[Pipeline]]"
    try_rules: "Callable[[TargetStatus, Pipeline], Awaitable[Trial]]"
    fetch: "Callable[[TargetStatus], Awaitable[Fetched]]"
    cardinality: Callable[[str], Awaitable[Cardinality]]
    tap: Callable[[TapWish], AbstractAsyncContextManager[AsyncIterator[TapPiece]]]
    history: Callable[[], Sequence[Track]]
    flow: Callable[[], Flow]
    why_not: Callable[[str], Awaitable[Mapping[str, Any]]]
    tasks: Callable[[], Sequence[str]]
    discovery_errors: Callable[[], Mapping[str, str]]
    sharing: "Callable[[], Mapping[str, ShapesStatistics]]" = dict
