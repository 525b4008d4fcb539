"""What is known of senders: resources, scopes, metrics and their series, from request to request.

Takes what a request says of itself; gives series already encoded. Steady senders cost a look-up.
Invariant: bounded by entries and bytes; what is full starts anew, as one request refills it. What a
single request may add is bounded as well.
"""

from typing import TypeVar

from receivers.otlp.labels import (
    IDENTIFYING,
    Attributes,
    job_and_instance,
    labels_of,
    promoted,
    scope_labels,
)
from receivers.otlp.names import Kind, NamingError, metric_name, unit_name
from receivers.otlp.points import Form, Metric, Temporality
from receivers.otlp.settings import Delta, Translation
from series.labels import METRIC_NAME, Labels, canonical
from series.lane import lane_key
from series.layout import Layout
from series.metadata import Metadata, MetricType
from series.template import Template

T = TypeVar("T")
Pair = tuple[str, str]

MAX_ENTRIES = 1_000_000
MAX_BYTES = 128 * 2**20
# Labels of a resource stand in each of its series: small requests could unfold to much. Honest ones
# that are new to the last series come to twice their size.
MAX_NEW_BYTES = 32 * 2**20
UNFOLDS_TO = 4


class UnfoldsError(ValueError):
    """A request whose labels, written out, are more than may be held."""


