"""`-promscrape.configCheckInterval`: looks at the configuration again and again.

Takes the way to read it, what runs, and the way to reload; asks for a reload when they differ.
Invariant: an unchanged configuration touches nothing; a mistake that stays is told once, not at
every look.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import trio

from agent.settings import Settings
from agent.start import SettingsError

T = TypeVar("T")


class RunSync(Protocol):
    """`trio.to_thread.run_sync`, but for tests on a mock clock."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...


async def watch_config(
    interval_s: float,
    *,
    load: Callable[[], Settings],
    running: Callable[[], Settings],
    reload: Callable[[], Awaitable[object]],
    run_sync: RunSync = trio.to_thread.run_sync,
) -> None:
    """Look every `interval_s` until cancelled; an interval of 0 never looks."""
    told: tuple[str, ...] = ()
    while interval_s > 0:
        await trio.sleep(interval_s)
        try:
            is_changed = await run_sync(load) != running()
        except SettingsError as exc:
            is_changed = exc.errors != told
            told = exc.errors
        else:
            told = ()
        if is_changed:
            await reload()
