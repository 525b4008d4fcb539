"""A run of lines of a page, remembered: the text between the values, and where the values are."""

from array import array
from collections.abc import Sequence
from operator import itemgetter
from typing import Protocol, TypeVar

import attrs

Item = TypeVar("Item")


class Picker(Protocol):
    """Picks certain items of a sequence, in one call."""

    def __call__(self, items: Sequence[Item], /) -> tuple[Item, ...]: ...


def picker(indices: Sequence[int]) -> Picker:
    """Picks the items at `indices`; itemgetter itself gives tuples only from two on."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda items: tuple([items[index] for index in indices])


@attrs.frozen(kw_only=True)
class Section:
    """Which lines are samples and what each begins with; the text of all other lines."""

    line_count: int
    positions: bytes  # of the samples, as an array of unsigned integers
    keys: tuple[bytes, ...]
    others: tuple[bytes, ...]
    fixed_bytes: int
    pick_samples: Picker = attrs.field(eq=False)
    pick_others: Picker = attrs.field(eq=False)

    @classmethod
    def of(
        cls, lines: Sequence[bytes], samples: Sequence[int], keys: tuple[bytes, ...]
    ) -> "Section":
        """`samples`: the positions in `lines` of the samples that begin with `keys`."""
        are_samples = set(samples)
        rest = [at for at in range(len(lines)) if at not in are_samples]
        others = tuple([lines[at] for at in rest])
        return cls(
            line_count=len(lines),
            positions=array("L", samples).tobytes(),
            keys=keys,
            others=others,
            fixed_bytes=len(b"".join(others)) + len(b"".join(keys)),
            pick_samples=picker(samples),
            pick_others=picker(rest),
        )

    def rests(self, lines: Sequence[bytes]) -> "list[bytes] | None":
        """What follows the key in each sample line; None if other lines have changed.

        A line that does not begin with its key comes back whole; the caller counts bytes.
        """
        if self.pick_others(lines) != self.others:
            return None
        return list(map(bytes.removeprefix, self.pick_samples(lines), self.keys))