class Known:
    """Shared by all requests of one translation."""

    def __init__(
        self,
        translation: Translation,
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.translation = translation
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self.raw: dict[tuple[Labels, bytes], Resource] = {}
        self._resources: dict[tuple[Labels, Attributes], Resource] = {}
        self._layouts: dict[tuple[Template, ...], Layout] = {}
        self.entries = self.bytes = self._new_bytes = 0
        self._max_new_bytes = MAX_NEW_BYTES

    def begin(self, request_bytes: int) -> None:
        """Before each request."""
        self._new_bytes = 0
        self._max_new_bytes = MAX_NEW_BYTES + UNFOLDS_TO * request_bytes
        if self.entries > self._max_entries or self.bytes > self._max_bytes:
            self.raw.clear()
            self._resources.clear()
            self._layouts.clear()
            self.entries = self.bytes = 0

    def spend(self, size: int) -> None:
        """Counts something new of so many bytes. Raises UnfoldsError."""
        self.entries += 1
        self.bytes += size
        self._new_bytes += size
        if self._new_bytes > self._max_new_bytes:
            limit = self._max_new_bytes
            raise UnfoldsError(f"the labels of the request are more than {limit} bytes")

    def resource(self, attributes: Attributes, extra: Labels) -> "Resource":
        found = self._resources.get((extra, attributes))
        if found is None:
            found = Resource(self, attributes, extra)
            self._resources[extra, attributes] = found
            self.spend(sum([len(key) + len(value) for key, value in attributes]))
        return found

    def layout(self, templates: tuple[Template, ...]) -> Layout:
        """The same object for the same templates, so that what is known of it holds on."""
        found = self._layouts.get(templates)
        if found is None:
            found = self._layouts[templates] = Layout(templates)
            self.entries += 1
            self.bytes += 8 * len(templates)
        return found


class Resource:
    """`identity`: job and instance; `failure`: why nothing of it can be taken, "" if it can."""

    def __init__(self, known: Known, attributes: Attributes, extra: Labels) -> None:
        self.known = known
        self.extra = extra
        self.attributes = attributes
        self.identity = job_and_instance(dict(attributes))
        self.failure = ""
        self.promoted: dict[str, str] = {}
        try:
            self.promoted = promoted(attributes, known.translation)
        except NamingError as exc:
            self.failure = str(exc)
        # Where nobody says who it is, all that it says is what tells it apart.
        self.lane_key = lane_key(canonical(self.identity) or tuple(sorted(attributes)))
        self.raw: dict[bytes, Scope] = {}
        self.told_ms = 0  # of target_info
        self._scopes: dict[tuple[str, str, str, Attributes], Scope] = {}

    def scope(self, name: str, version: str, schema_url: str, attributes: Attributes) -> "Scope":
        key = (name, version, schema_url, attributes)
        found = self._scopes.get(key)
        if found is None:
            found = self._scopes[key] = Scope(self, *key)
            self.known.spend(len(name) + len(version) + len(schema_url) + 100)
        return found

    def finished(
        self, labels: dict[str, str], scope: dict[str, str], own: dict[str, str]
    ) -> Template:
        """The series of these labels of a point and of all that goes on top, as Prometheus does."""
        for name, value in self.promoted.items():
            labels.setdefault(name, value)
        labels.update(self.identity)
        for name, value in self.known.translation.external_labels.items():
            labels.setdefault(name, value)
        labels.update(scope)
        labels.update(own)
        labels.update(self.extra)
        template = Template.constant(canonical(labels))
        self.known.spend(len(template) + 100)
        return template

    def target_info(self) -> Template | None:
        """The series that tells all of the resource; None if there is nothing to tell."""
        others = [pair for pair in self.attributes if pair[0] not in IDENTIFYING]
        if not others or not self.identity:
            return None
        translation = self.known.translation
        chosen = self.attributes if translation.keep_identifying else others
        labels = {**labels_of(chosen, translation), **self.identity}
        for name, value in translation.external_labels.items():
            labels.setdefault(name, value)
        labels[METRIC_NAME] = "target_info"
        labels.update(self.extra)
        return Template.constant(canonical(labels))


class Scope:
    def __init__(
        self, resource: Resource, name: str, version: str, schema_url: str, attributes: Attributes
    ) -> None:
        self.resource = resource
        self.failure = resource.failure
        self.labels: dict[str, str] = {}
        try:
            self.labels = scope_labels(
                name, version, schema_url, attributes, resource.known.translation
            )
        except NamingError as exc:
            self.failure = str(exc)
        self.raw: dict[bytes, KnownMetric] = {}
        self._metrics: dict[Metric, KnownMetric] = {}

    def metric(self, metric: Metric) -> "KnownMetric":
        found = self._metrics.get(metric)
        if found is None:
            found = self._metrics[metric] = KnownMetric(self, metric)
            known = self.resource.known
            known.spend(len(metric.name) + len(metric.description) + 200)
        return found


class KnownMetric:
    """`failure`: why none of its points can be taken, "" if they can. `series` by attributes, which
    are a tuple or the bytes that they came as."""

    def __init__(self, scope: Scope, metric: Metric) -> None:
        translation = scope.resource.known.translation
        self.scope = scope
        self.resource = scope.resource
        self.metric = metric
        self.family = ""
        self.failure = scope.failure or _why_not(metric, translation)
        self.series: dict[object, Template] = {}
        try:
            self.family = metric_name(
                metric.name, metric.unit, _kind(metric), translation.name_strategy
            )
        except NamingError as exc:
            self.failure = str(exc)
        self.is_delta = metric.temporality is Temporality.DELTA and metric.form in _TEMPORAL
        self.metadata = Metadata(
            self.family,
            _type(metric, translation.delta),
            metric.description,
            unit_name(metric.unit),
        )

    def template(self, attributes: Attributes, ending: str = "", *more: Pair) -> Template:
        """Raises NamingError, UnfoldsError."""
        key = (attributes, ending, *more)
        found = self.series.get(key)
        if found is None:
            found = self.series[key] = self.new_template(attributes, ending, *more)
        return found

    def new_template(self, attributes: Attributes, ending: str = "", *more: Pair) -> Template:
        """The same for who remembers it himself."""
        labels = labels_of(attributes, self.resource.known.translation)
        own = {METRIC_NAME: self.family + ending, **dict(more)}
        return self.resource.finished(labels, self.scope.labels, own)


_TEMPORAL = (Form.SUM, Form.HISTOGRAM, Form.EXPONENTIAL)


def _why_not(metric: Metric, translation: Translation) -> str:
    if metric.form is Form.NONE:
        return "it has no data"
    if metric.form not in _TEMPORAL or metric.temporality is Temporality.CUMULATIVE:
        return ""
    if metric.temporality is Temporality.UNSPECIFIED:
        return "its temporality is not given"
    if translation.delta is Delta.REFUSED:
        return "its temporality is delta; set -otlp.delta, or cumulative in the SDK"
    return ""


def _kind(metric: Metric) -> Kind:
    if metric.form is Form.SUM:
        return Kind.COUNTER if metric.is_monotonic else Kind.OTHER
    return Kind.GAUGE if metric.form is Form.GAUGE else Kind.OTHER


_GAUGES_TYPES = {
    "unknown": MetricType.UNKNOWN,
    "info": MetricType.INFO,
    "stateset": MetricType.STATESET,
}
_TYPES = {
    Form.HISTOGRAM: MetricType.HISTOGRAM,
    Form.EXPONENTIAL: MetricType.HISTOGRAM,
    Form.SUMMARY: MetricType.SUMMARY,
}


def _type(metric: Metric, delta: Delta) -> MetricType:
    if metric.form is Form.GAUGE:
        return _GAUGES_TYPES.get(metric.prometheus_type, MetricType.GAUGE)
    if metric.temporality is Temporality.DELTA and delta is Delta.STORED:
        return MetricType.UNKNOWN
    if metric.form is Form.SUM:
        return MetricType.COUNTER if metric.is_monotonic else MetricType.GAUGE
    return _TYPES.get(metric.form, MetricType.UNKNOWN)
