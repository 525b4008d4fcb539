"""What pushers said of their metrics, for remotes that are told apart from samples.

Takes metadata; gives it back by family. Bounded: the family told longest ago goes first.
"""

from collections.abc import Iterable

from series.metadata import Metadata

MAX_FAMILIES = 20_000


class PushedFamilies:
    def __init__(self, max_families: int = MAX_FAMILIES) -> None:
        self._max_families = max_families
        self._by_name: dict[str, Metadata] = {}

    def add(self, told: Iterable[Metadata]) -> None:
        for one in told:
            # Fast path: steady pushers say the same each time.
            if self._by_name.get(one.family) == one:
                continue
            self._by_name.pop(one.family, None)
            self._by_name[one.family] = one
            if len(self._by_name) > self._max_families:
                del self._by_name[next(iter(self._by_name))]

    def all(self) -> tuple[Metadata, ...]:
        return tuple(self._by_name.values())
