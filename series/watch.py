"""Who looks at batches as they pass by.

Takes batches at named stages; gives them to those who look, who must neither wait nor change them.
Invariant: while nobody looks, a batch costs the test of one attribute (`if watch.lookers`).
"""

from collections.abc import Callable, Sequence

from series.batch import Batch

# Stage, where (a remote's name, a target's URL or ""), batches.
Looker = Callable[[str, str, Sequence[Batch]], None]

# Behind metric relabelling, on the way to the remotes; behind a remote's own rules.
RELABELLED, REMOTE = "relabelled", "remote"


class Watch:
    """Shared by all boxes of a pipeline."""

    __slots__ = ("lookers",)

    def __init__(self) -> None:
        self.lookers: tuple[Looker, ...] = ()

    def add(self, looker: Looker) -> None:
        self.lookers = (*self.lookers, looker)

    def remove(self, looker: Looker) -> None:
        self.lookers = tuple([one for one in self.lookers if one != looker])

    def see(self, stage: str, where: str, batches: Sequence[Batch]) -> None:
        for looker in self.lookers:
            looker(stage, where, batches)
