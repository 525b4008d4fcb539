"""Who looks at batches as they pass by.

Takes batches at named stages; gives them to those who look, who must neither wait nor change them.
Invariant: while nobody looks at a stage, a batch costs one test there (`if watch.at[STAGE]`).
"""

from collections.abc import Callable, Sequence

from series.batch import Batch

# Where (a target's URL, a remote's name or ""), batches.
Looker = Callable[[str, Sequence[Batch]], None]

# As exposed; behind metric relabelling, on the way to the remotes; behind a remote's own rules.
SCRAPED, RELABELLED, REMOTE = "scraped", "relabelled", "remote"
STAGES = (SCRAPED, RELABELLED, REMOTE)


class Watch:
    """Shared by all boxes of a pipeline."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at: dict[str, tuple[Looker, ...]] = dict.fromkeys(STAGES, ())

    def add(self, stage: str, looker: Looker) -> None:
        self.at[stage] = (*self.at[stage], looker)

    def remove(self, stage: str, looker: Looker) -> None:
        self.at[stage] = tuple([one for one in self.at[stage] if one != looker])

    def see(self, stage: str, where: str, batches: Sequence[Batch]) -> None:
        for looker in self.at[stage]:
            looker(where, batches)
