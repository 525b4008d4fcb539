"""What the agent shows of itself: snapshots for pages, API and metrics.

Takes the boxes of the pipeline; gives functions that look into them. Nothing pushes.
"""

import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import trio

from agent.disk_space import DiskSpace
from agent.flow import flow_of, reading_of
from agent.history import STEP_S, History, Reading
from agent.metrics.family import LabelledRemote, Snapshot
from agent.reloads import ReloadStatistics
from agent.remote_set import RemoteSet
from agent.settings import Settings
from agent.start import Start
from agent.taps import Taps
from agent.version import VERSION
from pushqueue.statistics import RemoteStatistics
from receivers.counts import PushStatistics
from scraper.loop import drive
from scraper.manager import Manager
from scraper.shapes import ShapesStatistics
from scraper.status import TargetStatus
from series.kernel import kernel
from series.watch import Watch
from transport.errors import TransportError
from web.admission import Admission
from web.counts import PathCounts
from web.server import Server
from web.views import Cardinality, Fetched, ReloadResult, Runtime, Trial, Views

if TYPE_CHECKING:
    from agent.metrics.render import Renderer
    from relabel.pipeline import Pipeline


@attrs.define
class State:
    """What changes while the agent runs."""

    settings: Settings
    started_s: float
    reloads: ReloadStatistics
    was_unclean: bool = False
    is_ready: bool = False
    is_stopping: bool = False


