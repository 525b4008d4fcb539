"""All jobs: one pool each, started, changed and stopped as the configuration says.

Takes jobs and external labels; gives batches to the sink.
Invariant: a job that a reload does not touch goes on undisturbed; a removed one has marked its
series before others start; cancelling `run` ends everything and marks nothing.
"""

import logging
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

import attrs
import trio
from trio import TASK_STATUS_IGNORED, TaskStatus

from relabel.pipeline import Pipeline
from scraper.clock import GridClock
from scraper.discovery import open_discovery
from scraper.loop import ClientFactory, ScrapeCounts, Surroundings
from scraper.metadata import TargetMetadata
from scraper.pool import Pool
from scraper.settings import ScrapeJob
from scraper.setup import JobSetup, set_up
from scraper.shapes import ShapesStatistics
from scraper.staleness import Filled
from scraper.status import DroppedTarget, TargetStatus
from scraper.target import Target
from series.batch import Sink
from series.ranges import Ranges
from series.watch import Watch
from transport.client import Client
from transport.dial import Connector
from transport.response import Response
from transport.settings import HttpSettings
from transport.tls import TlsContexts
from transport.userinfo import with_userinfo

logger = logging.getLogger("promferry.scraper")


@attrs.frozen(kw_only=True)
class PoolStatistics:
    """One job's counts; those of stopped targets are included."""

    job: str
    targets_up: int
    targets_down: int
    targets_unknown: int
    targets_dropped: int
    discovery_errors: tuple[str, ...]
    counts: ScrapeCounts
    kinds: Mapping[tuple[str, str], int] = attrs.field(factory=dict)  # by discovery and health
    shapes: ShapesStatistics = ShapesStatistics()


@attrs.frozen(kw_only=True)
class ScraperStatistics:
    pools: tuple[PoolStatistics, ...]
    durations_s: Ranges = Ranges()
    response_bytes: Ranges = Ranges()
    scraped_samples: Ranges = Ranges()
    failure_lines_dropped: int = 0


def target_client(
    target: Target,
    setup: JobSetup,
    *,
    contexts: TlsContexts,
    user_agent: str,
    connector: Connector | None = None,
) -> Client:
    """The client that scrapes `target`. `connector`: in place of TCP, for tests."""
    job = setup.job
    return Client(
        target.url,
        with_userinfo(job.http, target.userinfo),
        contexts=contexts,
        user_agent=user_agent,
        max_header_bytes=job.max_header_bytes,
        keepalive=not job.disable_keepalive,
        unix_socket=target.options.unix_socket,
        connector=connector,
    )


