"""One line now and then about what goes on failing, in place of one for each failure.

Takes snapshots; gives a sentence, or None while all is well. Changes of state are logged where they
happen (`scraper.loop`, `pushqueue.health`); this says that nothing has changed.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from agent.metrics.family import Snapshot
    from agent.observer import Observer
    from pushqueue.statistics import RemoteStatistics
    from scraper.manager import PoolStatistics

log = logging.getLogger("promferry.agent")

# Often enough for whoever looks at the last screen of a log, rare enough for a small disk.
INTERVAL_S = 600.0


async def summarise(observer: "Observer") -> None:
    """Until cancelled."""
    while True:
        await trio.sleep(INTERVAL_S)
        text = summary(observer.snapshot())
        if text is not None:
            log.warning("%s", text)


def summary(snapshot: "Snapshot") -> str | None:
    parts = [
        *_targets(snapshot.scraper.pools),
        *_remotes([one.statistics for one in snapshot.remotes]),
    ]
    return "still: " + "; ".join(parts) if parts else None


def _targets(pools: Sequence["PoolStatistics"]) -> list[str]:
    down = [(pool.targets_down, pool.job) for pool in pools if pool.targets_down]
    if not down:
        return []
    total = sum(pool.targets_up + pool.targets_down + pool.targets_unknown for pool in pools)
    jobs = ", ".join(f"{count} of job {job}" for count, job in sorted(down, reverse=True)[:5])
    more = f" and {len(down) - 5} more jobs" if len(down) > 5 else ""
    return [f"{sum(count for count, _ in down)} of {total} targets are down ({jobs}{more})"]


def _remotes(remotes: Sequence["RemoteStatistics"]) -> list[str]:
    return [
        f"remote {remote.name} is {remote.state}, {remote.pending_samples} samples wait, "
        f"the oldest for {remote.oldest_age_s or 0.0:.0f} s: {remote.last_error}"
        for remote in remotes
        if remote.state != "ok"
    ]
