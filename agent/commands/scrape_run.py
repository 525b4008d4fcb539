"""Chooses targets and scrapes each once.

Takes settings and a word that names a URL, a job or a target; gives what each scrape left to the
sink, and the series that it saw.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import trio

from agent.commands.finding import USER_AGENT, Found, find_targets
from agent.commands.relabel_subject import find_job
from agent.settings import Settings
from relabel.pipeline import Pipeline
from scraper.clock import GridClock
from scraper.discovery import open_discovery
from scraper.labelling import Labelling
from scraper.loop import ScrapeCounts, Surroundings, TargetLoop
from scraper.manager import target_client
from scraper.settings import ScrapeJob
from scraper.setup import JobSetup, set_up
from scraper.status import TargetStatus
from scraper.target import ADDRESS, Target, TargetError, build, discovered
from series.batch import Batch
from transport.client import Client
from transport.settings import HttpSettings
from transport.tls import TlsContexts
from transport.userinfo import split_address

# As many at a time as a small machine bears; a job may have thousands.
_AT_A_TIME = 20

# The job of a URL that no configuration has.
DEFAULT_JOB = ScrapeJob(job_name="scrape")

Subject = tuple[JobSetup, Target]
Raw = Mapping[str, str]


@attrs.frozen(kw_only=True)
class Scrape:
    """One scrape of one target. `seen`: the series as exposed, in the order of first sight."""

    setup: JobSetup
    target: Target
    status: TargetStatus
    batches: Sequence[Batch]
    seen: Sequence[Raw]

    @property
    def pipeline(self) -> Pipeline:
        return self.setup.metric_pipeline

    @property
    def labelling(self) -> Labelling:
        """What becomes of a series, external labels left out: every series gets them."""
        return attrs.evolve(self.setup.labelling(self.target), external_labels={})


async def choose(
    settings: Settings, word: str, job_name: str | None, contexts: TlsContexts
) -> list[Subject]:
    """Raises ValueError if the word names nothing that can be scraped."""
    jobs = list(settings.jobs)
    if job_name is not None:
        jobs = [find_job(jobs, job_name)]
    external = settings.global_.external_labels
    found = await find_targets([set_up(_quiet(job), external) for job in jobs], contexts)
    subjects = [
        (each.setup, target)
        for each in found
        for target in each.targets.targets.values()
        if word == each.setup.job.job_name or _is_called(target, word)
    ]
    if subjects:
        return subjects
    if "://" in word or not jobs:
        job = jobs[0] if job_name is not None else DEFAULT_JOB
        return [_from_address(set_up(_quiet(job), external), word)]
    raise ValueError(_nothing(found, word))


def _quiet(job: ScrapeJob) -> ScrapeJob:
    """The command tells of failures itself."""
    return attrs.evolve(job, suppress_scrape_errors=True)


def _is_called(target: Target, word: str) -> bool:
    names = (target.url, dict(target.labels).get("instance"), target.discovered_labels.get(ADDRESS))
    return split_address(word)[0] in names


def _from_address(setup: JobSetup, address: str) -> Subject:
    bare, userinfo = split_address(address)
    labels = discovered(setup.job, bare, {})
    try:
        return setup, build(setup.job, setup.target_pipeline, labels, userinfo)
    except TargetError as exc:
        raise ValueError(f"{bare[:200]}: {exc}") from exc


def _nothing(found: Sequence[Found], word: str) -> str:
    reasons = [error for each in found for error in each.errors]
    reasons += [
        f"{dropped.discovered_labels.get(ADDRESS)}: {dropped.explained()}"
        for each in found
        for dropped in each.targets.dropped
        if word in (dropped.job, dropped.discovered_labels.get(ADDRESS))
    ]
    hint = "; ".join(reasons[:5]) or "`promferry targets` lists those there are"
    return f"no job, target or URL {word[:80]!r}: {hint}"


async def scrape_all(subjects: Sequence[Subject], contexts: TlsContexts) -> list[Scrape]:
    """In the order of `subjects`."""
    scrapes: dict[int, Scrape] = {}
    limiter = trio.CapacityLimiter(_AT_A_TIME)

    async def scrape(number: int, subject: Subject) -> None:
        async with limiter:
            scrapes[number] = await _scrape(*subject, contexts)

    async with trio.open_nursery() as nursery:
        for number, subject in enumerate(subjects):
            nursery.start_soon(scrape, number, subject)
    return [scrapes[number] for number in range(len(subjects))]


async def _scrape(setup: JobSetup, target: Target, contexts: TlsContexts) -> Scrape:
    sink = _Kept()
    watched = _watched(setup)
    loop = TargetLoop(watched, target, ScrapeCounts(), _around(sink, contexts))
    await loop.scrape_once(_wall_ms())
    await loop.aclose()
    return Scrape(
        setup=setup,
        target=target,
        status=loop.status(),
        batches=sink.batches,
        seen=watched.seen,
    )


@attrs.define
class _Kept:
    """A sink that keeps what it gets."""

    batches: list[Batch] = attrs.field(factory=list)

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        self.batches += batches


def _around(sink: _Kept, contexts: TlsContexts) -> Surroundings:
    def client_for(target: Target, setup: JobSetup) -> Client:
        return target_client(target, setup, contexts=contexts, user_agent=USER_AGENT)

    def client_of(url: str, http: HttpSettings) -> Client:
        return Client(url, http, contexts=contexts, user_agent=USER_AGENT)

    return Surroundings(
        sink=sink,
        clock=GridClock(_wall_ms),
        client_for=client_for,
        open_discovery=lambda settings: open_discovery(settings, client_of),
    )


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@attrs.frozen(kw_only=True)
class _WatchedLabelling(Labelling):
    """Notes each series that it labels: whatever format the page has, all come by here."""

    seen: list[Raw] = attrs.field(eq=False)

    def relabelled(self, raw: Raw, target: Mapping[str, str]) -> dict[str, str]:
        self.seen.append(dict(raw))
        return super().relabelled(raw, target)


@attrs.frozen(kw_only=True)
class _WatchedSetup(JobSetup):
    seen: list[Raw] = attrs.field(factory=list, eq=False)

    def labelling(self, target: Target) -> Labelling:
        return _WatchedLabelling(**_fields(super().labelling(target), Labelling), seen=self.seen)


def _watched(setup: JobSetup) -> _WatchedSetup:
    return _WatchedSetup(**_fields(setup, JobSetup))


def _fields(value: attrs.AttrsInstance, kind: type[attrs.AttrsInstance]) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
