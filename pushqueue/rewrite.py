"""A remote's own rules and labels, applied to batches once for each layout.

Takes a batch, gives the batch that this remote gets, or None if nothing of it is left.
Invariant: rules run once for each series of a layout (and set of target labels), never per
sample; without rules and labels the batch itself goes through. The batch is never changed.
Order as vmagent: rules first, then the remote's extra labels, which overwrite.
"""

import struct
from array import array
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import attrs

from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template

_T = TypeVar("_T")

Apply = Callable[[Mapping[str, str]], dict[str, str] | None]

# Targets that share a layout with holes have an entry each; more than this are given up together
# and found again, so that targets which come and go leave nothing behind.
_MAX_CHUNKS_PER_LAYOUT = 4096


@attrs.frozen
class _Derived:
    """What a layout becomes: `kept` are the positions that are left, None if all are."""

    layout: Layout
    kept: tuple[int, ...] | None


class Rewriter:
    """`apply` is the compiled rule list, None without rules."""

    def __init__(self, apply: Apply | None, extra_labels: Mapping[str, str]) -> None:
        self._apply = apply
        self._extra = dict(extra_labels)
        self._is_identity = apply is None and not self._extra
        self._memo: WeakKeyDictionary[Layout, dict[tuple[bytes, ...], _Derived]] = (
            WeakKeyDictionary()
        )
        self.dropped_samples = 0

    def rewrite(self, batch: Batch) -> Batch | None:
        # Fast path: nothing is configured for this remote.
        if self._is_identity:
            return batch
        derived = self._derived(batch)
        if derived.kept is None:
            return attrs.evolve(batch, layout=derived.layout, chunks=())
        self.dropped_samples += len(batch) - len(derived.kept)
        return _select(batch, derived.layout, derived.kept) if derived.kept else None

    def _derived(self, batch: Batch) -> _Derived:
        by_chunks = self._memo.get(batch.layout)
        if by_chunks is None:
            by_chunks = self._memo[batch.layout] = {}
        key = batch.chunks if batch.layout.has_holes else ()
        derived = by_chunks.get(key)
        if derived is None:
            if len(by_chunks) >= _MAX_CHUNKS_PER_LAYOUT:
                by_chunks.clear()
            derived = by_chunks[key] = self._derive(batch)
        return derived

    def _derive(self, batch: Batch) -> _Derived:
        kept = []
        templates = []
        for index, template in enumerate(batch.layout.templates):
            labels: Mapping[str, str] | None = dict(template.labels(batch.chunks))
            if self._apply is not None and labels is not None:
                labels = self._apply(labels)
            if labels is None:
                continue
            final = canonical({**labels, **self._extra})
            if final:
                kept.append(index)
                templates.append(Template.constant(final))
        is_whole = len(kept) == len(batch.layout)
        return _Derived(Layout(tuple(templates)), None if is_whole else tuple(kept))


def _select(batch: Batch, layout: Layout, kept: tuple[int, ...]) -> Batch:
    """The samples at the positions `kept`, everything beside them moved along."""
    timestamps = batch.timestamps
    return attrs.evolve(
        batch,
        layout=layout,
        chunks=(),
        values=_pick_doubles(batch.values, kept),
        timestamps=timestamps if isinstance(timestamps, int) else _pick_longs(timestamps, kept),
        start_timestamps=(
            None if batch.start_timestamps is None else _pick_longs(batch.start_timestamps, kept)
        ),
        histograms=_pick_items(batch.histograms, kept),
        exemplars=_pick_items(batch.exemplars, kept),
    )


def _pick_doubles(values: "array[float]", kept: tuple[int, ...]) -> "array[float]":
    """By bytes, so that no copy can quiet a staleness marker's NaN."""
    raw = struct.unpack("8s" * len(values), values.tobytes())
    picked = array("d")
    picked.frombytes(b"".join([raw[index] for index in kept]))
    return picked


def _pick_longs(values: "array[int]", kept: tuple[int, ...]) -> "array[int]":
    picked: Any = itemgetter(*kept)(values)
    return array("q", picked if len(kept) > 1 else (picked,))


def _pick_items(items: Mapping[int, _T] | None, kept: tuple[int, ...]) -> Mapping[int, _T] | None:
    if not items:
        return None
    moved = {new: items[old] for new, old in enumerate(kept) if old in items}
    return moved or None
