"""What a command line says: the value of every flag, whether it was set or not.

Takes the table and the values that were given; gives them by flag name.
Invariant: every name of the table has a value; a name outside the table is a programming error.
Never: changes after parsing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agent.flags.flag import Flag, Value
from agent.flags.items import join_items
from agent.flags.kinds import empty_item, render_value
from agent.flags.table import Table

GivenValue = Value | tuple[Value, ...]


class Values:
    """Immutable. `warnings` are what the user should hear once at the start."""

    __slots__ = ("_given", "_secret_names", "_table", "warnings")

    def __init__(
        self, table: Table, given: Mapping[str, GivenValue], warnings: tuple[str, ...] = ()
    ) -> None:
        self._table = table
        self._given = dict(given)
        self.warnings = warnings
        self._secret_names = frozenset(map(str.casefold, self["secret.flags"]))

    # Any: the kind is in the table, and tests hold that every default has its kind's type.
    def __getitem__(self, name: str) -> Any:
        """The value: str, bool, int, float or seconds; of a list a tuple of these."""
        flag = self._table.by_name[name]
        if name in self._given:
            return self._given[name]
        if not flag.many:
            return flag.default
        return () if flag.default == "" else (flag.default,)

    def is_set(self, name: str) -> bool:
        """Whether the user gave the flag, be it its default."""
        return self._table.by_name[name].name in self._given

    def names_set(self) -> tuple[str, ...]:
        return tuple(self._given)

    def for_url(self, name: str, index: int) -> Any:
        """The item for URL number `index`: one value is for all, a missing one is the default."""
        flag = self._table.by_name[name]
        items: tuple[Value, ...] = self[name]
        if index < len(items):
            return items[index]
        return items[0] if len(items) == 1 else empty_item(flag)

    def single(self, name: str) -> Any | None:
        """The one value that the user gave for all, None if none or several were given."""
        given = self._given.get(name)
        if not isinstance(given, tuple):
            return given
        return given[0] if len(given) == 1 else None

    def is_secret(self, flag: Flag) -> bool:
        if flag.name == "remoteWrite.url" and self["remoteWrite.showURL"]:
            return False
        return flag.is_secret or flag.name.casefold() in self._secret_names

    def listing(self) -> Iterator[tuple[str, str, bool]]:
        """Every flag as name, value with secrets masked, and whether it was set; by name."""
        for flag in sorted(self._table.flags, key=lambda flag: flag.name):
            is_set = flag.name in self._given
            yield flag.name, self._shown(flag), is_set

    def _shown(self, flag: Flag) -> str:
        if self.is_secret(flag):
            return MASK if self[flag.name] else ""
        value = self[flag.name]
        if not flag.many:
            return _without_password(render_value(flag, value))
        return join_items([_without_password(render_value(flag, item)) for item in value])


# vmagent's word for a value that it does not show.
MASK = "secret"


def _without_password(text: str) -> str:
    """A URL that is shown keeps the user's name, never the password."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    authority, slash, path = rest.partition("/")
    userinfo, at, host = authority.rpartition("@")
    if not at or ":" not in userinfo:
        return text
    user = userinfo.partition(":")[0]
    return f"{scheme}://{user}:{MASK}@{host}{slash}{path}"
