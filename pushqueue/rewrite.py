"""A remote's own rules and labels, applied to batches once for each layout.

Takes a batch, gives the batch that this remote gets, or None if nothing of it is left.
Invariant: rules run once for each series of a layout (and set of values that they read), never per
sample and not per target; without rules and labels the batch itself goes through. The batch is
never changed.
Order as vmagent: rules first, then the remote's extra labels, which overwrite; then the values
of labels to obfuscate become their hashes.
"""

from collections.abc import Collection, Mapping
from weakref import WeakKeyDictionary

import attrs

from pushqueue.derived import Derivation, Derived, Steps, name_of
from pushqueue.selection import select
from series.batch import Batch
from series.layout import Layout

# Targets that share a layout and differ in what the rules read have an entry each; more than this
# are given up together and found again, so that targets that come and go leave nothing behind.
_MAX_READ_PER_LAYOUT = 4096


class _Known:
    """What became of one layout, by the chunks of the holes that are `read`."""

    __slots__ = ("by_chunks", "read")

    def __init__(self, read: tuple[int, ...]) -> None:
        self.read = read
        self.by_chunks: dict[tuple[bytes, ...], Derived] = {}


class Rewriter:
    """`steps` is the compiled rule list, None without rules."""

    def __init__(
        self,
        steps: Steps | None,
        extra_labels: Mapping[str, str],
        obfuscated: Collection[str] = (),
    ) -> None:
        self._steps = steps
        self._extra = dict(extra_labels)
        self._obfuscated = frozenset(obfuscated)
        self.is_identity = steps is None and not self._extra and not self._obfuscated
        self._memo: WeakKeyDictionary[Layout, _Known] = WeakKeyDictionary()
        self.dropped_samples = 0

    def rewrite(self, batch: Batch) -> Batch | None:
        # Fast path: nothing is configured for this remote.
        if self.is_identity:
            return batch
        derived = self._derived(batch)
        chunks = derived.chunks(batch.chunks)
        if derived.kept is None:
            return attrs.evolve(batch, layout=derived.layout, chunks=chunks)
        self.dropped_samples += len(batch) - len(derived.kept)
        return select(batch, derived.layout, chunks, derived.kept) if derived.kept else None

    def _derived(self, batch: Batch) -> Derived:
        known = self._memo.get(batch.layout)
        if known is None:
            known = self._memo[batch.layout] = _Known(self._read(batch))
        key = tuple([batch.chunks[hole] for hole in known.read])
        derived = known.by_chunks.get(key)
        if derived is None:
            if len(known.by_chunks) >= _MAX_READ_PER_LAYOUT:
                known.by_chunks.clear()
            # Later batches of this layout may have more chunks, for holes that it has not.
            used = batch.chunks[: hole_count(batch.layout)]
            derivation = Derivation(self._steps, self._extra, used, known.read, self._obfuscated)
            derived = known.by_chunks[key] = derivation.derive(batch.layout)
        return derived

    def _read(self, batch: Batch) -> tuple[int, ...]:
        """The holes whose values the rules look at."""
        if self._steps is None or not batch.layout.has_holes:
            return ()
        names = [name_of(chunk) for chunk in batch.chunks[: hole_count(batch.layout)]]
        read = self._steps.reads_among(names)
        return tuple([hole for hole, name in enumerate(names) if name in read])


def hole_count(layout: Layout) -> int:
    """One more than the highest hole."""
    if not layout.has_holes:
        return 0
    return 1 + max([max(each.holes, default=-1) for each in layout.templates])