class Observer:
    """One for each agent; holds nothing but the boxes it looks into."""

    def __init__(
        self,
        start: Start,
        state: State,
        *,
        scraper: Manager,
        remotes: RemoteSet,
        server: Server,
        counts: PathCounts,
        admission: Admission,
        pushes: Callable[[], PushStatistics],
        disk: DiskSpace,
        watch: Watch,
    ) -> None:
        self._start = start
        self._state = state
        self._scraper = scraper
        self._remotes = remotes
        self._server = server
        self._counts = counts
        self._admission = admission
        self._pushes = pushes
        self._disk = disk
        self._renderer: Renderer | None = None
        self._flags = tuple(start.flags.listing())
        self._history = History()
        self._taps = Taps(watch)

    def views(self, reload: Callable[[], Awaitable[ReloadResult]]) -> Views:
        scraper = self._scraper
        return Views(
            targets=scraper.active_targets,
            dropped=scraper.dropped_targets,
            metrics=self.metrics,
            is_ready=lambda: self._state.is_ready,
            reload=reload,
            remotes=self._remotes.statistics,
            is_stopping=lambda: self._state.is_stopping,
            pools=scraper.pool_names,
            flags=lambda: self._flags,
            config=self._config,
            runtime=self.runtime,
            log_lines=self._start.log_tail,
            metadata=scraper.metadata,
            rules_of=scraper.rules_of,
            metric_rules_of=scraper.metric_rules_of,
            parse_rules=_parse_rules,
            try_rules=self._try_rules,
            fetch=self._fetch,
            cardinality=self._cardinality,
            tap=self._taps.open,
            history=self._history.tracks,
            flow=lambda: flow_of(self._scraper.statistics()),
            why_not=self._why_not,
            tasks=lambda: list(_tasks()),
            discovery_errors=self.discovery_errors,
            sharing=self.sharing,
        )

    async def keep_history(self) -> None:
        """Until cancelled: a reading every few seconds, at the cost of some additions."""
        while True:
            self._history.add(self._reading())
            await trio.sleep(STEP_S)

    def _reading(self) -> Reading:
        return reading_of(
            trio.current_time(), self._scraper.statistics(), self._remotes.statistics()
        )

    def metrics(self) -> bytes:
        """The agent's own metrics as text."""
        if self._renderer is None:
            from agent.metrics.render import Renderer  # late, like the pages

            names = self._start.flags["metrics.prometheusNames"]
            self._renderer = Renderer(with_prometheus_names=names)
        return self._renderer.render(self.snapshot())

    def snapshot(self) -> Snapshot:
        return Snapshot(
            version=VERSION,
            kernel=kernel().name,
            started_s=self._state.started_s,
            now_s=time.time(),
            was_unclean=self._state.was_unclean,
            flags=self._flags,
            remotes=tuple(
                LabelledRemote(url_label=self._url_label(at, remote), statistics=remote)
                for at, remote in enumerate(self._remotes.statistics(), start=1)
            ),
            scraper=self._scraper.statistics(),
            reloads=self._state.reloads,
            front=self._remotes.fan_out.statistics(),
            logs=self._start.log_statistics(),
            server=self._server.statistics(),
            paths=self._counts.statistics(),
            admission=self._admission.statistics(),
            free_disk_bytes=self._disk.free_bytes,
            pushes=self._pushes(),
        )

    def runtime(self) -> Runtime:
        return Runtime(
            version=VERSION,
            kernel=kernel().name,
            started_s=self._state.started_s,
            working_directory=os.getcwd(),
            hostname=socket.gethostname(),
            reload_ok=self._state.reloads.is_last_good,
            last_reload_s=self._state.reloads.last_success_s,
            tasks=trio.lowlevel.current_statistics().tasks_living,
            threads=threading.active_count(),
        )

    def discovery_errors(self) -> dict[str, str]:
        pools = self._scraper.statistics().pools
        return {
            pool.job: "; ".join(pool.discovery_errors) for pool in pools if pool.discovery_errors
        }

    def sharing(self) -> dict[str, ShapesStatistics]:
        """What the targets of each job share."""
        return {pool.job: pool.shapes for pool in self._scraper.statistics().pools}

    async def _config(self) -> str:
        settings = self._state.settings
        # YAML of thousands of targets takes seconds.
        return await trio.to_thread.run_sync(lambda: _rendered(settings))

    async def _fetch(self, status: TargetStatus) -> Fetched:
        try:
            response = await self._scraper.fetch(status)
        except TransportError as exc:
            return Fetched(error=str(exc))
        except LookupError:
            return Fetched(error="the target is gone")
        media_type = response.header("content-type") or ""
        return Fetched(response.status, media_type, response.body)

    async def _cardinality(self, job: str) -> Cardinality:
        from agent.cardinality import count  # late: hardly anybody asks

        return await drive(count(self._scraper.alive(), job))

    async def _try_rules(self, status: TargetStatus, pipeline: "Pipeline") -> Trial:
        from agent.rule_trial import try_rules  # late: hardly anybody tries

        return await try_rules(self._scraper, status, pipeline)

    async def _why_not(self, text: str) -> Mapping[str, Any]:
        from agent.whynot.inquiry import Inquiry  # late: hardly anybody asks

        inquiry = Inquiry(self._scraper, lambda: self._remotes.remotes, _wall_ms)
        return (await inquiry.ask(text)).document()

    def _url_label(self, position: int, remote: RemoteStatistics) -> str:
        """As vmagent hides URLs, but for a remote that has a name of its own."""
        if self._start.flags["remoteWrite.showURL"]:
            return remote.url
        named = {one.key for one in self._state.settings.remotes if one.name}
        return remote.name if remote.key in named else f"{position}:secret-url"


async def _parse_rules(text: str) -> "Pipeline":
    from agent.rule_trial import read_rules  # late: hardly anybody tries

    return await read_rules(text)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _rendered(settings: Settings) -> str:
    from agent.config.render import render  # late: only who looks pays

    return render(settings.global_, settings.jobs, settings.remotes, settings.otlp)


def _tasks() -> Iterator[str]:
    """The tree of tasks, with the line at which each waits; then the threads."""
    root = trio.lowlevel.current_root_task()
    waiting = [(root, 0)] if root is not None else []
    while waiting:
        task, depth = waiting.pop()
        places = [f"{frame.f_code.co_qualname}:{line}" for frame, line in task.iter_await_frames()]
        yield f"{'  ' * depth}{task.name}: {' < '.join(reversed(places[-4:]))}"
        for nursery in task.child_nurseries:
            waiting += [(child, depth + 1) for child in nursery.child_tasks]
    for number, frame in sys._current_frames().items():
        yield f"thread {number}: {traceback.extract_stack(frame)[-1]}"
