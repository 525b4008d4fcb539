"""Scrape jobs: one entry of `scrape_configs`, from its keys and `global` to a ScrapeJob.

Source: reference/prometheus.md 3.2 (error texts too), vmagent.md 1.2.
Invariant: what a job leaves open comes from `global`; the ScrapeJob says everything itself.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from agent.config.cursor import Cursor
from agent.config.discovery import DiscoverySection, discoveries_of
from agent.config.general import (
    DEFAULT_INTERVAL_S,
    DEFAULT_TIMEOUT_S,
    UTF8_CONFLICT,
    CommonSection,
    GlobalSection,
    check_common,
    check_protocol,
)
from agent.config.http import fetch_settings
from agent.config.http_section import FetchSection, check_http
from agent.config.registry import check
from agent.config.rules import check_legacy_rules
from agent.config.scalars import Bytes, Count, Duration
from scraper.settings import ScrapeJob


@attrs.frozen(kw_only=True)
class ScrapeSection(CommonSection, FetchSection, DiscoverySection):
    """One entry of `scrape_configs` as written."""

    job_name: str = ""
    metrics_path: str = "/metrics"
    scheme: str = "http"
    params: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    honor_labels: bool = False
    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    enable_compression: bool = True
    fallback_scrape_protocol: str = ""
    native_histogram_bucket_limit: Count = Count(0)
    native_histogram_min_bucket_factor: float = 0.0
    # vmagent's own keys.
    disable_compression: bool = False
    disable_keepalive: bool = False
    max_scrape_size: Bytes | None = None
    no_stale_markers: bool | None = None
    lenient_parse: bool | None = None
    start_timestamps: bool | None = None
    normalize_le_quantile: bool = False
    instance_default_port: bool | None = None
    scrape_align_interval: Duration = Duration(0)
    scrape_offset: Duration | None = None
    series_limit: Count | None = None
    stream_parse: bool = False


@check(ScrapeSection)
def _check_job(section: ScrapeSection, cursor: Cursor) -> None:
    check_http(section)
    check_common(section, cursor)
    if not section.job_name and cursor.is_sound("job_name"):
        cursor.error("job_name is empty", hint="every scrape config needs a job_name")
    if section.scheme.lower() not in ("http", "https"):
        cursor.at("scheme").error(f"unknown scheme {section.scheme[:80]!r}", hint="http or https")
    if section.fallback_scrape_protocol:
        check_protocol(section.fallback_scrape_protocol, cursor.at("fallback_scrape_protocol"))


# Zero or missing means: as in `global`.
_INHERITED = (
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "scrape_failure_log_file",
)
# Missing means: as in `global`, else off.
SWITCHES = (
    "scrape_native_histograms",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "extra_scrape_metrics",
)
_COPIED = (
    "job_name",
    "params",
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "disable_keepalive",
    "fallback_scrape_protocol",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
    "series_limit",
    "stream_parse",
    "no_stale_markers",
    "lenient_parse",
    "start_timestamps",
    "normalize_le_quantile",
    "instance_default_port",
)


def resolve_job(section: ScrapeSection, common: GlobalSection) -> ScrapeJob:
    """The job with everything that it inherits; what contradicts itself then is reported."""
    values: dict[str, Any] = {name: getattr(section, name) for name in _COPIED}
    for name in _INHERITED:
        values[name] = getattr(section, name) or getattr(common, name)
    for name in SWITCHES:
        own = getattr(section, name)
        values[name] = bool(getattr(common, name) if own is None else own)
    interval_s, timeout_s = _timing(section, common)
    validation, escaping = _schemes(section, common)
    if validation == "legacy":
        check_legacy_rules(section.here, "relabel_configs", section.relabel_configs)
        check_legacy_rules(section.here, "metric_relabel_configs", section.metric_relabel_configs)
    return ScrapeJob(
        **values,
        scrape_interval_s=interval_s,
        scrape_timeout_s=timeout_s,
        metrics_path="/" + section.metrics_path.removeprefix("/"),
        scheme=section.scheme.lower(),
        enable_compression=section.enable_compression and not section.disable_compression,
        scrape_protocols=section.scrape_protocols or common.scrape_protocols,
        metric_name_validation_scheme=validation,
        metric_name_escaping_scheme=escaping,
        body_size_limit_bytes=section.body_size_limit or common.body_size_limit,
        max_scrape_size_bytes=section.max_scrape_size,
        scrape_align_interval_s=section.scrape_align_interval,
        scrape_offset_s=section.scrape_offset,
        http=fetch_settings(section),
        # vmagent: the global lists come first.
        relabel_configs=common.relabel_configs + section.relabel_configs,
        metric_relabel_configs=common.metric_relabel_configs + section.metric_relabel_configs,
        discoveries=discoveries_of(section),
    )


def _timing(section: ScrapeSection, common: GlobalSection) -> tuple[float, float]:
    interval_s = section.scrape_interval or common.scrape_interval or DEFAULT_INTERVAL_S
    timeout_s = float(section.scrape_timeout)
    here = section.here
    if timeout_s > interval_s and here.is_sound("scrape_interval", "scrape_timeout"):
        message = "scrape timeout greater than scrape interval for scrape config with job name"
        text = f"{timeout_s:g}s > {interval_s:g}s"
        here.at("scrape_timeout").error(f"{message} {section.job_name[:80]!r}: {text}", text)
    if not timeout_s:
        timeout_s = min(common.scrape_timeout or DEFAULT_TIMEOUT_S, interval_s)
    return interval_s, timeout_s


def _schemes(section: ScrapeSection, common: GlobalSection) -> tuple[str, str]:
    own, given = section.metric_name_validation_scheme, section.metric_name_escaping_scheme
    validation = own or common.metric_name_validation_scheme or "utf8"
    if validation == "legacy" and given == "allow-utf-8":
        section.here.at("metric_name_escaping_scheme").error(UTF8_CONFLICT)
    # A job that says how to validate does not inherit how to escape: it may not fit.
    if not given and not own:
        given = common.metric_name_escaping_scheme
    return validation, given or ("underscores" if validation == "legacy" else "allow-utf-8")
