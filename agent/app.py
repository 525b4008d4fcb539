"""The running agent: every box of the pipeline, wired in one place.

    discovery -> targets -> batches -> fan-out -> remotes        (data flows to the right)
    pages and metrics <- statistics() of every box               (nothing pushes into them)

Stopping goes the way of the data: scraping and the server end first, then every remote sends or
stores what it holds. Exit code 0 after SIGINT and SIGTERM.
"""

import gc
import logging
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from agent.metrics.family import LabelledRemote, Snapshot
from agent.reloads import ReloadStatistics
from agent.remote_set import RemoteSet
from agent.settings import Settings
from agent.start import SettingsError, Start
from agent.version import VERSION
from pushqueue.errors import QueueError
from pushqueue.remote import Remote
from pushqueue.settings import RemoteSettings
from pushqueue.statistics import RemoteStatistics
from scraper.manager import Manager
from transport.tls import TlsContexts
from web.listeners import ListenError
from web.server import Server
from web.views import ReloadResult, Views

if TYPE_CHECKING:
    from agent.metrics.render import Renderer
    from web.asgi import AsgiApp

log = logging.getLogger("promferry.agent")

START_ERROR = 1


# A full collection stops everything for 50-120 ms where 150 000 series are held (bench_step), and
# by default comes with every quarter that the heap grows by. Hardly anything here is cyclic: the
# young generations catch it, and the old one is looked at a hundred times more rarely.
GC_THRESHOLDS = (700, 10, 1000)


def wall_ms() -> int:
    """The wall clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class App:
    """One agent. `run` returns when a signal or a cancellation asks for it."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._settings = start.settings
        self._contexts = TlsContexts()
        self._remotes = RemoteSet(self._make_remote)
        self._scraper = Manager(
            self._remotes.fan_out, contexts=self._contexts, version=VERSION, wall_ms=wall_ms
        )
        self._server = Server(self._build_pages, addresses=start.settings.listen_addresses)
        self._renderer: Renderer | None = None
        self._reload_lock = trio.Lock()
        self._is_ready = False
        self._started_s = time.time()
        self._reloads = ReloadStatistics(last_success_s=self._started_s)

    async def run(self) -> None:
        """Raises QueueError or ListenError if the agent cannot start."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._remotes.run, self._settings.remotes)
            await self._collect()
            # The remotes are cancelled last: what scraping and pushing gave them is safe or sent.
            nursery.cancel_scope.cancel()

    async def reload(self) -> ReloadResult:
        """Read the configuration again; a bad one changes nothing."""
        async with self._reload_lock:
            try:
                wanted = await trio.to_thread.run_sync(self._start.reload)
                await self._apply(wanted)
            except (SettingsError, QueueError) as exc:
                return self._refuse(exc)
            self._reloads = self._reloads.succeeded(time.time())
            log.info("configuration reloaded")
            return ReloadResult(ok=True)

    def _refuse(self, exc: SettingsError | QueueError) -> ReloadResult:
        errors = exc.errors if isinstance(exc, SettingsError) else (str(exc),)
        self._reloads = self._reloads.failed()
        for error in errors:
            log.error("reload failed, the old configuration stays: %s", error)
        return ReloadResult(ok=False, errors=errors)

    async def _apply(self, wanted: Settings) -> None:
        await self._remotes.apply(wanted.remotes)
        self._scraper.apply(wanted.jobs, wanted.global_.external_labels)
        self._settings = wanted

    async def _collect(self) -> None:
        """Serve and scrape until a signal comes."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._serve)
            await nursery.start(
                self._scraper.run,
                self._settings.jobs,
                self._settings.global_.external_labels,
            )
            self._is_ready = True
            await self._wait_for_signals()
            nursery.cancel_scope.cancel()

    async def _wait_for_signals(self) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            async for number in signals:
                if number != signal.SIGHUP:
                    log.info("%s: stopping", signal.Signals(number).name)
                    return
                await self.reload()

    async def _serve(
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(self._server.run)
            log.info("listening on %s", ", ".join(bound))
            task_status.started()

    def _make_remote(self, settings: RemoteSettings) -> Remote:
        return Remote(
            settings,
            data_path=Path(self._settings.data_path),
            contexts=self._contexts,
            run_sync=trio.to_thread.run_sync,
            wall_ms=wall_ms,
            version=VERSION,
        )

    def _build_pages(self) -> "AsgiApp":
        # Late, by the first visitor: Starlette and hypercorn take 9 MiB.
        from web.app import create_app

        return create_app(
            Views(
                targets=self._scraper.active_targets,
                dropped=self._scraper.dropped_targets,
                metrics=self._metrics,
                is_ready=lambda: self._is_ready,
                reload=self.reload,
                remotes=self._remotes.statistics,
            )
        )

    def _metrics(self) -> bytes:
        if self._renderer is None:
            from agent.metrics.render import Renderer  # late, like the pages

            self._renderer = Renderer()
        return self._renderer.render(self._snapshot())

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            version=VERSION,
            started_s=self._started_s,
            now_s=time.time(),
            flags=tuple(self._start.flags.listing()),
            remotes=tuple(
                LabelledRemote(url_label=self._url_label(at, remote), statistics=remote)
                for at, remote in enumerate(self._remotes.statistics(), start=1)
            ),
            scraper=self._scraper.statistics(),
            reloads=self._reloads,
            logs=self._start.log_statistics(),
            server=self._server.statistics(),
        )

    def _url_label(self, position: int, remote: RemoteStatistics) -> str:
        """As vmagent hides URLs, but for a remote that has a name of its own."""
        if self._start.flags["remoteWrite.showURL"]:
            return remote.url
        return remote.name if remote.name != remote.key else f"{position}:secret-url"


def serve(start: Start) -> int:
    """Run the agent until a signal; gives the exit code."""
    code = 0
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        trio.run(App(start).run)
    except* (QueueError, ListenError) as group:
        for error in _leaves(group):
            log.error("%s", error)
        code = START_ERROR
    return code


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for exc in group.exceptions:
        if isinstance(exc, BaseExceptionGroup):
            yield from _leaves(exc)
        else:
            yield exc
