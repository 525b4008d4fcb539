"""Every batch to every remote.

Takes batches; gives them to each remote in turn. Invariant: what one remote does with a batch
never touches another. The batches are shared, never copied.
"""

from collections.abc import Sequence

import trio

from pushqueue.overload import Refusal
from pushqueue.remote import Remote
from series.batch import Batch
from series.watch import RELABELLED, Watch


class FanOut:
    """A `Sink` over remotes; without any it takes and forgets."""

    def __init__(self, remotes: Sequence[Remote], watch: Watch | None = None) -> None:
        self.remotes = tuple(remotes)
        self._watch = watch or Watch()

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        if self._watch.at[RELABELLED]:
            self._watch.see(RELABELLED, "", batches)
        for remote in self.remotes:
            remote.put_nowait(batches)

    async def put_durable(self, batches: Sequence[Batch]) -> bool:
        """Puts them; whether every remote has them on its disk, synced, or an answer for them.

        True is a promise that a power cut does not break. False: try again later; some of them
        may arrive all the same.
        """
        since = [(remote, remote.unstored_losses) for remote in self.remotes]
        self.put_nowait(batches)
        outcomes: list[bool] = []

        async def wait(remote: Remote, losses: int) -> None:
            outcomes.append(await remote.wait_durable(losses))

        async with trio.open_nursery() as nursery:
            for remote, losses in since:
                nursery.start_soon(wait, remote, losses)
        return all(outcomes)

    def refusal(self) -> Refusal | None:
        """Why a pusher is to come back later: some remote's memory is nearly full."""
        found = (remote.refusal(remotes=len(self.remotes)) for remote in self.remotes)
        return next((one for one in found if one is not None), None)

    def replace(self, remotes: Sequence[Remote]) -> None:
        """From now on the batches go to these."""
        self.remotes = tuple(remotes)
