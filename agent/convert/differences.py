"""What will be different when promferry runs with the command line and files of another agent.

Takes which agent it was, flag values, sections and what they mean; gives a ConfigError for each
difference, at the flag or key that brings it about.
Source: docs/differences.md; reference/vmagent.md 1.3 to 1.7, prometheus.md 3.
Invariant: only what this configuration would notice is told; each names its flag or key.
"""

from collections.abc import Iterator

import attrs

from agent.config.cursor import Cursor
from agent.config.errors import ConfigError
from agent.config.jobs import ScrapeSection
from agent.config.load import Loaded
from agent.config.sections import Sections
from agent.flags.values import Values
from relabel.rule import RelabelRule
from scraper.settings import StaticDiscovery

PROGRAMS = ("vmagent", "prometheus")
COMMAND_LINE = "command line"

# Flag: what its default is here and there. Told where the flag is not given.
DEFAULTS = {
    "vmagent": {
        "remoteWrite.tmpDataPath": "promferry-data here, vmagent-remotewrite-data there; what is "
        "unsent there: promferry queue import -from=vmagent",
        "remoteWrite.queues": "4 lanes in order here, two senders for each processor without "
        "order there",
        "promscrape.maxResponseHeadersSize": "64KiB here, 4KiB there",
    },
    "prometheus": {
        "httpListenAddr": ":8429 here, :9090 there; --web.listen-address keeps it",
        "remoteWrite.tmpDataPath": "promferry-data here, data-agent/ there; what is unsent there: "
        "promferry queue import -from=prometheus",
    },
}
_ANSWERS = {
    "vmagent": "answers 400 and 409 drop data there, 401 to 404 and 413 are tried for ever; here "
    "401, 403, 404 are held, 413 is split, others are refused and counted (-remoteWrite.answers)",
    "prometheus": "every answer 4xx but 429 drops data there; here 401, 403, 404 and 407 are held "
    "until they let it in, 413 is split (the key answers of remote_write)",
}
_PUSHES = (
    "remote write (/api/v1/write) and OpenTelemetry are taken here; there also /api/v1/import*, "
    "/write of Influx, /datadog, /newrelic and others"
)
_PORTS = {
    "vmagent": "the label instance has :80 or :443 there",
    "prometheus": "the label instance has :80 or :443 there before Prometheus 3",
}


def is_of_prometheus(argument: str) -> bool:
    """Whether the argument is a flag by which Prometheus' command lines are known."""
    return argument.lstrip("-").partition("=")[0] in ("config.file", "storage.agent.path", "agent")


@attrs.frozen
class _Subject:
    program: str
    values: Values
    sections: Sections | None
    loaded: Loaded

    @property
    def is_vmagent(self) -> bool:
        return self.program == "vmagent"

    def flag(self, name: str, message: str) -> ConfigError:
        return ConfigError(file=COMMAND_LINE, path=f"-{name}", message=message)

    def jobs(self) -> tuple[ScrapeSection, ...]:
        return self.sections.jobs if self.sections else ()


def differences(
    program: str, values: Values, sections: Sections | None, loaded: Loaded
) -> list[ConfigError]:
    """In the order identity, timestamps, defaults."""
    subject = _Subject(program, values, sections, loaded)
    steps = (_instances, _rules, _external_labels, _timestamps, _bodies, _defaults, _sending)
    return [found for step in steps for found in step(subject)]


def _instances(subject: _Subject) -> Iterator[ConfigError]:
    for section, job in zip(subject.jobs(), subject.loaded.jobs, strict=False):
        bare = [
            target
            for discovery in job.discoveries
            if isinstance(discovery, StaticDiscovery)
            for group in discovery.groups
            for target in group.targets
            if not _has_port(target)
        ]
        if bare and not any(rule.target_label == "instance" for rule in job.relabel_configs):
            names = ", ".join(bare[:3]) + (" ..." if len(bare) > 3 else "")
            message = f"targets without a port ({names[:80]}): {_PORTS[subject.program]}"
            yield section.here.at("static_configs").problem(message)


def _has_port(target: str) -> bool:
    """Of `host`, `[::1]` or a URL."""
    address = target.partition("://")[2] or target
    return ":" in address.partition("/")[0].rpartition("]")[2]


