"""What pages and API show: functions that give snapshots, supplied by `agent`.

Nothing pushes into the pages; they ask when somebody looks.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics
    from scraper.status import DroppedTarget, TargetStatus


@attrs.frozen
class ReloadResult:
    """`errors`: one line each, empty if `ok`."""

    ok: bool
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Views:
    """Snapshot functions; each is cheap, returns at once and gives something immutable."""

    targets: "Callable[[], Sequence[TargetStatus]]"
    dropped: "Callable[[], Sequence[DroppedTarget]]"
    metrics: Callable[[], bytes]
    is_ready: Callable[[], bool]
    reload: Callable[[], Awaitable[ReloadResult]]
    remotes: "Callable[[], Sequence[RemoteStatistics]]"
