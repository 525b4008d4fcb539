"""Parts of a Block that are alike, row by row: what stands together then compresses better.

Takes parts in time order; gives rows of one part, or of many of one layout and one timestamp.
Targets of one shape that were scraped in one slot have the same series at the same time, but for
their own labels. One after the other each fills the 64 KiB that a compressor looks back; cut into
pieces, the same piece of all before the next, every series has its like just before it: 14 bytes a
sample instead of 19 for a node exporter's page.
Invariants: parts of different timestamps, and those of one lane key, keep their order, and nothing
passes markers; so timestamps never go back where they did not before.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import attrs

from pushqueue.wire.part import Part
from series.batch import Batch

# What one remote's compressor looks back at, in series of 128 bytes.
_FRAGMENT_SAMPLES = 512
# A piece costs a row of the batch table and some work; longer ones are forgotten by the compressor
# until their like comes (bench/bench_batcher.py).
_MOST_SAMPLES, _LEAST_SAMPLES = 48, 16


@attrs.frozen
class Rows:
    """The samples `cuts[0]` to `cuts[1]` of every batch, then `cuts[1]` to `cuts[2]`, ...

    About as many as a compressor looks back at, never all that is alike: a megabyte in memory costs
    more page faults than work. The batches have one layout and one timestamp, and floats alone.
    """

    batches: Sequence[Batch]
    cuts: tuple[int, ...]

    @property
    def time_ms(self) -> int:
        return self.batches[0].newest_ms()

    def pieces(self) -> list[Part]:
        """As they stand in the message."""
        ranges = pairwise(self.cuts)
        return [Part(batch, *each) for each in ranges for batch in self.batches]

    def counts(self) -> list[int]:
        """How many samples each piece has."""
        ranges = pairwise(self.cuts)
        return [stop - start for start, stop in ranges for _ in self.batches]


def in_rows(parts: Sequence[Part]) -> Iterator[Part | Rows]:
    """All samples of the parts: what is not put into rows stays a part."""
    # Fast path: nothing to put together.
    if len(parts) < 2:
        yield from parts
        return
    alike = _Alike()
    for part in parts:
        if not alike.takes(part):
            yield from alike.drained()
        if not _is_plain(part.batch):
            yield part
            continue
        alike.add(part)
    yield from alike.drained()


def _is_plain(batch: Batch) -> bool:
    """One time for all of it, nothing beside the floats."""
    return (
        isinstance(batch.timestamps, int)
        and not batch.is_markers
        and batch.histograms is None
        and not batch.exemplars
    )


_Kind = tuple[int, int, int]


class _Alike:
    """Plain parts of one timestamp, by kind: layout and range. Kinds go out as they came in."""

    def __init__(self) -> None:
        self._time_ms: object = None
        self._parts: dict[_Kind, list[Part]] = {}
        self._number_of: dict[_Kind, int] = {}
        # The last kind of each lane key.
        self._last: dict[int, int] = {}

    def takes(self, part: Part) -> bool:
        """Whether the part may stand before some of those that were added."""
        batch = part.batch
        if not _is_plain(batch) or batch.timestamps != self._time_ms:
            return False
        number = self._number_of.get(_kind_of(part), len(self._parts))
        return number > self._last.get(batch.lane_key, -1)

    def add(self, part: Part) -> None:
        kind = _kind_of(part)
        self._time_ms = part.batch.timestamps
        self._last[part.batch.lane_key] = self._number_of.setdefault(kind, len(self._parts))
        self._parts.setdefault(kind, []).append(part)

    def drained(self) -> Iterator[Part | Rows]:
        most = _FRAGMENT_SAMPLES // _LEAST_SAMPLES
        for same in self._parts.values():
            for first in range(0, len(same), most):
                yield from _together(same[first : first + most])
        self._parts.clear()
        self._number_of.clear()
        self._last.clear()


def _kind_of(part: Part) -> _Kind:
    return id(part.batch.layout), part.start, part.stop


def _together(same: list[Part]) -> Iterator[Part | Rows]:
    # Fast path: it has no like.
    if len(same) < 2:
        yield same[0]
        return
    batches = [part.batch for part in same]
    start, count = same[0].start, same[0].sample_count
    fitting = max(_LEAST_SAMPLES, min(_MOST_SAMPLES, _FRAGMENT_SAMPLES // len(same)))
    rows = -(-count // fitting)
    cuts = tuple([start + count * row // rows for row in range(rows + 1)])
    at_once = max(1, _FRAGMENT_SAMPLES * rows // (count * len(same)))
    for first in range(0, rows, at_once):
        yield Rows(batches, cuts[first : first + at_once + 1])
