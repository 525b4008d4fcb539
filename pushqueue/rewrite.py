"""A remote's own rules and labels, applied to batches once for each layout.

Takes a batch, gives the batch that this remote gets, or None if nothing of it is left.
Invariant: rules run once for each series of a layout (and set of values that they read), never per
sample and not per target; without rules and labels the batch itself goes through. The batch is
never changed. Of pushed batches rules run once for each series, whatever layouts it comes in: a
sender may send others each time.
Order as vmagent: rules first, then the remote's extra labels, which overwrite; then the values
of labels to obfuscate become their hashes.
"""

from collections import OrderedDict
from collections.abc import Collection, Generator, Mapping
from weakref import WeakKeyDictionary

import attrs

from pushqueue.derived import Derivation, Derived, Steps, derived_of, name_of
from pushqueue.selection import select
from series.batch import Batch
from series.layout import Layout
from series.template import Template

# Targets that share a layout and differ in what the rules read have an entry each; more than this
# are given up together and found again, so that targets that come and go leave nothing behind.
_MAX_READ_PER_LAYOUT = 4096
# Pushed series whose outcome is remembered singly: 100 bytes each beside their templates.
MAX_SERIES, MAX_SERIES_BYTES = 200_000, 64 * 2**20
# Each takes some 20 us.
_STEP_SERIES = 100
_DROPPED = Template((b"",))


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
        self._finals: OrderedDict[Template, Template] = OrderedDict()  # of pushed series
        self._finals_bytes = 0
        self.dropped_samples = 0

    def prepared(self, layout: Layout) -> Generator[None, None, Layout]:
        """What becomes of the layout of a pushed batch, found out in steps of a few milliseconds.

        After it `rewrite` of such a batch runs no rule.
        """
        # Fast path: nothing is configured, or it is not constant, as no pushed one is.
        if self.is_identity or layout.has_holes:
            return layout
        known = self._memo.get(layout)
        if known is None or () not in known.by_chunks:
            found = list(map(self._finals.get, layout.templates))
            derivation = Derivation(self._steps, self._extra, (), (), self._obfuscated)
            count = 0
            for at, final in enumerate(found):
                if final is None:
                    count += 1
                    found[at] = self._final_of(derivation, layout.templates[at])
                    if count % _STEP_SERIES == 0:
                        yield
            known = self._memo[layout] = _Known(())
            known.by_chunks[()] = derived_of([None if one is _DROPPED else one for one in found])
        return known.by_chunks[()].layout

    def _final_of(self, derivation: Derivation, template: Template) -> Template:
        # A layout may have a series twice, and another push may have brought it between two steps.
        final = self._finals.get(template)
        if final is not None:
            return final
        final = derivation.derived(template) or _DROPPED
        self._finals[template] = final
        self._finals_bytes += len(final)
        while len(self._finals) > MAX_SERIES or self._finals_bytes > MAX_SERIES_BYTES:
            self._finals_bytes -= len(self._finals.popitem(last=False)[1])
        return final

    @property
    def remembered_series(self) -> int:
        return len(self._finals)

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
        if known is None and batch.is_pushed and not batch.layout.has_holes:
            for _ in self.prepared(batch.layout):
                pass
            known = self._memo[batch.layout]
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
