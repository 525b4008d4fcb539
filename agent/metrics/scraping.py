"""Rows on scraping: targets, scrapes and what became of their samples."""

from collections import Counter
from collections.abc import Callable, Iterable

from agent.metrics import pushes
from agent.metrics.family import Family, Sample, Snapshot, spread
from scraper.loop import ScrapeCounts
from scraper.manager import PoolStatistics


def _total(read: Callable[[ScrapeCounts], int]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), sum(read(pool.counts) for pool in snapshot.scraper.pools))]


def _each(read: Callable[[PoolStatistics], float]) -> Callable[[Snapshot], Iterable[Sample]]:
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
        yield (pool.job, "series_limit"), samples.over_series_limit


def _kinds(snapshot: Snapshot) -> Iterable[Sample]:
    counts: Counter[tuple[str, str]] = Counter()
    for pool in snapshot.scraper.pools:
        counts.update(pool.kinds)
    for kind in sorted({kind for kind, _ in counts}):
        for status in ("up", "down", "unknown"):
            yield (kind, status), counts[kind, status]


def _answers(snapshot: Snapshot) -> Iterable[Sample]:
    counts: Counter[int] = Counter()
    for pool in snapshot.scraper.pools:
        counts.update(pool.counts.answers)
    for status, count in sorted(counts.items()):
        yield (str(status),), count


def _ignored(snapshot: Snapshot) -> Iterable[Sample]:
    by_reason: Counter[str] = Counter()
    for (_, reason), count in _lost(snapshot):
        by_reason[reason] += int(count)
    for reason, count in by_reason.items():
        yield (reason,), count


def _rows(read: Callable[[ScrapeCounts], int]) -> Callable[[Snapshot], Iterable[Sample]]:
    """Under vmagent's name of the format that scrapes are."""
    return lambda snapshot: [
        (("promscrape",), sum(read(pool.counts) for pool in snapshot.scraper.pools))
    ]


def _read_rows(snapshot: Snapshot) -> Iterable[Sample]:
    yield ("promscrape",), snapshot.scraper.scraped_samples.total


_invalid_rows = _rows(lambda counts: counts.invalid + counts.bad_lines)

FAMILIES = (
    Family(
        "vm_promscrape_targets",
        "gauge",
        "Targets, by the kind of discovery that found them.",
        ("type", "status"),
        _kinds,
    ),
    Family(
        "vm_promscrape_scrapes_total",
        "counter",
        "Answers of targets, by status code.",
        ("status_code",),
        _answers,
    ),
    Family(
        "vm_promscrape_dial_errors_total",
        "counter",
        "Scrapes that found nobody at the target's address.",
        (),
        _total(lambda counts: counts.dial_errors),
    ),
    Family(
        "vm_promscrape_scrapes_gunzip_failed_total",
        "counter",
        "Scrapes whose page was damaged gzip.",
        (),
        _total(lambda counts: counts.gunzip_failed),
    ),
    Family(
        "vm_promscrape_scrapes_skipped_by_sample_limit_total",
        "counter",
        "Scrapes left out because of sample_limit.",
        (),
        _total(lambda counts: counts.over_sample_limit),
    ),
    Family(
        "vm_promscrape_scrapes_skipped_by_label_limit_total",
        "counter",
        "Scrapes left out because of label_limit and its kin.",
        (),
        _total(lambda counts: counts.over_label_limit),
    ),
    Family(
        "vm_promscrape_conn_bytes_read_total",
        "counter",
        "Bytes of targets' answers as they came over the network.",
        (),
        _total(lambda counts: counts.wire_bytes),
    ),
    *spread(
        "vm_promscrape_scrape_duration_seconds",
        "Duration of scrapes",
        (),
        lambda snapshot: [((), snapshot.scraper.durations_s)],
    ),
    *spread(
        "vm_promscrape_scrape_response_size_bytes",
        "Inflated bytes of good pages",
        (),
        lambda snapshot: [((), snapshot.scraper.response_bytes)],
    ),
    *spread(
        "vm_promscrape_scraped_samples",
        "Samples of good pages",
        (),
        lambda snapshot: [((), snapshot.scraper.scraped_samples)],
    ),
    Family(
        "vm_protoparser_rows_read_total",
        "counter",
        "Samples read, by format.",
        ("type",),
        lambda snapshot: (*_read_rows(snapshot), *pushes.read_rows(snapshot)),
    ),
    Family(
        "vm_rows_invalid_total",
        "counter",
        "Lines that could not be read, by format: each failed its scrape, or was skipped by "
        "lenient_parse; points and series of pushes that could not be taken.",
        ("type",),
        lambda snapshot: (*_invalid_rows(snapshot), *pushes.invalid_rows(snapshot)),
    ),
    Family(
        "vm_rows_ignored_total",
        "counter",
        "Samples of good pages that were not taken, by reason.",
        ("reason",),
        _ignored,
    ),
    Family(
        "promferry_discovery_failing",
        "gauge",
        "1 for a job whose discovery cannot get a current set of targets.",
        ("scrape_job",),
        _each(lambda pool: bool(pool.discovery_errors)),
    ),
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
        "promferry_scrape_failure_log_lines_dropped_total",
        "counter",
        "Lines that scrape_failure_log_file could not take: too many at once, or no disk.",
        (),
        lambda snapshot: [((), snapshot.scraper.failure_lines_dropped)],
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
        "promferry_scrape_bad_lines_total",
        "counter",
        "Lines that could not be read and were skipped in good pages (lenient_parse).",
        ("scrape_job",),
        _each(lambda pool: pool.counts.bad_lines),
    ),
    Family(
        "promferry_scrape_series",
        "gauge",
        "Final series that the targets of a job exposed at their last good scrape.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.series),
    ),
    Family(
        "promferry_scrape_shapes",
        "gauge",
        "Sets of targets that differ only in label values that no metric rule reads: they share "
        "what is known of series. As many as targets: nothing is shared.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.shapes),
    ),
    Family(
        "promferry_scrape_layouts",
        "gauge",
        "Different lists of series; targets that expose the same series share one.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.layouts),
    ),
    Family(
        "promferry_scrape_templates",
        "gauge",
        "Exposed series of which it is known what becomes of them, once for each shape.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.templates),
    ),
    Family(
        "promferry_scrape_template_bytes",
        "gauge",
        "Memory that these take, the texts of pages apart.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.bytes),
    ),
    Family(
        "promferry_scrape_shared_ratio",
        "gauge",
        "The part of the series that take no memory because another target's are the same.",
        ("scrape_job",),
        _each(lambda pool: pool.shapes.shared_ratio),
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
