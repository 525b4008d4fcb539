"""Decides what a reload does to the running remotes.

Takes the settings that run and the settings wanted; gives what to stop, start and keep.
Pure, so that every case is a row of a table. Jobs and targets are compared by `scraper.manager`,
which knows their tasks.
Invariant: a remote that is the same in both is in no list but `kept`; its queue is not touched.
"""

from collections.abc import Sequence

import attrs

from pushqueue.settings import RemoteSettings


@attrs.frozen(kw_only=True)
class RemotePlan:
    """`stopped` come first: a changed remote is in both lists and reopens the same queue."""

    stopped: tuple[str, ...] = ()
    started: tuple[RemoteSettings, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.stopped and not self.started


def plan_remotes(running: Sequence[RemoteSettings], wanted: Sequence[RemoteSettings]) -> RemotePlan:
    """What turns the running remotes into the wanted ones, by their keys."""
    before = {settings.key: settings for settings in running}
    after = {settings.key: settings for settings in wanted}
    kept = tuple(key for key, settings in after.items() if before.get(key) == settings)
    return RemotePlan(
        stopped=tuple(key for key in before if key not in kept),
        started=tuple(settings for key, settings in after.items() if key not in kept),
        kept=kept,
    )
