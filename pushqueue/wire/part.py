"""A piece of a batch: what a Block is made of before it is encoded."""

import attrs

from series.batch import Batch


@attrs.frozen
class Part:
    """The samples `start` to `stop` (exclusive) of a batch."""

    batch: Batch
    start: int
    stop: int

    @property
    def sample_count(self) -> int:
        return self.stop - self.start

    def time_span_ms(self) -> tuple[int, int]:
        """Oldest and newest timestamp of the part."""
        timestamps = self.batch.timestamps
        if isinstance(timestamps, int):
            return timestamps, timestamps
        chosen = timestamps[self.start : self.stop]
        return min(chosen), max(chosen)

    def halves(self) -> "tuple[Part, Part]":
        middle = (self.start + self.stop) // 2
        return attrs.evolve(self, stop=middle), attrs.evolve(self, start=middle)

    def late_order(self) -> list[int] | None:
        """Positions by time, where the order of the layout would go back in time; else None."""
        timestamps = self.batch.timestamps
        # Fast path: one for all.
        if isinstance(timestamps, int):
            return None
        order = sorted(range(self.start, self.stop), key=timestamps.__getitem__)
        return None if order == list(range(self.start, self.stop)) else order

    def exemplar_count(self) -> int:
        """How many exemplars stand beside its samples."""
        beside = self.batch.exemplars
        if not beside:
            return 0
        return sum([len(each) for at, each in beside.items() if self.start <= at < self.stop])

    def odd_positions(self, *, with_exemplars: bool, with_starts: bool) -> list[int]:
        """Where something stands beside the float, in order; a histogram is odd by itself."""
        batch = self.batch
        if batch.histograms is not None:
            return list(range(self.start, self.stop))
        odd: set[int] = set()
        if with_exemplars and batch.exemplars:
            odd.update([at for at in batch.exemplars if self.start <= at < self.stop])
        if with_starts and batch.start_timestamps is not None:
            starts = batch.start_timestamps
            odd.update([at for at in range(self.start, self.stop) if starts[at]])
        return sorted(odd)
