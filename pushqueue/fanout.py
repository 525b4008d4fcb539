"""Every batch to every remote.

Takes batches; gives them to each remote in turn. Invariant: what one remote does with a batch
never touches another. The batches are shared, never copied.
"""

from collections.abc import Sequence

from pushqueue.remote import Remote
from series.batch import Batch


class FanOut:
    """A `Sink` over remotes; without any it takes and forgets."""

    def __init__(self, remotes: Sequence[Remote]) -> None:
        self.remotes = tuple(remotes)

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        for remote in self.remotes:
            remote.put_nowait(batches)

    def replace(self, remotes: Sequence[Remote]) -> None:
        """From now on the batches go to these."""
        self.remotes = tuple(remotes)
