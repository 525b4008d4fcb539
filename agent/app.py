"""The running agent: every box of the pipeline, wired in one place.

    discovery -> targets -> batches -> fan-out -> remotes        (data flows to the right)
    pages and metrics <- statistics() of every box               (nothing pushes into them)

Stopping goes the way of the data: scraping and the server end first, then every remote sends or
stores what it holds. Exit code 0 after SIGINT and SIGTERM.
"""

import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from agent.config_watch import watch_config
from agent.disk_space import DiskSpace
from agent.doorkeeper import Doorkeeper
from agent.garbage import look_rarely, settle, settle_more
from agent.observer import Observer, State
from agent.other_queues import other_queues
from agent.push_settings import push_settings
from agent.pushes import Pushes
from agent.reloads import ReloadStatistics
from agent.remote_set import RemoteSet
from agent.settings import Settings
from agent.start import SettingsError, Start
from agent.summary import summarise
from agent.systemd import Notifier
from agent.unclean import RunningMark
from agent.version import VERSION
from agent.web_config import WebConfigError
from agent.web_settings import admission_of, web_settings
from pushqueue.errors import QueueError
from pushqueue.remote import Remote
from pushqueue.settings import RemoteSettings
from scraper.manager import Manager
from scraper.metadata import families_of
from series.metadata import Metadata
from series.watch import Watch
from transport.tls import TlsContexts
from web.counts import PathCounts
from web.listeners import ListenError
from web.server import Server
from web.tls_settings import TlsError
from web.views import ReloadResult

if TYPE_CHECKING:
    from web.asgi import AsgiApp

log = logging.getLogger("promferry.agent")

START_ERROR = 1


