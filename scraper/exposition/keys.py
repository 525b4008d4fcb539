"""The names of a page's series in order, and what is known of series by such names.

The specification. Keys are a sequence of `bytes`: here a tuple, as `prediction` makes it; in the
twin a view of a page's text, which holds no object for each (`Keys`). `Known` takes keys one by one
with what is known of them (`learn`), or those of a page at once (`adopt`).
Twin: `keys_c.pyx`; `series.kernel` chooses. Its `Known` holds 8 to 16 bytes a series that it
adopted from a `Keys`, text and value apart, and an object and a dictionary's slot for any other.
Invariant: what was given for a key is found by its text, whatever other keys look like.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")
Other = TypeVar("Other")


class Known(Generic[Value]):
    """Grows only; whoever holds it makes a new one now and then."""

    def __init__(self) -> None:
        self._adopted: dict[bytes, Value] = {}
        self.learned: dict[bytes, Value] = {}

    def __len__(self) -> int:
        return len(self._adopted) + len(self.learned)

    def __contains__(self, key: object) -> bool:
        return key in self._adopted or key in self.learned

    def get(self, key: bytes, default: Other) -> Value | Other:
        if key in self._adopted:
            return self._adopted[key]
        return self.learned.get(key, default)

    def found(
        self, keys: Sequence[bytes], start: int, stop: int, default: Other
    ) -> "list[Value | Other]":
        """What is known of each of `keys[start:stop]`."""
        return [self.get(key, default) for key in keys[start:stop]]

    def learn(self, key: bytes, value: Value) -> None:
        """One that is not known."""
        self.learned[key] = value

    def adopt(
        self, keys: Sequence[bytes], values: Sequence[Value], start: int, stop: int
    ) -> list[Value]:
        """`values` of `keys`, which are held from now on; gives the values of those that were not
        adopted before. A key that was learned no longer is."""
        new = []
        rows = zip(keys[start:stop], values[start:stop], strict=True)
        for key, value in rows:
            if key not in self._adopted:
                self._adopted[key] = value
                self.learned.pop(key, None)
                new.append(value)
        return new


def common(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[int, int]:
    """How many are equal at the beginning of both, and how many of the others at the end."""
    most = min(len(before), len(after))
    head = 0
    while head < most and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return head, tail
