"""What all targets of a job share: its settings, compiled once.

Takes a job and the external labels; gives pipelines, request headers and limits.
Invariant: equal settings share what they are compiled to, so that a reload tells by identity what
has changed.
"""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from zlib import crc32

import attrs

from relabel.pipeline import Pipeline, compile_rules
from scraper.exposition.negotiation import accept_header, protocols_of
from scraper.labelling import LabelLimits, Labelling
from scraper.report import report_names
from scraper.settings import ScrapeJob
from scraper.target import Target
from series.labels import canonical

# A target's whole body is held in memory while it is read, so this bounds one task's memory.
# vmagent's default is the same 16 MiB.
DEFAULT_MAX_BODY_BYTES = 16 * 2**20


@attrs.frozen(kw_only=True)
class JobSetup:
    """A job, ready to make targets and to scrape them."""

    job: ScrapeJob
    external_labels: Mapping[str, str]
    target_pipeline: Pipeline
    metric_pipeline: Pipeline

    @cached_property
    def seed(self) -> int:
        """By external labels: the agents of a pair differ in them, and then do not scrape at the
        same time (as in Prometheus)."""
        labels = canonical(self.external_labels)
        return crc32(repr(labels).encode("utf-8", "backslashreplace")) if labels else 0

    def max_body_bytes(self, target: Target) -> int:
        """A body may be as large as this. Prometheus' limit is the first size that fails."""
        of_job = self.job.max_scrape_size_bytes or DEFAULT_MAX_BODY_BYTES
        largest = target.options.max_body_bytes or of_job
        limit = self.job.body_size_limit_bytes
        return min(largest, limit - 1) if limit else largest

    def labelling(self, target: Target) -> Labelling:
        job = self.job
        return Labelling(
            target_labels=dict(target.labels),
            external_labels=self.external_labels,
            pipeline=self.metric_pipeline,
            honor_labels=job.honor_labels,
            limits=LabelLimits(
                labels=target.options.label_limit,
                name_bytes=job.label_name_length_limit,
                value_bytes=job.label_value_length_limit,
            ),
            is_legacy=job.metric_name_validation_scheme == "legacy",
            reports=report_names(job, target),
        )

    def headers(self, target: Target) -> tuple[tuple[str, str], ...]:
        job = self.job
        # By the target, not by the job alone as in Prometheus: only protobuf has native histograms.
        wants_protobuf = target.options.scrape_native_histograms or bool(job.start_timestamps)
        protocols = protocols_of(job.scrape_protocols, wants_protobuf)
        escaping = job.metric_name_escaping_scheme
        return _headers(tuple(protocols), escaping, job.enable_compression, target.timeout_s)


# One object for all targets that ask for the same: 700 bytes each otherwise.
@lru_cache(maxsize=256)
def _headers(
    protocols: tuple[str, ...], escaping: str, compressed: bool, timeout_s: float
) -> tuple[tuple[str, str], ...]:
    return (
        ("Accept", accept_header(protocols, escaping)),
        ("Accept-Encoding", "gzip" if compressed else "identity"),
        ("X-Prometheus-Scrape-Timeout-Seconds", _shortest(timeout_s)),
    )


def set_up(
    job: ScrapeJob, external_labels: Mapping[str, str], before: JobSetup | None = None
) -> JobSetup:
    """Raises RuleError. What is equal to `before` is taken over from it."""
    if before is not None and before.job == job and before.external_labels == external_labels:
        return before
    scheme = job.metric_name_validation_scheme
    same = before if before and before.job.metric_name_validation_scheme == scheme else None
    if same is not None and same.job.relabel_configs == job.relabel_configs:
        target_pipeline = same.target_pipeline
    else:
        target_pipeline = compile_rules(job.relabel_configs, scheme=scheme)
    if same is not None and same.job.metric_relabel_configs == job.metric_relabel_configs:
        metric_pipeline = same.metric_pipeline
    else:
        metric_pipeline = compile_rules(job.metric_relabel_configs, scheme=scheme)
    return JobSetup(
        job=job,
        external_labels=external_labels,
        target_pipeline=target_pipeline,
        metric_pipeline=metric_pipeline,
    )


def _shortest(seconds: float) -> str:
    """The shortest decimal, never with an exponent, as Go's FormatFloat(_, 'f', -1)."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".")
