"""Rows on scraping: targets, scrapes and what became of their samples."""

from collections.abc import Callable, Iterable

from agent.metrics.family import Family, Sample, Snapshot
from scraper.loop import ScrapeCounts
from scraper.manager import PoolStatistics


def _total(read: Callable[[ScrapeCounts], int]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), sum(read(pool.counts) for pool in snapshot.scraper.pools))]


def _each(read: Callable[[PoolStatistics], int]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((pool.job,), read(pool)) for pool in snapshot.scraper.pools]


def _pool_targets(snapshot: Snapshot) -> Iterable[Sample]:
    for pool in snapshot.scraper.pools:
        yield (pool.job, "up"), pool.targets_up
        yield (pool.job, "down"), pool.targets_down
        yield (pool.job, "unknown"), pool.targets_unknown
        yield (pool.job, "dropped"), pool.targets_dropped


def _lost(snapshot: Snapshot) -> Iterable[Sample]:
    for pool in snapshot.scraper.pools:
        samples = pool.counts.samples
        yield (pool.job, "duplicate"), samples.duplicates
        yield (pool.job, "out_of_order"), samples.out_of_order
        yield (pool.job, "out_of_bounds"), samples.out_of_bounds


FAMILIES = (
    Family(
        "vm_promscrape_scrape_pool_targets",
        "gauge",
        "Targets of a job, by what became of them.",
        ("scrape_job", "status"),
        _pool_targets,
    ),
    Family(
        "vm_promscrape_scrape_requests_total",
        "counter",
        "Scrapes, good or not.",
        (),
        _total(lambda counts: counts.scrapes),
    ),
    Family(
        "vm_promscrape_scrapes_failed_total",
        "counter",
        "Scrapes that gave no page.",
        (),
        _total(lambda counts: counts.failed),
    ),
    Family(
        "vm_promscrape_scrapes_timed_out_total",
        "counter",
        "Scrapes that took longer than their scrape_timeout.",
        (),
        _total(lambda counts: counts.timed_out),
    ),
    Family(
        "vm_promscrape_max_scrape_size_exceeded_errors_total",
        "counter",
        "Scrapes whose page was larger than allowed.",
        (),
        _total(lambda counts: counts.too_large),
    ),
    Family(
        "vm_promscrape_stale_samples_created_total",
        "counter",
        "Staleness markers made.",
        (),
        _total(lambda counts: counts.samples.markers),
    ),
    Family(
        "promferry_scrape_samples_total",
        "counter",
        "Samples that scrapes gave to the remotes, report series not counted.",
        ("scrape_job",),
        _each(lambda pool: pool.counts.samples.stored),
    ),
    Family(
        "promferry_scrape_samples_lost_total",
        "counter",
        "Samples of good pages that were not taken, by reason.",
        ("scrape_job", "reason"),
        _lost,
    ),
    Family(
        "promferry_scrape_ticks_missed_total",
        "counter",
        "Scrapes that were due while the one before was not done.",
        ("scrape_job",),
        _each(lambda pool: pool.counts.missed),
    ),
    Family(
        "promferry_scrape_body_bytes_total",
        "counter",
        "Bytes of pages, inflated.",
        ("scrape_job",),
        _each(lambda pool: pool.counts.body_bytes),
    ),
    Family(
        "promferry_scrape_wire_bytes_total",
        "counter",
        "Bytes of answers as they came over the network.",
        ("scrape_job",),
        _each(lambda pool: pool.counts.wire_bytes),
    ),
)
