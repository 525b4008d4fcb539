"""The targets of one job: discovery runs, targets come and go, each has its loop.

Takes settings, and groups from discovery; gives running loops.
Invariant: a target that did not change keeps its connection, memo, phase and staleness; one that is
gone has stopped before another starts, and its series are marked. A pool that is cancelled marks
nothing.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence

import attrs
import trio
from trio import TASK_STATUS_IGNORED, TaskStatus

from scraper.discovery import Discovery
from scraper.loop import ScrapeCounts, Surroundings, TargetLoop
from scraper.metadata import TargetMetadata
from scraper.settings import (
    DiscoverySettings,
    FileDiscovery,
    HttpDiscovery,
    StaticDiscovery,
    TargetGroup,
)
from scraper.setup import JobSetup
from scraper.shapes import Shapes, ShapesStatistics
from scraper.staleness import Filled
from scraper.status import DroppedTarget, TargetStatus
from scraper.target import Target, TargetSet, TargetSetBuilder, addresses
from series.labels import Labels

logger = logging.getLogger("promferry.scraper")

# Discovery is given that long to publish its first set, so that a reload does not stop targets
# that it is about to find again. Prometheus applies updates every 5 s.
FIRST_SET_WAIT_S = 5.0
# Building a target costs about 50 us.
_BUILT_PER_STEP = 50

Key = tuple[Labels, str]

# vmagent's names of the kinds, in its metrics.
KINDS: Mapping[type, str] = {
    StaticDiscovery: "static_configs",
    FileDiscovery: "file_sd_configs",
    HttpDiscovery: "http_sd_configs",
}


@attrs.define(eq=False)
class _Running:
    """A loop and the means to stop it. Who waits for its end brings the event."""

    loop: TargetLoop
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    is_done: bool = False
    ended: trio.Event | None = None

    async def run(self) -> None:
        with self.scope:
            await self.loop.run()
        self.is_done = True
        if self.ended is not None:
            self.ended.set()

    async def wait_done(self) -> None:
        if not self.is_done:
            self.ended = self.ended or trio.Event()
            await self.ended.wait()


@attrs.define(eq=False)
class _Source:
    """A running discovery and what it published last."""

    settings: DiscoverySettings
    discovery: Discovery
    patience_ends_s: float  # until then targets are left as they are
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    groups: Sequence[TargetGroup] = ()
    has_published: trio.Event = attrs.field(factory=trio.Event)


class Pool:
    """One job's targets."""

    def __init__(self, setup: JobSetup, around: Surroundings) -> None:
        self.setup = setup
        self.counts = ScrapeCounts()
        self._shapes = Shapes()
        self._around = around
        self._running: dict[Key, _Running] = {}
        self._kinds: dict[Key, str] = {}
        self._sources: list[_Source] = []
        self._set = TargetSet(targets={}, dropped=(), dropped_total=0)
        self._wanted = setup
        self._changed = trio.Event()
        self._stop = False

    def reconfigure(self, setup: JobSetup) -> None:
        """Take over other settings as soon as `run` gets to it."""
        self._wanted = setup
        self._changed.set()

    def stop(self) -> None:
        """End all targets, mark their series, then let `run` return."""
        self._stop = True
        self._changed.set()

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        try:
            async with trio.open_nursery() as nursery:
                await self._follow(nursery)
                task_status.started()
                while not self._stop:
                    await self._changed.wait()
                    self._changed = trio.Event()
                    await self._follow(nursery)
                await self._end(self._running)
                self._around.crowd.note(self, 0)
                nursery.cancel_scope.cancel()
        finally:
            # Cancelled: nothing is marked, but nothing stays open either.
            with trio.CancelScope(shield=True):
                for running in self._running.values():
                    await running.loop.aclose()

    def statuses(self) -> list[TargetStatus]:
        return [running.loop.status() for running in self._running.values()]

    def alive(self) -> list[Filled]:
        """The final series of each target's last good page."""
        return [running.loop.alive for running in self._running.values()]

    def metadata(self) -> list[TargetMetadata]:
        loops = [running.loop for running in self._running.values()]
        return [TargetMetadata(dict(loop.target.labels), loop.comments()) for loop in loops]

    def shapes(self) -> ShapesStatistics:
        """What the targets share of what is known of their series."""
        return self._shapes.statistics([each.loop.series_count for each in self._running.values()])

    def kinds(self) -> Iterator[tuple[str, str]]:
        """For each target the kind of discovery that found it, and its health."""
        for key, running in self._running.items():
            yield self._kinds.get(key, "other"), running.loop.health

    def find(self, url: str, labels: Mapping[str, str]) -> Target | None:
        for running in self._running.values():
            target = running.loop.target
            if target.url == url and dict(target.labels) == labels:
                return target
        return None

    def dropped(self) -> Sequence[DroppedTarget]:
        return self._set.dropped

    def discovery_errors(self) -> list[str]:
        """What keeps discoveries from a current set of targets."""
        errors = [source.discovery.last_error for source in self._sources]
        return [error for error in errors if error]

    @property
    def dropped_total(self) -> int:
        return self._set.dropped_total

    async def _follow(self, nursery: trio.Nursery) -> None:
        """Bring what runs in line with settings and discovery."""
        if self._stop:
            return
        setup = self._wanted
        self._follow_discoveries(setup, nursery)
        await self._wait_first_sets()
        # What was published by now is built below, and not once more for having been published.
        if setup is self._wanted and not self._stop:
            self._changed = trio.Event()
        self._set = await self._build(setup)
        self.setup = setup
        await self._follow_targets(nursery)

    def _follow_discoveries(self, setup: JobSetup, nursery: trio.Nursery) -> None:
        before = self._sources
        self._sources = []
        for settings in setup.job.discoveries:
            same = next((source for source in before if source.settings == settings), None)
            if same is None:
                discovery = self._around.open_discovery(settings)
                patience_ends_s = trio.current_time() + FIRST_SET_WAIT_S
                same = _Source(settings, discovery, patience_ends_s)
                nursery.start_soon(self._discover, same)
            else:
                before.remove(same)
            self._sources.append(same)
        for source in before:
            source.scope.cancel()

    async def _discover(self, source: _Source) -> None:
        def publish(groups: Sequence[TargetGroup]) -> None:
            source.groups = groups
            source.has_published.set()
            self._changed.set()

        with source.scope:
            await source.discovery.run(publish)

    async def _wait_first_sets(self) -> None:
        for source in self._sources:
            with trio.move_on_at(source.patience_ends_s):
                await source.has_published.wait()

    async def _build(self, setup: JobSetup) -> TargetSet:
        builder = TargetSetBuilder(setup.job, setup.target_pipeline)
        count = 0
        kinds: dict[Key, str] = {}
        for source in self._sources:
            for address, labels in addresses(source.groups):
                builder.add(address, labels)
                count += 1
                if count % _BUILT_PER_STEP == 0:
                    await trio.lowlevel.checkpoint()
            kind = KINDS.get(type(source.settings), "other")
            kinds = dict.fromkeys(builder.result().targets, kind) | kinds
        self._kinds = kinds
        return builder.result()

    async def _follow_targets(self, nursery: trio.Nursery) -> None:
        targets = self._set.targets
        # Before any starts: it decides where on the grid they stand.
        self._around.crowd.note(self, sum(1 / target.interval_s for target in targets.values()))
        gone = {key: each for key, each in self._running.items() if key not in targets}
        changed = {
            key: running
            for key, running in self._running.items()
            if key in targets and not self._is_same(running.loop, targets[key])
        }
        await self._end(gone)
        await _halt(list(changed.values()))
        for key, running in changed.items():
            await running.loop.reconfigure(self.setup, targets[key])
            self._start(key, running.loop, nursery)
        for key in targets.keys() - self._running.keys():
            loop = TargetLoop(self.setup, targets[key], self.counts, self._around, self._shapes)
            self._start(key, loop, nursery)
        self._limit(len(targets))

    def _is_same(self, loop: TargetLoop, target: Target) -> bool:
        if loop.setup is self.setup and loop.target == target:
            loop.target = target  # it may have been discovered with other labels
            return True
        return False

    def _limit(self, count: int) -> None:
        limit = self.setup.job.target_limit
        error = f"target_limit {limit} exceeded: {count} targets" if 0 < limit < count else ""
        for running in self._running.values():
            running.loop.forced_error = error

    def _start(self, key: Key, loop: TargetLoop, nursery: trio.Nursery) -> None:
        running = self._running[key] = _Running(loop)
        nursery.start_soon(running.run)

    async def _end(self, ended: Mapping[Key, _Running]) -> None:
        """Stop these for good and mark their series."""
        await _halt(list(ended.values()))
        for key, running in list(ended.items()):
            del self._running[key]
            running.loop.end()
            await running.loop.aclose()


async def _halt(running: Sequence[_Running]) -> None:
    for each in running:
        each.scope.cancel()
    for each in running:
        await each.wait_done()
