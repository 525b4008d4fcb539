"""How one Block is brought to its end: sent whole, or in parts where the remote refuses it.

Takes verdicts, gives the next bytes to send and what came of them. Pure; DESIGN section 8, 7.
Invariants: parts go out in the Block's order; a part that was refused for good is never sent
again; a Block costs a bounded number of requests, whatever the remote says.
"""

from collections.abc import Sequence

import attrs

from pushqueue.block import Block
from pushqueue.codec import CodecError, series_of, split
from pushqueue.judge import Refuse, TooLarge
from series.wire import WireError

# A refused Block of at most so many series is not split, so that no refused timestamp is sent
# twice where the culprit is certain to be among few. Neither is a part of so many samples.
SMALL_BLOCK_SAMPLES = SMALL_BLOCK_SERIES = 32
# A few scrapes of few series, as gathered within a flush interval; more of them are worth a search.
_FEW_SAMPLES = 10 * SMALL_BLOCK_SERIES
MAX_PARTS = 64

# So many halvings in a row without anything accepted lead from the largest Block to one sample
# and back: the remote takes nothing at all, and what is left is not halved any more.
MAX_FRUITLESS = 24


@attrs.frozen
class Refused:
    """A part that is given up. `is_maybe_delivered`: an earlier attempt may have brought it."""

    part: Block
    reason: str
    is_maybe_delivered: bool


class Delivery:
    """`may_be_known`: the remote may have this Block from before a restart."""

    def __init__(self, block: Block, *, may_be_known: bool = False, may_split: bool = True) -> None:
        self._parts = [block]
        self._may_be_known = may_be_known
        self._may_split = may_split
        self._budget = MAX_PARTS
        self._fruitless = 0
        self.accepted_samples = 0
        self.refused: list[Refused] = []

    def next_part(self) -> Block | None:
        """What to send now; None when the Block is wholly answered for."""
        return self._parts[-1] if self._parts else None

    def replace(self, parts: Sequence[Block]) -> None:
        """The same samples otherwise encoded; those without a place there are left out."""
        self._parts.pop()
        self._parts.extend(reversed(parts))

    def partly_accepted(self, verdict: Refuse, written: int) -> None:
        """The remote took so many of the part's samples and refused the others (2.0)."""
        part = self._parts.pop()
        self.accepted_samples += written
        rest = attrs.evolve(part, sample_count=max(0, part.sample_count - written))
        # Nobody knows which: the words say so wherever the whole part is shown.
        words = f"{verdict.reason} ({written} of {part.sample_count} samples were written)"
        self.refused.append(Refused(rest, words, is_maybe_delivered=False))

    def unanswered(self) -> None:
        """The part was sent and no answer came: the remote may have it all the same."""
        self._may_be_known = True

    def accepted(self) -> None:
        self._fruitless = 0
        self.accepted_samples += self._parts.pop().sample_count

    def not_accepted(self, verdict: Refuse | TooLarge) -> None:
        """Splits the part if that may help, gives it up otherwise."""
        part = self._parts.pop()
        halves = self._halves(part, verdict)
        if halves:
            self._parts.extend(reversed(halves))
        else:
            is_maybe = self._may_be_known and isinstance(verdict, Refuse)
            self.refused.append(Refused(part, verdict.reason, is_maybe))

    def _halves(self, part: Block, verdict: Refuse | TooLarge) -> tuple[Block, ...]:
        if isinstance(verdict, Refuse):
            is_whole = self._budget == MAX_PARTS
            is_small = part.sample_count <= SMALL_BLOCK_SAMPLES or (is_whole and _is_small(part))
            # What the remote already has is refused sample by sample: no use in splitting it.
            if is_small or not self._may_split or self._may_be_known or self._budget < 2:
                return ()
            self._budget -= 2
        elif self._fruitless >= MAX_FRUITLESS:
            return ()
        self._fruitless += 1
        try:
            halves = split(part)
        except CodecError:
            return ()
        return halves if len(halves) > 1 else ()

    @property
    def is_wholly_refused(self) -> bool:
        return bool(self.refused) and not self.accepted_samples


def _is_small(block: Block) -> bool:
    if block.sample_count > _FEW_SAMPLES:
        return False
    try:
        return len({series.labels for series in series_of(block)}) <= SMALL_BLOCK_SERIES
    except (CodecError, WireError):
        return True  # nobody can split it
