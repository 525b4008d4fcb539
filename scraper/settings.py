"""What to scrape and how: one class for each block of `scrape_configs`.

Defaults applied, durations in seconds, paths absolute, ready to run; decoding YAML into these is
the work of `agent.config` (fields and defaults: reference/prometheus.md 3.2, vmagent.md 1.2).
"""

from collections.abc import Mapping

import attrs

from relabel.rule import RelabelRule
from transport.settings import HttpSettings


@attrs.frozen(kw_only=True)
class TargetGroup:
    """Addresses with common labels; `source` names where they were found (file path, index)."""

    targets: tuple[str, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)
    source: str = ""


@attrs.frozen(kw_only=True)
class StaticDiscovery:
    groups: tuple[TargetGroup, ...] = ()


@attrs.frozen(kw_only=True)
class FileDiscovery:
    """`files`: paths, patterns, and URLs; these are asked every `refresh_interval_s`.

    An interval of None inherits a flag's default.
    """

    files: tuple[str, ...] = ()
    refresh_interval_s: float | None = None


@attrs.frozen(kw_only=True)
class HttpDiscovery:
    url: str
    refresh_interval_s: float | None = None
    http: HttpSettings = HttpSettings()


DiscoverySettings = StaticDiscovery | FileDiscovery | HttpDiscovery


@attrs.frozen(kw_only=True)
class ScrapeJob:
    """One entry of `scrape_configs`. A limit of 0 is none; None inherits a flag's default."""

    job_name: str
    scrape_interval_s: float = 60.0
    scrape_timeout_s: float = 10.0
    metrics_path: str = "/metrics"
    scheme: str = "http"
    params: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    honor_labels: bool = False
    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    enable_compression: bool = True
    disable_keepalive: bool = False
    scrape_protocols: tuple[str, ...] | None = None
    fallback_scrape_protocol: str = ""
    scrape_native_histograms: bool = False
    always_scrape_classic_histograms: bool = False
    convert_classic_histograms_to_nhcb: bool = False
    native_histogram_bucket_limit: int = 0
    native_histogram_min_bucket_factor: float = 0.0
    metric_name_validation_scheme: str = "utf8"
    metric_name_escaping_scheme: str = "allow-utf-8"
    extra_scrape_metrics: bool = False
    body_size_limit_bytes: int = 0
    max_scrape_size_bytes: int | None = None
    sample_limit: int = 0
    target_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    series_limit: int | None = None
    keep_dropped_targets: int = 0
    max_dropped_targets: int = 10_000  # where keep_dropped_targets leaves it open
    drop_original_labels: bool = False
    suppress_scrape_errors: bool = False
    vmagent_report_series: bool = False
    max_header_bytes: int = 65536
    scrape_align_interval_s: float = 0.0
    scrape_offset_s: float | None = None
    stream_parse: bool = False
    no_stale_markers: bool | None = None
    lenient_parse: bool | None = None
    start_timestamps: bool | None = None  # `_created` and its like are no series of their own
    instance_default_port: bool | None = None  # as Prometheus 2: `instance` is host:80
    normalize_le_quantile: bool = False  # as Prometheus 3: le="1" becomes le="1.0"
    scrape_failure_log_file: str = ""
    http: HttpSettings = HttpSettings()
    relabel_configs: tuple[RelabelRule, ...] = ()
    metric_relabel_configs: tuple[RelabelRule, ...] = ()
    discoveries: tuple[DiscoverySettings, ...] = ()
