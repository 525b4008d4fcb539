"""What the agent says of each scrape itself: `up` and its kin.

Takes the labels of a target, the outcome of a scrape and what the target is held to; gives a batch.
These series pass by metric relabelling and every limit (reference/prometheus.md section 4,
vmagent.md 1.4). Which there are beside the five of both peers: `extra_scrape_metrics` adds those
of Prometheus, `-promscrape.vmagentReportSeries` those of vmagent.
"""

from array import array
from collections.abc import Mapping

import attrs

from scraper.labelling import REPORT_NAMES
from scraper.settings import ScrapeJob
from scraper.target import Target
from series.batch import Batch
from series.layout import Layout

# What Prometheus reports as the size of a body that was too large.
TOO_LARGE = -1

_PROMETHEUS_NAMES = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")
_SERIES_NAMES = (
    "scrape_series_current",
    "scrape_series_limit",
    "scrape_series_limit_samples_dropped",
)


@attrs.frozen(kw_only=True)
class Outcome:
    """One scrape in numbers. A failed one may have scraped samples that are not stored."""

    is_up: bool
    duration_s: float
    scraped: int = 0
    post_relabel: int = 0
    series_added: int = 0
    body_bytes: int = 0  # or TOO_LARGE; 0 for any other failure


def report_names(job: ScrapeJob, target: Target) -> tuple[str, ...]:
    """Which series a target's report has; each once."""
    names = list(REPORT_NAMES)
    if job.extra_scrape_metrics:
        names += _PROMETHEUS_NAMES
    if job.vmagent_report_series:
        names += ("scrape_timeout_seconds", "scrape_response_size_bytes")
        options = target.options
        names += ["scrape_samples_limit"] if options.sample_limit else []
        names += ["scrape_labels_limit"] if options.label_limit else []
        names += _SERIES_NAMES if options.series_limit else ()
    return tuple(dict.fromkeys(names))


def constants(target: Target) -> dict[str, float]:
    """The figures of a report that no scrape changes."""
    options = target.options
    return {
        "scrape_timeout_seconds": target.timeout_s,
        "scrape_sample_limit": options.sample_limit,
        "scrape_samples_limit": options.sample_limit,
        "scrape_labels_limit": options.label_limit,
        "scrape_series_limit": options.series_limit,
    }


def figures(outcome: Outcome) -> dict[str, float]:
    """One scrape by the names of its report."""
    return {
        "up": float(outcome.is_up),
        "scrape_duration_seconds": outcome.duration_s,
        "scrape_samples_scraped": outcome.scraped,
        "scrape_samples_post_metric_relabeling": outcome.post_relabel,
        "scrape_series_added": outcome.series_added,
        "scrape_body_size_bytes": outcome.body_bytes,
        "scrape_response_size_bytes": max(0, outcome.body_bytes),
    }


def report(
    lane_key: int,
    layout: Layout,
    chunks: tuple[bytes, ...],
    names: tuple[str, ...],
    values: Mapping[str, float],
    timestamp_ms: int,
) -> Batch:
    """`names` are those of `layout`."""
    return Batch(
        lane_key=lane_key,
        layout=layout,
        chunks=chunks,
        values=array("d", [values[name] for name in names]),
        timestamps=timestamp_ms,
    )