class Manager:
    """The scraper as the agent sees it."""

    def __init__(
        self,
        sink: Sink,
        *,
        contexts: TlsContexts,
        version: str,
        wall_ms: Callable[[], int],
        client_for: ClientFactory | None = None,
        seed: int | None = None,
        watch: Watch | None = None,
    ) -> None:
        """`client_for` and `seed` are for tests: other connections, a known phase."""
        self._user_agent = f"promferry/{version}"
        self._contexts = contexts
        self._around = Surroundings(
            sink=sink,
            clock=GridClock(wall_ms),
            client_for=client_for or self._target_client,
            watch=watch or Watch(),
            open_discovery=lambda settings: open_discovery(settings, self._client),
            seed=crc32(socket.gethostname().encode()) if seed is None else seed,
        )
        self._pools: dict[str, Pool] = {}
        self._done: dict[str, trio.Event] = {}
        self._wanted: dict[str, JobSetup] = {}
        self._changed = trio.Event()

    async def run(
        self,
        jobs: Sequence[ScrapeJob],
        external_labels: Mapping[str, str],
        *,
        task_status: TaskStatus[None] = TASK_STATUS_IGNORED,
    ) -> None:
        """Scrape until cancelled. Started once every job has had its first set of targets, or has
        waited for it in vain."""
        self.apply(jobs, external_labels)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._around.clock.run)
            nursery.start_soon(self._around.failures.run)
            await self._follow(nursery)
            task_status.started()
            while True:
                await self._changed.wait()
                await self._follow(nursery)

    def apply(self, jobs: Sequence[ScrapeJob], external_labels: Mapping[str, str]) -> None:
        """Scrape these from now on. Raises RuleError; then all stays as it was."""
        self._wanted = {
            job.job_name: set_up(job, external_labels, self._wanted.get(job.job_name))
            for job in jobs
        }
        self._changed.set()

    async def _follow(self, nursery: trio.Nursery) -> None:
        self._changed = trio.Event()
        wanted = self._wanted
        gone = [name for name in self._pools if name not in wanted]
        for name in gone:
            self._pools.pop(name).stop()
        for name in gone:
            await self._done.pop(name).wait()
        async with trio.open_nursery() as starting:
            for name, setup in wanted.items():
                pool = self._pools.get(name)
                if pool is None:
                    pool = self._pools[name] = Pool(setup, self._around)
                    starting.start_soon(self._start, name, pool, nursery)
                elif pool.setup is not setup:
                    pool.reconfigure(setup)

    async def _start(self, name: str, pool: Pool, nursery: trio.Nursery) -> None:
        done = self._done[name] = trio.Event()

        async def run_pool(*, task_status: TaskStatus[None]) -> None:
            await pool.run(task_status=task_status)
            done.set()

        await nursery.start(run_pool)

    def _target_client(self, target: Target, setup: JobSetup) -> Client:
        return target_client(target, setup, contexts=self._contexts, user_agent=self._user_agent)

    def _client(self, url: str, http: HttpSettings) -> Client:
        return Client(url, http, contexts=self._contexts, user_agent=self._user_agent)

    def active_targets(self) -> Sequence[TargetStatus]:
        return [status for pool in self._pools.values() for status in pool.statuses()]

    def dropped_targets(self) -> Sequence[DroppedTarget]:
        return [dropped for pool in self._pools.values() for dropped in pool.dropped()]

    def metadata(self) -> Sequence[TargetMetadata]:
        """What each target says of its metrics, as it was at its last good scrape."""
        return [metadata for pool in self._pools.values() for metadata in pool.metadata()]

    def alive(self) -> Mapping[str, Sequence[Filled]]:
        """By job the final series of each target's last good page."""
        return {name: pool.alive() for name, pool in self._pools.items()}

    def pool_names(self) -> Sequence[str]:
        return sorted(self._pools)

    def rules_of(self, pool_name: str) -> Pipeline | None:
        """The target relabelling of a job; None if there is no such job."""
        pool = self._pools.get(pool_name)
        return pool.setup.target_pipeline if pool else None

    def metric_rules_of(self, pool_name: str) -> Pipeline | None:
        """The metric relabelling of a job; None if there is no such job."""
        pool = self._pools.get(pool_name)
        return pool.setup.metric_pipeline if pool else None

    def find(self, status: TargetStatus) -> tuple[JobSetup, Target] | None:
        """What is behind a status; None if the target is gone."""
        pool = self._pools.get(status.pool)
        target = pool.find(status.url, status.labels) if pool else None
        return (pool.setup, target) if pool and target else None

    async def fetch(self, status: TargetStatus) -> Response:
        """The target's answer now, beside its scrapes. Raises TransportError; LookupError if the
        target is gone."""
        found = self.find(status)
        if found is None:
            raise LookupError(status.url)
        setup, target = found
        client = self._around.client_for(target, setup)
        try:
            return await client.request(
                "GET",
                headers=setup.headers(target),
                timeout_s=target.timeout_s,
                max_body_bytes=setup.max_body_bytes(target),
            )
        finally:
            with trio.CancelScope(shield=True):
                await client.aclose()

    def statistics(self) -> ScraperStatistics:
        spread = self._around.spread
        return ScraperStatistics(
            pools=tuple([_pool_statistics(name, pool) for name, pool in self._pools.items()]),
            durations_s=spread.duration_s.snapshot(),
            response_bytes=spread.body_bytes.snapshot(),
            scraped_samples=spread.samples.snapshot(),
            failure_lines_dropped=self._around.failures.dropped,
        )


def _pool_statistics(name: str, pool: Pool) -> PoolStatistics:
    kinds = Counter(pool.kinds())
    healths = Counter(health for _, health in kinds.elements())
    return PoolStatistics(
        job=name,
        targets_up=healths["up"],
        targets_down=healths["down"],
        targets_unknown=healths["unknown"],
        targets_dropped=pool.dropped_total,
        discovery_errors=tuple(pool.discovery_errors()),
        counts=attrs.evolve(
            pool.counts,
            samples=attrs.evolve(pool.counts.samples),
            answers=pool.counts.answers.copy(),
        ),
        kinds=kinds,
        shapes=pool.shapes(),
    )
