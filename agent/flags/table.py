"""All flags: the one place where names meet.

Takes the groups' declarations; gives lookups by name and by every other spelling.
Invariant: names and aliases are unique across the whole table.
Never: knows values.
"""

from collections.abc import Iterator

from agent.flags.flag import Flag, Group
from agent.flags.groups import GROUPS


class Table:
    """Flags in their groups; `by_name` has the proper names, `find` any spelling."""

    __slots__ = ("_by_spelling", "by_name", "flags", "groups")

    def __init__(self, groups: tuple[Group, ...]) -> None:
        self.groups = groups
        self.flags = tuple(flag for group in groups for flag in group.flags)
        self.by_name = {flag.name: flag for flag in self.flags}
        self._by_spelling = {
            spelling: flag for flag in self.flags for spelling in (flag.name, *flag.aliases)
        }
        if len(self._by_spelling) != len(list(self.spellings())):
            raise ValueError("a flag's name or alias is declared twice")

    def find(self, spelling: str) -> Flag | None:
        return self._by_spelling.get(spelling)

    def spellings(self) -> Iterator[str]:
        for flag in self.flags:
            yield flag.name
            yield from flag.aliases


TABLE = Table(GROUPS)
