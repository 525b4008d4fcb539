"""What of a queue is in memory: Blocks by lane, what is due on the disk, what must go.

Takes Blocks and times; gives the books of the async queue. Pure.
Invariants: in a lane `current` is older than everything in `waiting`, and `waiting` is in the
order of its sequences; what is being written or was written is a prefix of a lane. The counters
are those of Blocks in memory only.
"""

from collections import Counter, deque
from collections.abc import Iterator

import attrs

from pushqueue.block import Block

# Above this share of the memory bound Blocks go to the disk before their time.
_EARLY_SPILL_SHARE = 0.5
# Above this share whoever can wait is asked to: what is left takes in those who cannot.
_FULL_SHARE = 0.9


@attrs.define(eq=False)
class Held:
    """A Block in memory, and how far it has come.

    `is_stored`: durable on the disk; `is_writing`: on its way there; `is_done`: acknowledged or
    given up; `is_orphan`: its segment had to go while the sender had it; `is_too_large`: the disk
    will never take it; `is_ahead`: the sender got it before older ones of its lane.
    """

    block: Block
    due_at: float
    is_stored: bool = False
    is_writing: bool = False
    is_done: bool = False
    is_orphan: bool = False
    is_too_large: bool = False
    is_ahead: bool = False


@attrs.define(eq=False)
class Lane:
    """`current` is with the sender. `may_have_stored`: the disk may hold older Blocks of it.

    `fresh_run`: so many were taken from memory, one after the other, before older ones.
    """

    number: int
    sequence: int = 0
    may_have_stored: bool = False
    fresh_run: int = 0
    current: Held | None = None
    waiting: deque[Held] = attrs.field(factory=deque)

    def in_memory_only(self) -> Iterator[Held]:
        if self.current is not None and not self.current.is_stored:
            yield self.current
        yield from self.waiting


class Lanes:
    """All lanes of a queue. `max_bytes` bounds what is in memory only; 0 is no bound."""

    def __init__(self, count: int, max_bytes: int) -> None:
        self._lanes = [Lane(number) for number in range(count)]
        self._max_bytes = max_bytes
        self.blocks = self.samples = self.bytes = 0
        self.dropped: Counter[str] = Counter()
        self.dropped_blocks = self.dropped_bytes = self.unstored_drops = 0

    def __len__(self) -> int:
        return len(self._lanes)

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes)

    def __getitem__(self, number: int) -> Lane:
        """The lane that sends what bears this lane number, of any epoch."""
        return self._lanes[number % len(self._lanes)]

    def put(self, block: Block, due_at: float) -> None:
        """Takes a Block and names it; what memory has no room for goes, the oldest first."""
        lane = self[block.lane]
        lane.sequence += 1
        named = attrs.evolve(block, lane=lane.number, sequence=lane.sequence)
        lane.waiting.append(Held(named, due_at))
        self._count(named, +1)
        while self._max_bytes and self.bytes > self._max_bytes and self._drop_oldest():
            pass

    def _count(self, block: Block, sign: int) -> None:
        self.blocks += sign
        self.samples += sign * block.sample_count
        self.bytes += sign * block.size_bytes

    def _drop_oldest(self) -> bool:
        """Gives up the oldest Block that neither sender nor disk has in hand; False if none.

        The newest of all stays, so a single Block larger than the bound is held all the same.
        """
        victims = [held for lane in self._lanes if (held := _first_idle(lane)) is not None]
        oldest = min(victims, key=lambda held: held.due_at, default=None)
        if oldest is None or self.blocks < 2:
            return False
        self.give_up(oldest, "memory")
        return True

    def give_up(self, held: Held, reason: str) -> None:
        """Drops a waiting Block."""
        held.is_done = True
        held.is_orphan = True
        self.unstored_drops += 1
        self[held.block.lane].waiting.remove(held)
        self._count(held.block, -1)
        self.count_drop(reason, held.block.sample_count, size=len(held.block.body))

    def count_drop(self, reason: str, samples: int, *, blocks: int = 1, size: int = 0) -> None:
        if samples:
            self.dropped[reason] += samples
            self.dropped_blocks += blocks
            self.dropped_bytes += size

    def take(self, lane: Lane) -> None:
        """Hands the lane's oldest waiting Block, if there is one, to the sender."""
        if lane.waiting:
            lane.current = lane.waiting.popleft()

    def release(self, held: Held) -> None:
        """The sender is done with it for good."""
        lane = self[held.block.lane]
        assert lane.current is held
        lane.current = None
        held.is_done = True
        if not held.is_stored:
            self._count(held.block, -1)

    def stored(self, held: Held) -> None:
        """It has become durable: memory lets go of it, unless the sender has it."""
        lane = self[held.block.lane]
        held.is_stored = True
        if held.is_done:
            return
        self._count(held.block, -1)
        lane.may_have_stored = True
        if lane.waiting and lane.waiting[0] is held:
            lane.waiting.popleft()

    def is_full(self, open_samples: int = 0) -> bool:
        """The next Block may cost the oldest, with so many samples that are on their way into
        Blocks and are taken to be as large as those that are here."""
        coming = self.bytes * open_samples / self.samples if self.samples else 0
        return bool(self._max_bytes) and self.bytes + coming > self._max_bytes * _FULL_SHARE

    @property
    def is_crowded(self) -> bool:
        """Memory is so full that Blocks should go to the disk before their time."""
        return bool(self._max_bytes) and self.bytes > self._max_bytes * _EARLY_SPILL_SHARE

    def next_due_at(self) -> float:
        """When the next Block is due on the disk."""
        firsts = [held for lane in self._lanes if (held := _first_storable(lane)) is not None]
        return min((held.due_at for held in firsts), default=float("inf"))

    def hurry(self, now: float) -> list[Held]:
        """Makes everything in memory only due on the disk now; gives it."""
        found = self.undelivered()
        for held in found:
            held.due_at = min(held.due_at, now)
        return found

    def late(self, until: float) -> list[Held]:
        """What is due by then, in the order of its lane."""
        found = []
        for lane in self._lanes:
            for held in lane.in_memory_only():
                if held.due_at > until:
                    break
                if not held.is_too_large:
                    found.append(held)
        return found

    def undelivered(self) -> list[Held]:
        """Everything in memory only."""
        return [held for lane in self._lanes for held in lane.in_memory_only()]

    @property
    def is_idle(self) -> bool:
        """No lane holds anything, nor has the sender."""
        return all(lane.current is None and not lane.waiting for lane in self._lanes)

    def oldest_ms(self) -> int | None:
        return min((held.block.oldest_ms for held in self.undelivered()), default=None)


def _first_idle(lane: Lane) -> Held | None:
    return next((held for held in lane.waiting if not held.is_writing), None)


def _first_storable(lane: Lane) -> Held | None:
    return next((held for held in lane.in_memory_only() if not held.is_too_large), None)
