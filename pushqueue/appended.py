"""What came of storing Blocks: how many are durable, what had to go for them, what failed."""

from collections.abc import Mapping

import attrs

from pushqueue.errors import DiskError
from pushqueue.segment import LaneKey
from pushqueue.segment_file import Tally
from pushqueue.segment_thinner import Thinned


@attrs.frozen
class Drop:
    """A segment that had to go: what it still held, and up to where each of its lanes."""

    tally: Tally
    last: Mapping[LaneKey, int]

    def last_of(self, epoch: int, lane: int) -> int:
        return self.last.get((epoch, lane), 0)


@attrs.frozen
class Appended:
    """The first `durable` Blocks are on the disk. `too_large`: the next one never will be."""

    durable: int
    drops: tuple[Drop, ...] = ()
    thinned: tuple[Thinned, ...] = ()
    error: DiskError | None = None
    too_large: bool = False
