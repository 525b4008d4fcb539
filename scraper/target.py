"""From what discovery found to what is scraped: labels, URL, times of one target.

Takes a job and the labels of one discovered address; gives a Target, or why there is none. The
order is Prometheus' PopulateLabels (reference/prometheus.md section 4); a full URL as address is
vmagent's addition (reference/vmagent.md 1.3).
Invariant: equal inputs give equal targets; a target is known by its public labels and its URL.
User and password in an address are in neither: they are kept apart, as basic auth.
Never: resolves names, connects.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, quote, urlencode
from zlib import crc32

import attrs

from relabel.pipeline import Pipeline
from scraper.duration import format_duration, parse_duration
from scraper.options import HISTOGRAM_SWITCHES, UNIX_SOCKET, TargetOptions, options_of
from scraper.settings import ScrapeJob, TargetGroup
from scraper.status import DroppedTarget
from series.labels import Labels, canonical
from series.lane import lane_key
from transport.errors import TransportError
from transport.settings import BasicAuth
from transport.url import parse_url
from transport.userinfo import split_address

RESERVED_PREFIX = "__"
PARAM_PREFIX = "__param_"
ADDRESS = "__address__"

DROPPED_BY_RULES = "dropped by relabel_configs"

# What Go leaves unescaped in a path, `%` of what is escaped already included.
_PATH_SAFE = "/%:@!$&'()*+,;=~"


@attrs.frozen(kw_only=True)
class Target:
    """One endpoint of a job. `labels` are the public ones, which its series bear."""

    labels: Labels
    url: str
    interval_s: float
    timeout_s: float
    discovered_labels: Mapping[str, str] = attrs.field(eq=False)
    lane_key: int = attrs.field(eq=False)
    options: TargetOptions = TargetOptions()
    userinfo: BasicAuth | None = None  # of the address

    @property
    def stable_hash(self) -> int:
        """The same after a restart, so that a target keeps its phase."""
        return self.lane_key ^ crc32(self.url.encode())

    @property
    def key(self) -> tuple[Labels, str]:
        """By what duplicates are told. Two sockets are two targets, even of the same URL."""
        socket = self.options.unix_socket
        return self.labels, f"{self.url} at {socket}" if socket else self.url


class TargetError(ValueError):
    """Why an address is no target: a sentence for the page."""


@attrs.frozen(kw_only=True)
class TargetSet:
    """The targets of a job, in order of discovery, and those that were left out."""

    targets: Mapping[tuple[Labels, str], Target]
    dropped: Sequence[DroppedTarget]
    dropped_total: int


def discovered(job: ScrapeJob, address: str, group: Mapping[str, str]) -> dict[str, str]:
    """The labels before relabelling. What discovery says beats what the job says."""
    # Without its credentials, whoever asks: rules copy addresses, and pages show them.
    labels = {**group, ADDRESS: split_address(address)[0]}
    defaults = {
        "job": job.job_name,
        "__scrape_interval__": format_duration(job.scrape_interval_s),
        "__scrape_timeout__": format_duration(job.scrape_timeout_s),
        "__metrics_path__": job.metrics_path,
        "__scheme__": job.scheme,
    }
    for name in HISTOGRAM_SWITCHES:
        defaults[f"__{name}__"] = "true" if getattr(job, name) else "false"
    defaults.update((PARAM_PREFIX + name, texts[0]) for name, texts in job.params.items() if texts)
    for name, value in defaults.items():
        if not labels.get(name):
            labels[name] = value
    return labels


def build(
    job: ScrapeJob,
    pipeline: Pipeline,
    labels: Mapping[str, str],
    userinfo: BasicAuth | None = None,
) -> Target:
    """The target of the discovered `labels`. Raises TargetError.

    `userinfo`: what the discovered address held. It is for that address only: rules may lead a
    target elsewhere, to a prober.
    """
    _check_text(labels)
    relabelled = pipeline.apply(labels)
    if not relabelled:
        raise TargetError(DROPPED_BY_RULES)
    address = relabelled.get(ADDRESS, "") or ("localhost" if relabelled.get(UNIX_SOCKET) else "")
    if not address:
        raise TargetError("no address: __address__ is empty after relabelling")
    if address != labels.get(ADDRESS):
        address, userinfo = split_address(address)
    interval_s, timeout_s = _times(relabelled)
    try:
        options = options_of(job, relabelled)
    except ValueError as exc:
        raise TargetError(str(exc)) from exc
    url, host = _url(job, address, relabelled)
    public = {
        name: value for name, value in relabelled.items() if not name.startswith(RESERVED_PREFIX)
    }
    if not public.get("instance"):
        with_port = job.instance_default_port
        public["instance"] = _with_port(host, url) if with_port else host
    final = canonical(public)
    return Target(
        labels=final,
        url=url,
        interval_s=interval_s,
        timeout_s=timeout_s,
        discovered_labels=labels,
        lane_key=lane_key(final),
        options=options,
        userinfo=userinfo,
    )


def _check_text(labels: Mapping[str, str]) -> None:
    """JSON can write half a character (a lone surrogate), which no series can bear."""
    for name, value in labels.items():
        try:
            (name + value).encode()
        except UnicodeEncodeError:
            raise TargetError(f"label {name!a} has a value that is not valid text") from None


def _times(labels: Mapping[str, str]) -> tuple[float, float]:
    times = []
    for name in ("interval", "timeout"):
        text = labels.get(f"__scrape_{name}__", "")
        try:
            seconds = parse_duration(text)
        except ValueError as exc:
            raise TargetError(f"scrape {name}: {exc}") from exc
        if seconds == 0:
            raise TargetError(f"scrape {name} must not be 0")
        times.append(seconds)
    interval_s, timeout_s = times
    if timeout_s > interval_s:
        raise TargetError(
            f"scrape timeout {format_duration(timeout_s)} is greater than "
            f"scrape interval {format_duration(interval_s)}"
        )
    return interval_s, timeout_s


def _url(job: ScrapeJob, address: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """The URL and its `host:port`. Raises TargetError."""
    scheme = labels.get("__scheme__") or "http"
    path = labels.get("__metrics_path__") or "/metrics"
    if address.startswith(("http://", "https://")):
        scheme, _, address = address.partition("://")
    host, slash, rest = address.partition("/")
    if slash:
        path = slash + rest
    path, _, query = path.partition("?")
    params = _params(job, labels, query)
    url = f"{scheme}://{host}{'' if path.startswith('/') else '/'}{quote(path, safe=_PATH_SAFE)}"
    if query := urlencode(sorted(params.items()), doseq=True):
        url = f"{url}?{query}"
    try:
        parse_url(url)
    except TransportError as exc:
        raise TargetError(str(exc)) from exc
    return url, host


def _with_port(host: str, url: str) -> str:
    """`host` with the port that its scheme means, as Prometheus 2 and vmagent label it."""
    if ":" in host.rpartition("]")[2]:
        return host
    return f"{host}:{443 if url.startswith('https:') else 80}"


def _params(job: ScrapeJob, labels: Mapping[str, str], query: str) -> dict[str, list[str]]:
    params: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        params.setdefault(name, []).append(value)
    for name, values in job.params.items():
        params[name] = list(values)
    for label, value in labels.items():
        if label.startswith(PARAM_PREFIX):
            # The label stands for the first value; further ones of the job stay.
            params.setdefault(label[len(PARAM_PREFIX) :], [""])[:1] = [value]
    return params


class TargetSetBuilder:
    """Gathers the targets of one job; duplicates are merged, the first wins."""

    def __init__(self, job: ScrapeJob, pipeline: Pipeline) -> None:
        self._job = job
        self._pipeline = pipeline
        self._targets: dict[tuple[Labels, str], Target] = {}
        self._dropped: list[DroppedTarget] = []
        self._dropped_total = 0

    def add(self, address: str, group_labels: Mapping[str, str]) -> None:
        _, userinfo = split_address(address)
        labels = discovered(self._job, address, group_labels)
        try:
            target = build(self._job, self._pipeline, labels, userinfo)
        except TargetError as exc:
            self._drop(labels, str(exc))
            return
        if self._job.drop_original_labels:
            target = attrs.evolve(target, discovered_labels={})
        if self._targets.setdefault(target.key, target) is not target:
            self._drop(labels, "duplicate: another target has the same labels and URL")

    def result(self) -> TargetSet:
        return TargetSet(
            targets=self._targets, dropped=self._dropped, dropped_total=self._dropped_total
        )

    def _drop(self, labels: Mapping[str, str], reason: str) -> None:
        self._dropped_total += 1
        most = self._job.keep_dropped_targets or self._job.max_dropped_targets
        if self._job.drop_original_labels or len(self._dropped) >= most:
            return
        self._dropped.append(
            DroppedTarget(
                job=self._job.job_name,
                discovered_labels=labels,
                reason=reason,
                pipeline=self._pipeline if reason == DROPPED_BY_RULES else None,
            )
        )


def addresses(groups: Sequence[TargetGroup]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for group in groups:
        for address in group.targets:
            yield address, group.labels
