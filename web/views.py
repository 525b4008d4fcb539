"""What pages and API show: functions that give snapshots, supplied by `agent`.

Nothing pushes into the pages; they ask when somebody looks.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

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
class Views:
    """Snapshot functions; each is cheap, returns at once and gives something immutable.

    Those that are awaited may take longer: they read files, ask a target or write much text.
    `rules_of` gives None for a job that does not exist.
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
    fetch: "Callable[[TargetStatus], Awaitable[Fetched]]"
    tasks: Callable[[], Sequence[str]]
    discovery_errors: Callable[[], Mapping[str, str]]
    sharing: "Callable[[], Mapping[str, ShapesStatistics]]" = dict
