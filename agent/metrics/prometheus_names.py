"""Rows under Prometheus' names, for its own dashboards and alerts (`-metrics.prometheusNames`).

The same figures as those of vmagent's names; what promferry cannot tell truthfully is left out
(reference/prometheus.md section 7).
"""

from collections.abc import Callable, Iterable
from typing import Literal

from agent.metrics.family import Family, Sample, Snapshot
from pushqueue.statistics import RemoteStatistics
from scraper.loop import ScrapeCounts

_REMOTE = ("remote_name", "url")


def _each(
    read: Callable[[RemoteStatistics], float | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        for remote in snapshot.remotes:
            value = read(remote.statistics)
            if value is not None:
                yield (remote.statistics.name, remote.url_label), float(value)

    return samples


def _dropped(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        for reason, count in remote.statistics.dropped_samples.items():
            yield (remote.statistics.name, remote.url_label, reason), count


def _scrapes(read: Callable[[ScrapeCounts], int]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), sum(read(pool.counts) for pool in snapshot.scraper.pools))]


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _lanes(remote: RemoteStatistics) -> float:
    return remote.lanes


def _refused(remote: RemoteStatistics) -> float:
    return sum(remote.dropped_samples.get(reason, 0) for reason in ("refused", "maybe_delivered"))


def _pool_targets(snapshot: Snapshot) -> Iterable[Sample]:
    for pool in snapshot.scraper.pools:
        yield (pool.job,), pool.targets_up + pool.targets_down + pool.targets_unknown


def _discovered(snapshot: Snapshot) -> Iterable[Sample]:
    for pool in snapshot.scraper.pools:
        active = pool.targets_up + pool.targets_down + pool.targets_unknown
        yield ("scrape", pool.job), active + pool.targets_dropped


_Rows = tuple[
    tuple[str, Literal["counter", "gauge"], str, Callable[[RemoteStatistics], float | None]], ...
]
_REMOTE_ROWS: _Rows = (
    (
        "samples_total",
        "counter",
        "Samples sent to the remote, refused ones included.",
        lambda remote: remote.sent_samples_total + _refused(remote),
    ),
    ("samples_failed_total", "counter", "Samples that the remote refused.", _refused),
    (
        "samples_pending",
        "gauge",
        "Samples not yet acknowledged.",
        lambda remote: remote.pending_samples,
    ),
    (
        "bytes_total",
        "counter",
        "Compressed bytes that the remote acknowledged.",
        lambda remote: remote.sent_bytes_total,
    ),
    (
        "queue_highest_timestamp_seconds",
        "gauge",
        "Newest timestamp read.",
        lambda remote: _seconds(remote.newest_put_ms),
    ),
    (
        "queue_highest_sent_timestamp_seconds",
        "gauge",
        "Newest timestamp delivered.",
        lambda remote: _seconds(remote.newest_sent_ms),
    ),
    ("shards", "gauge", "Lanes.", _lanes),
    ("shards_max", "gauge", "Lanes, whose number never changes.", _lanes),
    ("shards_min", "gauge", "Lanes, whose number never changes.", _lanes),
    ("shards_desired", "gauge", "Lanes, as configured.", _lanes),
)

FAMILIES = (
    *(
        Family(f"prometheus_remote_storage_{name}", kind, text, _REMOTE, _each(read))
        for name, kind, text, read in _REMOTE_ROWS
    ),
    Family(
        "prometheus_remote_storage_samples_dropped_total",
        "counter",
        "Samples lost to this remote, by reason.",
        (*_REMOTE, "reason"),
        _dropped,
    ),
    Family(
        "prometheus_config_last_reload_successful",
        "gauge",
        "1 if the last reload, or the start, was good.",
        (),
        lambda snapshot: [((), float(snapshot.reloads.is_last_good))],
    ),
    Family(
        "prometheus_config_last_reload_success_timestamp_seconds",
        "gauge",
        "When the configuration was last read well, in epoch seconds.",
        (),
        lambda snapshot: [((), snapshot.reloads.last_success_s)],
    ),
    Family(
        "prometheus_target_scrape_pools_total",
        "counter",
        "Jobs.",
        (),
        lambda snapshot: [((), len(snapshot.scraper.pools))],
    ),
    Family(
        "prometheus_target_scrape_pool_targets",
        "gauge",
        "Targets that are scraped.",
        ("scrape_job",),
        _pool_targets,
    ),
    Family(
        "prometheus_sd_discovered_targets",
        "gauge",
        "Targets that discovery has found, dropped ones included.",
        ("name", "config"),
        _discovered,
    ),
    *(
        Family(f"prometheus_target_{name}", "counter", text, (), _scrapes(read))
        for name, text, read in (
            (
                "scrapes_exceeded_body_size_limit_total",
                "Scrapes whose page was too large.",
                lambda counts: counts.too_large,
            ),
            (
                "scrapes_exceeded_sample_limit_total",
                "Scrapes that had too many samples.",
                lambda counts: counts.over_sample_limit,
            ),
            (
                "scrape_pool_exceeded_label_limits_total",
                "Scrapes that broke a limit on labels.",
                lambda counts: counts.over_label_limit,
            ),
            (
                "scrapes_exceeded_native_histogram_bucket_limit_total",
                "Scrapes with a native histogram that has too many buckets, however coarse.",
                lambda counts: counts.over_bucket_limit,
            ),
            (
                "scrapes_sample_duplicate_timestamp_total",
                "Samples of a series that a page had already.",
                lambda counts: counts.samples.duplicates,
            ),
            (
                "scrapes_sample_out_of_order_total",
                "Samples that are older than the last one.",
                lambda counts: counts.samples.out_of_order,
            ),
            (
                "scrapes_sample_out_of_bounds_total",
                "Samples too far in the future.",
                lambda counts: counts.samples.out_of_bounds,
            ),
        )
    ),
)
