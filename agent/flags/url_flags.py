"""The `-remoteWrite.*` flags as one URL sees them.

Takes flag values and the URL's position; gives its items, collects what is wrong with them.
"""

import os

import attrs

from agent.flags.errors import FlagError
from agent.flags.values import Values


@attrs.define
class UrlFlags:
    """Names are without `remoteWrite.`."""

    values: Values
    index: int
    errors: list[FlagError]

    def text(self, name: str) -> str:
        return str(self._item(name))

    def path(self, name: str) -> str:
        """A file's path from the root, or a URL as it stands; empty where the flag is."""
        path = self.text(name)
        return os.path.abspath(path) if path and "://" not in path else path

    def number(self, name: str) -> float:
        value = self._item(name)
        assert isinstance(value, int | float)
        return value

    def is_on(self, name: str) -> bool:
        return bool(self._item(name))

    def of_all(self, name: str) -> int:
        """The number of a flag that has one value for all URLs."""
        value = self.values[f"remoteWrite.{name}"]
        assert isinstance(value, int)
        return value

    def error(self, name: str, reason: str) -> None:
        self.errors.append(FlagError(name=f"remoteWrite.{name}", reason=reason))

    def at_most_one(self, name: str, other: str) -> None:
        """Both ask for the same in different ways."""
        if self.text(name) and self.text(other):
            self.error(name, f"cannot be used together with -remoteWrite.{other} for the same URL")

    def _item(self, name: str) -> object:
        return self.values.for_url(f"remoteWrite.{name}", self.index)