def _rules(subject: _Subject) -> Iterator[ConfigError]:
    for section, job in zip(subject.jobs(), subject.loaded.jobs, strict=False):
        for key in ("relabel_configs", "metric_relabel_configs"):
            rules: tuple[RelabelRule, ...] = getattr(job, key)
            here = section.here.at(key)
            if subject.is_vmagent and any(rule.action == "hashmod" for rule in rules):
                yield here.problem(
                    "hashmod is MD5 here as in Prometheus, xxhash64 there: other targets are kept"
                )
            if (
                subject.is_vmagent
                and key.startswith("metric")
                and any(
                    rule.target_label.startswith("__") and rule.target_label != "__name__"
                    for rule in rules
                )
            ):
                yield here.problem("labels __* that a rule makes stay here, and go there")


def _external_labels(subject: _Subject) -> Iterator[ConfigError]:
    labels = subject.loaded.global_.external_labels
    if not labels or not subject.is_vmagent or subject.sections is None:
        return
    clashes = sorted(set(labels) & _labels_of_jobs(subject))
    shown = f" ({', '.join(clashes)[:80]} clash)" if clashes else ""
    place = subject.sections.root.here.at("global").at("external_labels")
    yield place.problem("added to pushed series too; there to scraped ones only")
    yield place.problem(
        f"where a series has such a label{shown} it keeps its own here; later vmagents rename "
        "it exported_X and the external one wins"
    )


def _labels_of_jobs(subject: _Subject) -> set[str]:
    found = {"job", "instance"}
    for job in subject.loaded.jobs:
        found |= {rule.target_label for rule in job.relabel_configs}
        for discovery in job.discoveries:
            if isinstance(discovery, StaticDiscovery):
                found |= {name for group in discovery.groups for name in group.labels}
    return found


def _timestamps(subject: _Subject) -> Iterator[ConfigError]:
    if not subject.jobs():
        return
    silent = [job for job in subject.jobs() if not job.here.has("honor_timestamps")]
    if subject.is_vmagent and silent:
        message = (
            "not given: timestamps in pages count here, as in Prometheus and vmagent 1.79; later "
            f"vmagents pass over them ({_names(silent)})"
        )
        yield _key(silent[0].here, "honor_timestamps").problem(message)
    grid = "scrapes keep to a grid, and their times snap to it within min(1%, 10ms)"
    there = "within 10% there" if subject.is_vmagent else "within min(1%, 2ms) there"
    first = subject.jobs()[0]
    yield _key(first.here, "scrape_interval").problem(f"{grid}; {there}")


def _names(jobs: list[ScrapeSection]) -> str:
    shown = ", ".join(job.job_name for job in jobs[:3])
    return f"{len(jobs)} jobs: {shown[:60]}" + (" ..." if len(jobs) > 3 else "")


def _key(here: Cursor, name: str) -> Cursor:
    return here.key_of(name)


def _bodies(subject: _Subject) -> Iterator[ConfigError]:
    if not subject.jobs():
        return
    if subject.is_vmagent and not subject.values["promscrape.lenientParse"]:
        yield subject.flag(
            "promscrape.lenientParse", "a bad line fails the scrape here, and is skipped there"
        )
    if subject.is_vmagent and not subject.values["promscrape.vmagentReportSeries"]:
        yield subject.flag(
            "promscrape.vmagentReportSeries",
            "scrape_timeout_seconds, scrape_response_size_bytes and others are sent only with it",
        )
    silent = [job for job in subject.jobs() if not job.here.has("fallback_scrape_protocol")]
    if not subject.is_vmagent and silent:
        yield _key(silent[0].here, "fallback_scrape_protocol").problem(
            "a blank or unknown Content-Type is read as text here; Prometheus 3 fails the scrape"
        )


def _defaults(subject: _Subject) -> Iterator[ConfigError]:
    for name, message in DEFAULTS[subject.program].items():
        if not subject.values.is_set(name):
            yield subject.flag(name, f"not given: the default is {message}")


def _sending(subject: _Subject) -> Iterator[ConfigError]:
    yield subject.flag("remoteWrite.url", _ANSWERS[subject.program])
    if subject.is_vmagent:
        yield subject.flag("httpListenAddr", _PUSHES)
    if subject.is_vmagent and not subject.values["sortLabels"]:
        yield subject.flag("sortLabels", "labels are always sorted here")
    message = "metadata is sent each minute here"
    if subject.is_vmagent:
        yield subject.flag("enableMetadata", f"{message}, with every scrape since vmagent 1.125")
