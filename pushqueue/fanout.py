"""Every batch to every remote.

Takes batches; gives them to each remote in turn. Invariant: what one remote does with a batch
never touches another. The batches are shared, never copied.
"""

from collections.abc import Sequence

import trio

from pushqueue.remote import Remote
from series.batch import Batch
from series.watch import RELABELLED, Watch


class FanOut:
    """A `Sink` over remotes; without any it takes and forgets."""

    def __init__(self, remotes: Sequence[Remote], watch: Watch | None = None) -> None:
        self.remotes = tuple(remotes)
        self._watch = watch or Watch()

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        if self._watch.lookers:
            self._watch.see(RELABELLED, "", batches)
        for remote in self.remotes:
            remote.put_nowait(batches)

    async def wait_durable(self) -> bool:
        """Whether every remote has all that was put before on its disk, or an answer for it."""
        outcomes: list[bool] = []

        async def wait(remote: Remote) -> None:
            outcomes.append(await remote.wait_durable())

        async with trio.open_nursery() as nursery:
            for remote in self.remotes:
                nursery.start_soon(wait, remote)
        return all(outcomes)

    @property
    def is_full(self) -> bool:
        """Some remote's memory is nearly full: a pusher is asked to come back later."""
        return any(remote.is_full for remote in self.remotes)

    def replace(self, remotes: Sequence[Remote]) -> None:
        """From now on the batches go to these."""
        self.remotes = tuple(remotes)
