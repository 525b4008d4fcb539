"""The remotes that run now: starts, stops and replaces them, one at a time.

Takes the wanted settings and a way to make a remote; the fan-out always holds what runs.
Invariant: two remotes never hold the same queue directory; a changed one ends before its successor
opens the directory. Never touches a remote whose settings did not change.
"""

from collections.abc import Callable, Sequence

import attrs
import trio

from agent.reload_plan import plan_remotes
from pushqueue.fanout import NO_LIMITS, FanOut
from pushqueue.remote import Remote
from pushqueue.settings import FrontSettings, RemoteSettings
from pushqueue.statistics import RemoteStatistics
from series.watch import Watch


@attrs.define(eq=False)
class _Running:
    settings: RemoteSettings
    remote: Remote
    cancel_scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    ended: trio.Event = attrs.field(factory=trio.Event)


class RemoteSet:
    """Owns the tasks of all remotes; `fan_out` is where batches go."""

    def __init__(
        self,
        make: Callable[[RemoteSettings], Remote],
        watch: Watch,
        front: FrontSettings = NO_LIMITS,
    ) -> None:
        self._make = make
        self._running: dict[str, _Running] = {}
        self._nursery: trio.Nursery | None = None
        self._ready = trio.Event()
        self.fan_out = FanOut((), watch, front)

    async def run(
        self,
        wanted: Sequence[RemoteSettings],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Run the wanted remotes until cancelled; then each puts its data on disk and ends.

        Raises QueueError if a queue cannot be opened.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            await self.apply(wanted)
            task_status.started()
            await trio.sleep_forever()

    async def apply(self, wanted: Sequence[RemoteSettings]) -> None:
        """Stop, start and keep remotes, so that `wanted` are the ones that run.

        Raises QueueError if a new queue cannot live where it is told to; then nothing has changed.
        """
        plan = plan_remotes([running.settings for running in self._running.values()], wanted)
        made = [_Running(settings, self._make(settings)) for settings in plan.started]
        for running in made:
            # The directory of a remote that only changes is open, and so known to be good.
            if running.settings.key not in plan.stopped:
                await trio.to_thread.run_sync(running.remote.check_path)
        for key in plan.stopped:
            await self._stop(key)
        for running in made:
            await self._start(running)
        # Metrics number the remotes in the order of the configuration, however they came.
        self._running = {one.key: self._running[one.key] for one in wanted}
        self._hand_on()

    @property
    def remotes(self) -> tuple[Remote, ...]:
        """Those that run now, in the order of the configuration."""
        return tuple(running.remote for running in self._running.values())

    def statistics(self) -> tuple[RemoteStatistics, ...]:
        return tuple(running.remote.statistics() for running in self._running.values())

    def _hand_on(self) -> None:
        self.fan_out.replace([running.remote for running in self._running.values()])

    async def _start(self, running: _Running) -> None:
        assert self._nursery is not None, "apply() needs a running set"
        await self._nursery.start(self._run_one, running)
        self._running[running.settings.key] = running

    async def _stop(self, key: str) -> None:
        running = self._running.pop(key)
        self._hand_on()
        running.cancel_scope.cancel()
        await running.ended.wait()

    async def _run_one(
        self, running: _Running, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        try:
            with running.cancel_scope:
                await running.remote.run(task_status=task_status)
        finally:
            running.ended.set()
