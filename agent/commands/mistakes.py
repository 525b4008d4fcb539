"""Collects what is wrong with flags and files, so that all of it is told at once.

Takes FlagErrors and ConfigErrors as they come; raises one error with everything in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from agent.config.errors import ConfigError, ConfigErrors
from agent.flags.errors import FlagError, FlagErrors
from agent.start import SettingsError


class Mistakes:
    """`collected` makes a step's errors wait until every step was tried."""

    def __init__(self) -> None:
        self._flags: list[FlagError] = []
        self._files: list[ConfigError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        try:
            yield
        except FlagErrors as exc:
            self._flags.extend(exc.errors)
        except ConfigErrors as exc:
            self._files.extend(exc.errors)

    def raise_if_any(self) -> None:
        """FlagErrors if the flags alone are wrong, SettingsError otherwise."""
        if self._files:
            flags = [str(error) for error in self._flags]
            quoted = [error.with_caret() for error in self._files]
            raise SettingsError([*flags, *map(str, self._files)], [*flags, *quoted])
        if self._flags:
            raise FlagErrors(self._flags)
