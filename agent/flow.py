"""What flows through the agent, in a few numbers: from the boxes' statistics to pages and charts.

Takes snapshots; gives a Flow, and a Reading for the history. Pure.
"""

from collections import Counter
from collections.abc import Sequence

from agent.history import Reading, RemoteReading
from pushqueue.statistics import RemoteStatistics
from scraper.manager import ScraperStatistics
from web.views import Flow


def flow_of(scraper: ScraperStatistics) -> Flow:
    """What was scraped and is neither stored nor counted as lost was dropped by rules."""
    lost: Counter[str] = Counter()
    stored = failed = 0
    for pool in scraper.pools:
        samples = pool.counts.samples
        stored += samples.stored
        failed += pool.counts.failed
        lost["duplicate"] += samples.duplicates
        lost["out_of_order"] += samples.out_of_order
        lost["out_of_bounds"] += samples.out_of_bounds
        lost["series_limit"] += samples.over_series_limit
    scraped = int(scraper.scraped_samples.total)
    by_rules = max(0, scraped - stored - lost.total())
    return Flow(
        samples_total=scraped,
        stored_total=stored,
        lost={"rules": by_rules, **lost},
        failed_scrapes_total=failed,
    )


def reading_of(
    time_s: float, scraper: ScraperStatistics, remotes: Sequence[RemoteStatistics]
) -> Reading:
    """`time_s` is monotonic."""
    flow = flow_of(scraper)
    return Reading(
        time_s=time_s,
        up=sum(pool.targets_up for pool in scraper.pools),
        down=sum(pool.targets_down for pool in scraper.pools),
        samples=flow.stored_total,
        lost=sum(flow.lost.values()),
        remotes=tuple([_remote_reading(remote) for remote in remotes]),
        added={pool.job: pool.counts.series_added for pool in scraper.pools},
    )


def _remote_reading(remote: RemoteStatistics) -> RemoteReading:
    return RemoteReading(
        name=remote.name,
        sent_samples=remote.sent_samples_total,
        sent_bytes=remote.sent_bytes_total,
        lost_samples=sum(remote.dropped_samples.values()),
        pending_samples=remote.pending_samples,
        oldest_age_s=remote.oldest_age_s or 0.0,
    )
