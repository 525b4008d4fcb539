"""From the labels that a target exposes to those that are stored.

Takes a raw label set; gives the final one, or None if relabelling dropped it. The order is
Prometheus': merge with the target's labels, metric_relabel_configs, name and limit checks, external
labels (reference/prometheus.md section 4).
Invariant: the result is canonical, has a metric name and no empty value.
Never: caches; `scraper.memo` does.
"""

import re
from collections.abc import Mapping

import attrs

from relabel.pipeline import Pipeline
from series.labels import METRIC_NAME, Labels, canonical

EXPORTED_PREFIX = "exported_"

_LEGACY_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


class SeriesError(ValueError):
    """A series that fails its whole scrape: without a name, or over a limit."""


@attrs.frozen(kw_only=True)
class LabelLimits:
    """A limit of 0 is none. Lengths in bytes, as Prometheus counts them."""

    labels: int = 0
    name_bytes: int = 0
    value_bytes: int = 0

    def check(self, labels: Mapping[str, str]) -> None:
        """Raises SeriesError that tells which limit, and by how much."""
        metric = labels.get(METRIC_NAME, "")[:50]
        if self.labels and len(labels) > self.labels:
            raise SeriesError(f"label_limit {self.labels} exceeded: {metric} has {len(labels)}")
        for name, value in labels.items():
            if self.name_bytes and (length := len(name.encode())) > self.name_bytes:
                raise SeriesError(
                    f"label_name_length_limit {self.name_bytes} exceeded: "
                    f"{name[:50]!r} of {metric} has {length} bytes"
                )
            if self.value_bytes and (length := len(value.encode())) > self.value_bytes:
                raise SeriesError(
                    f"label_value_length_limit {self.value_bytes} exceeded: "
                    f"{name[:50]!r} of {metric} has {length} bytes"
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

    def final(self, raw: Mapping[str, str]) -> Labels | None:
        """None: dropped. Raises SeriesError."""
        relabelled = self.pipeline.apply(merge(raw, self.target_labels, self.honor_labels))
        labels = {name: value for name, value in (relabelled or {}).items() if value}
        if not labels:
            return None
        self._check_names(labels)
        self.limits.check(labels)
        return canonical({**self.external_labels, **labels})

    def report(self, name: str) -> Labels:
        """The labels of a series about the scrape: target and external labels only."""
        return canonical({**self.external_labels, **self.target_labels, METRIC_NAME: name})

    def _check_names(self, labels: Mapping[str, str]) -> None:
        if METRIC_NAME not in labels:
            raise SeriesError("a series has no metric name (__name__) after metric relabelling")
        if not self.is_legacy:
            return
        if not _LEGACY_METRIC.fullmatch(labels[METRIC_NAME]):
            raise SeriesError(
                f"metric name {labels[METRIC_NAME][:80]!r} is not valid in the legacy scheme"
            )
        for name in labels:
            if not _LEGACY_LABEL.fullmatch(name):
                raise SeriesError(f"label name {name[:80]!r} is not valid in the legacy scheme")


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
