"""From the labels that a target exposes to those that are stored.

Takes a raw label set; gives the final one, or None if relabelling dropped it. The order is
Prometheus': merge with the target's labels, metric_relabel_configs, name and limit checks, external
labels (reference/prometheus.md section 4).
Invariant: the result is canonical, has a metric name and no empty value.
Never: caches; `scraper.shape` does, which runs the same steps with markers for values.
"""

import re
from collections.abc import Mapping

import attrs

from relabel.pipeline import Pipeline
from series.labels import METRIC_NAME, Labels, canonical

EXPORTED_PREFIX = "exported_"

SHOWN_CHARACTERS = 50

# What the agent says of each scrape itself, always; the rest and the values: `scraper.report`.
REPORT_NAMES = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)

_LEGACY_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


class SeriesError(ValueError):
    """A series that fails its whole scrape."""


class LabelLimitError(SeriesError):
    """A series with more or longer labels than its job allows."""


@attrs.frozen(kw_only=True)
class LabelLimits:
    """A limit of 0 is none. Lengths in bytes, as Prometheus counts them."""

    labels: int = 0
    name_bytes: int = 0
    value_bytes: int = 0

    def check(self, labels: Mapping[str, str]) -> None:
        """Raises LabelLimitError that tells which limit, and how far over."""
        # Fast path: no limits.
        if not (self.labels or self.name_bytes or self.value_bytes):
            return
        metric = labels.get(METRIC_NAME, "")[:SHOWN_CHARACTERS]
        if 0 < self.labels < len(labels):
            raise LabelLimitError(
                f"label_limit {self.labels} exceeded: {metric} has {len(labels)} labels"
            )
        for name, value in labels.items():
            shown = name[:SHOWN_CHARACTERS]
            if 0 < self.name_bytes < (length := len(name.encode())):
                raise LabelLimitError(
                    f"label_name_length_limit {self.name_bytes} exceeded: "
                    f"the name {shown} of {metric} has {length} bytes"
                )
            if 0 < self.value_bytes < (length := len(value.encode())):
                raise LabelLimitError(
                    f"label_value_length_limit {self.value_bytes} exceeded: "
                    f"the value of {shown} of {metric} has {length} bytes"
                )


@attrs.frozen(kw_only=True)
class Labelling:
    """What one target makes of a series; `target_labels` are its public ones."""

    target_labels: Mapping[str, str]
    external_labels: Mapping[str, str]
    pipeline: Pipeline
    honor_labels: bool = False
    limits: LabelLimits = LabelLimits()
    is_legacy: bool = False  # metric_name_validation_scheme: legacy
    reports: tuple[str, ...] = REPORT_NAMES

    def final(self, raw: Mapping[str, str]) -> Labels | None:
        """None: dropped. Raises SeriesError."""
        labels = self.relabelled(raw, self.target_labels)
        if not labels:
            return None
        self.check_names(labels)
        self.limits.check(labels)
        final = canonical({**self.external_labels, **labels})
        name = labels[METRIC_NAME]
        # A series like one of the report's would be sent twice with two values. It is renamed as
        # vmagent does it; in Prometheus the page would win, and `up` be what a target claims.
        if name in self.reports and final == self.report(name):
            labels[METRIC_NAME] = EXPORTED_PREFIX + name
            final = canonical({**self.external_labels, **labels})
        return final

    def relabelled(self, raw: Mapping[str, str], target: Mapping[str, str]) -> dict[str, str]:
        """Merged with `target` and through the rules; empty: dropped, or nothing is left."""
        relabelled = self.pipeline.apply(merge(raw, target, self.honor_labels))
        return {name: value for name, value in (relabelled or {}).items() if value}

    def report(self, name: str) -> Labels:
        """The labels of a series about the scrape: target and external labels only."""
        return canonical({**self.external_labels, **self.target_labels, METRIC_NAME: name})

    def check_names(self, labels: Mapping[str, str]) -> None:
        """Looks at the value of the metric's name only. Raises SeriesError."""
        if METRIC_NAME not in labels:
            raise SeriesError("a series has no metric name (__name__) after metric relabelling")
        if not self.is_legacy:
            return
        if not _LEGACY_METRIC.fullmatch(labels[METRIC_NAME]):
            raise SeriesError(_not_legacy("metric", labels[METRIC_NAME]))
        for name in labels:
            if not _LEGACY_LABEL.fullmatch(name):
                raise SeriesError(_not_legacy("label", name))


def _not_legacy(kind: str, name: str) -> str:
    return (
        f"the {kind} name {name[:SHOWN_CHARACTERS]!r} needs "
        "metric_name_validation_scheme: utf8, which this job does not have"
    )


def merge(raw: Mapping[str, str], target: Mapping[str, str], honor: bool) -> dict[str, str]:
    """The exposed labels with those of the target; conflicts by `honor_labels`."""
    # An exposed empty value blocks the target's label under honor_labels, and is no label at all
    # otherwise.
    if honor:
        return {**target, **raw}
    merged = {name: value for name, value in raw.items() if value}
    conflicts = sorted([name for name in target if name in merged], key=len)
    exposed = [merged[name] for name in conflicts]
    merged.update(target)
    for name, value in zip(conflicts, exposed, strict=True):
        free = EXPORTED_PREFIX + name
        while merged.get(free):
            free = EXPORTED_PREFIX + free
        merged[free] = value
    return merged
