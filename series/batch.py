"""What flows through the house: the samples of one target (or push) at one time.

Takes a layout and parallel arrays; no object per sample, ever.
Invariant: len(values) == len(layout), and so is every array of timestamps.
Never changed after it was handed on: several remotes read the same batch.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from series.exemplar import Exemplar
from series.histogram import Histogram
from series.layout import Layout
from series.metadata import Families


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """Samples of `layout`'s series, in its order.

    `lane_key`: hash of the final target labels (or of the pusher's identity); what shares it
    is sent in order. `chunks`: the target's encoded labels, which fill the templates' holes.
    `timestamps`: one in ms for all, or one for each. What is beside the floats is indexed by the
    position in the layout and None when there is none of it.
    `histograms`: None, or one for every position: a batch is all floats or all native histograms,
    so that nothing looks at single positions. Then `values` mean nothing and must not be sent; a
    remote that does not take native histograms drops the batch, counted.
    `families`: what the page said of its metrics, by their names before a remote's own rules.
    `is_markers`: every value is the staleness marker, so thinning must keep the batch.
    """

    lane_key: int
    layout: Layout
    values: "array[float]"
    timestamps: "int | array[int]"
    chunks: tuple[bytes, ...] = ()
    is_markers: bool = False
    is_pushed: bool = False
    start_timestamps: "array[int] | None" = None
    histograms: Mapping[int, Histogram] | None = None
    exemplars: Mapping[int, tuple[Exemplar, ...]] | None = None
    families: Families | None = None

    def __attrs_post_init__(self) -> None:
        if self.histograms is not None and len(self.histograms) != len(self.values):
            raise ValueError("a batch holds native histograms in every position or in none")

    def __len__(self) -> int:
        return len(self.values)

    def timestamp_of(self, index: int) -> int:
        """The timestamp in ms of the sample at `index`."""
        return self.timestamps if isinstance(self.timestamps, int) else self.timestamps[index]

    def oldest_ms(self) -> int:
        return self.timestamps if isinstance(self.timestamps, int) else min(self.timestamps)

    def newest_ms(self) -> int:
        return self.timestamps if isinstance(self.timestamps, int) else max(self.timestamps)


class Sink(Protocol):
    """Where batches go. Never blocks, never raises for want of room: it counts what it drops."""

    def put_nowait(self, batches: Sequence[Batch]) -> None: ...
