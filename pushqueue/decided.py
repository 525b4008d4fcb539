"""What is decided once for a layout and the labels that fill it, and remembered while it lives.

Takes a batch and a function that decides; gives its decision. Bounded: of one layout so many
fillings are remembered, more are given up together and decided again.
"""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from pushqueue.rewrite import hole_count
from series.batch import Batch
from series.layout import Layout

T = TypeVar("T")

MAX_FILLINGS_PER_LAYOUT = 4096


class _Known(Generic[T]):
    __slots__ = ("by_chunks", "holes")

    def __init__(self, holes: int) -> None:
        self.holes = holes
        self.by_chunks: dict[tuple[bytes, ...], T] = {}


class Decided(Generic[T]):
    def __init__(self, decide: Callable[[Layout, tuple[bytes, ...]], T]) -> None:
        self._decide = decide
        self._memo: WeakKeyDictionary[Layout, _Known[T]] = WeakKeyDictionary()

    def about(self, batch: Batch) -> T:
        known = self._memo.get(batch.layout)
        if known is None:
            known = self._memo[batch.layout] = _Known(hole_count(batch.layout))
        # Later batches of this layout may have more chunks, for holes that it has not.
        used = batch.chunks[: known.holes]
        decision = known.by_chunks.get(used)
        if decision is None:
            if len(known.by_chunks) >= MAX_FILLINGS_PER_LAYOUT:
                known.by_chunks.clear()
            decision = known.by_chunks[used] = self._decide(batch.layout, used)
        return decision

    def forget(self) -> None:
        """Everything is to be decided anew."""
        self._memo.clear()
