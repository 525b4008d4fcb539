"""Which rules are meant, and how a series as written becomes the labels that they see.

Takes options and flag values, reads the configuration; gives a Subject.
Shared by `promferry relabel` and `promferry test`.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol

import attrs

from agent.commands.loading import load_all
from agent.commands.relabel import Options
from agent.config.rule_file import load_rules
from agent.flags.values import Values
from agent.settings import Settings
from pushqueue.settings import RemoteSettings
from relabel.pipeline import Pipeline, compile_rules
from relabel.rule import RelabelRule
from scraper.labelling import merge
from scraper.settings import ScrapeJob, StaticDiscovery
from scraper.setup import set_up
from scraper.target import ADDRESS, TargetError, build, discovered
from series.labels import readable

NO_CONFIGURATION = (
    "there is no scrape job: name a configuration that has one"
    " (-promscrape.config=FILE, or `config:` in a file of tests)"
)


class Prepare(Protocol):
    def __call__(self, labels: Mapping[str, str], /) -> dict[str, str]: ...


@attrs.frozen(kw_only=True)
class Subject:
    """`prepare`: from the labels as written to those that the first rule sees. `job`: set where
    they are labels of discovered targets. `own_series`: what to look at where nothing is given.
    """

    pipeline: Pipeline
    prepare: Prepare
    job: ScrapeJob | None = None
    own_series: Sequence[Mapping[str, str]] = ()

    def conclude(self, before: Mapping[str, str]) -> str:
        """What becomes of labels that no rule dropped; "" if the rules have the last word."""
        if self.job is None:
            return ""
        try:
            target = build(self.job, self.pipeline, before)
        except TargetError as exc:
            return f"no target: {exc}"
        return f"{target.url} {readable(target.labels)}"

    def outcome(
        self, before: Mapping[str, str], after: Mapping[str, str], named: Container[str]
    ) -> Mapping[str, str] | None:
        """What a test compares; None is dropped. Of a target the labels that its series will
        bear, and those reserved ones (`__metrics_path__`) that are `named`.
        """
        if self.job is None:
            return after
        try:
            target = build(self.job, self.pipeline, before)
        except TargetError:
            return None
        reserved = {name: value for name, value in after.items() if name.startswith("__")}
        return {
            **{name: value for name, value in reserved.items() if name in named},
            **dict(target.labels),
        }


def subject(options: Options, values: Values) -> Subject:
    """Raises ValueError (SettingsError, ConfigErrors among them) and FlagErrors."""
    if options.rules:
        return of_rules(load_rules(options.rules), options.labels)
    settings = load_all(values).settings
    if options.remote:
        return of_remote(find_remote(settings.remotes, options.remote), options.labels)
    job = find_job(settings.jobs, options.job)
    if options.is_target:
        return of_targets(job)
    return of_job(job, settings, options.labels)


def of_rules(rules: Sequence[RelabelRule], target_labels: Mapping[str, str]) -> Subject:
    return Subject(
        pipeline=compile_rules(rules),
        prepare=lambda labels: merge(labels, target_labels, honor=False),
    )


def of_remote(remote: RemoteSettings, target_labels: Mapping[str, str]) -> Subject:
    rules = (*remote.common.relabel_configs, *remote.write_relabel_configs)
    return of_rules(rules, target_labels)


def of_job(job: ScrapeJob, settings: Settings, target_labels: Mapping[str, str]) -> Subject:
    setup = set_up(job, settings.global_.external_labels)
    return Subject(
        pipeline=setup.metric_pipeline,
        prepare=lambda labels: merge(labels, target_labels, honor=job.honor_labels),
    )


def of_targets(job: ScrapeJob) -> Subject:
    pipeline = set_up(job, {}).target_pipeline

    def prepare(labels: Mapping[str, str]) -> dict[str, str]:
        return discovered(job, labels.get(ADDRESS, ""), labels)

    return Subject(pipeline=pipeline, prepare=prepare, job=job, own_series=_static_targets(job))


def _static_targets(job: ScrapeJob) -> list[dict[str, str]]:
    return [
        {**group.labels, ADDRESS: address}
        for discovery in job.discoveries
        if isinstance(discovery, StaticDiscovery)
        for group in discovery.groups
        for address in group.targets
    ]


def find_job(jobs: Sequence[ScrapeJob], name: str) -> ScrapeJob:
    """The job of that name, or the only one. Raises ValueError that lists those there are."""
    if not name and len(jobs) == 1:
        return jobs[0]
    for job in jobs:
        if job.job_name == name:
            return job
    known = _listed(job.job_name for job in jobs)
    if not jobs:
        raise ValueError(NO_CONFIGURATION)
    if not name:
        raise ValueError(f"there are several jobs, choose one by -job=NAME: {known}")
    raise ValueError(f"no job {name[:80]!r}; there are: {known}")


def find_remote(remotes: Sequence[RemoteSettings], name: str) -> RemoteSettings:
    """By name, key or URL. Raises ValueError that lists those there are."""
    for remote in remotes:
        if name in (remote.name, remote.key, remote.url):
            return remote
    known = _listed(remote.name or remote.key for remote in remotes)
    raise ValueError(f"no remote {name[:80]!r}; there are: {known or 'none'}")


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return ", ".join(shown[:20]) + more