def wall_ms() -> int:
    """The wall clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class App:
    """One agent. `run` returns when a signal or a cancellation asks for it."""

    def __init__(self, start: Start) -> None:
        self._start = start
        now_s = time.time()
        self._state = State(start.settings, now_s, ReloadStatistics(last_success_s=now_s))
        self._contexts = TlsContexts()
        self._watch = Watch()
        self._remotes = RemoteSet(self._make_remote, self._watch, start.settings.front)
        self._scraper = Manager(
            self._remotes.fan_out,
            contexts=self._contexts,
            version=VERSION,
            wall_ms=wall_ms,
            watch=self._watch,
        )
        self._web = web_settings(start.flags)
        admission = admission_of(start.flags)
        self._pushes = Pushes(
            start.flags, self._remotes.fan_out, admission, lambda: self._state.settings
        )
        self._doorkeeper = Doorkeeper(self._web)
        self._counts = PathCounts()
        self._disk = DiskSpace(start.settings.data_path)
        self._server = Server(
            self._build_pages,
            addresses=self._web.addresses,
            tls=self._doorkeeper.contexts,
            limits=self._web.limits,
        )
        self._observer = Observer(
            start,
            self._state,
            scraper=self._scraper,
            remotes=self._remotes,
            server=self._server,
            counts=self._counts,
            disk=self._disk,
            watch=self._watch,
            admission=admission,
            pushes=self._pushes.statistics,
        )
        self._data_path = Path(start.settings.data_path)
        self._mark = RunningMark(self._data_path)
        self._systemd = Notifier.of(os.environ)
        self._reload_lock = trio.Lock()
        self._warnings = set(start.warnings)  # told already

    async def run(self) -> None:
        """Raises QueueError or ListenError if the agent cannot start."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._remotes.run, self._state.settings.remotes)
            self._state.was_unclean = await trio.to_thread.run_sync(self._mark.set)
            for told in await trio.to_thread.run_sync(other_queues, self._data_path):
                log.warning("%s", told)
            await self._collect()
            # The remotes are cancelled last: what scraping and pushing gave them is safe or sent.
            nursery.cancel_scope.cancel()
        self._mark.clear()  # nothing is left to be lost

    async def reload(self) -> ReloadResult:
        """Read the configuration again; a bad one changes nothing."""
        async with self._reload_lock:
            try:
                loaded = await trio.to_thread.run_sync(self._start.reload)
                await self._apply(loaded.settings)
            except (SettingsError, QueueError) as exc:
                return self._refuse(exc)
            self._state.reloads = self._state.reloads.succeeded(time.time())
            log.info("configuration reloaded")
            for warning in sorted(set(loaded.warnings) - self._warnings):
                log.warning("%s", warning)
            self._warnings = set(loaded.warnings)
            return ReloadResult(ok=True)

    def _refuse(self, exc: SettingsError | QueueError) -> ReloadResult:
        errors = exc.errors if isinstance(exc, SettingsError) else (str(exc),)
        self._state.reloads = self._state.reloads.failed()
        for error in errors:
            log.error("reload failed, the old configuration stays: %s", error)
        return ReloadResult(ok=False, errors=errors)

    async def _apply(self, wanted: Settings) -> None:
        await self._remotes.apply(wanted.remotes)
        self._scraper.apply(wanted.jobs, wanted.global_.external_labels)
        self._state.settings = wanted

    async def _collect(self) -> None:
        """Serve and scrape until a signal comes."""
        async with trio.open_nursery() as nursery:
            settings = self._state.settings
            await nursery.start(self._doorkeeper.run)
            await nursery.start(self._serve)
            await nursery.start(self._pushes.run)
            nursery.start_soon(self._systemd.run)
            settle()
            nursery.start_soon(self._disk.run)
            await nursery.start(self._push_metrics)
            await nursery.start(self._scraper.run, settings.jobs, settings.global_.external_labels)
            self._state.is_ready = True
            self._systemd.ready()
            nursery.start_soon(summarise, self._observer)
            nursery.start_soon(self._observer.keep_history)
            nursery.start_soon(self._watch_config)
            await self._wait_for_signals()
            nursery.cancel_scope.cancel()

    async def _watch_config(self) -> None:
        await watch_config(
            self._start.flags["promscrape.configCheckInterval"],
            load=lambda: self._start.reload().settings,
            running=lambda: self._state.settings,
            reload=self.reload,
        )

    async def _wait_for_signals(self) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            async for number in signals:
                if number == signal.SIGHUP:
                    await self.reload()
                    continue
                log.info("%s: stopping", signal.Signals(number).name)
                self._state.is_stopping = True
                self._systemd.stopping()
                with trio.move_on_after(self._web.shutdown_delay_s):
                    await anext(aiter(signals))  # whoever asks again does not want to wait
                return

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
            data_path=Path(self._state.settings.data_path),
            contexts=self._contexts,
            run_sync=trio.to_thread.run_sync,
            wall_ms=wall_ms,
            version=VERSION,
            watch=self._watch,
            families=self._families,
        )

    async def _families(self) -> Sequence[Metadata]:
        """What targets and pushers say of their metrics, for remotes that get it apart."""
        scraped = await trio.to_thread.run_sync(families_of, self._scraper.metadata())
        return (*scraped, *self._pushes.families.all())

    def _build_pages(self) -> "AsgiApp":
        # Late, by the first visitor: pages and hypercorn take 6 MiB.
        from web.app import create_app

        app = create_app(
            self._observer.views(self.reload),
            access=self._doorkeeper.access(),
            settings=self._doorkeeper.front(),
            counts=self._counts,
            intake=self._pushes.intake(),
        )
        settle_more()
        return app

    async def _push_metrics(
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        settings = push_settings(self._start.flags)
        task_status.started()
        if settings.urls:
            from agent.push_metrics import push_for_ever  # late: it renders and sends

            await push_for_ever(settings, self._observer.metrics, self._contexts)


def serve(start: Start) -> int:
    """Run the agent until a signal; gives the exit code."""
    code = 0
    look_rarely()
    try:
        trio.run(App(start).run)
    except* (QueueError, ListenError, TlsError, WebConfigError) as group:
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
