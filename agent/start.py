"""What the command hands to the running agent.

Invariant: `settings` are complete and checked; `reload` reads all of it again or raises
SettingsError, and what runs is never touched by a bad configuration.
"""

from collections.abc import Callable, Sequence

import attrs

from agent.flags.values import Values
from agent.logs import LogStatistics
from agent.settings import Settings


class SettingsError(ValueError):
    """What stands in the way of a run; `errors` has one readable line for each mistake.

    `quoted` has the same with the lines of the files, for a terminal.
    """

    def __init__(self, errors: Sequence[str], quoted: Sequence[str] = ()) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)
        self.quoted = tuple(quoted or errors)


@attrs.frozen(kw_only=True)
class Loaded:
    """One reading of the configuration. `files` are those it came from, to watch for changes."""

    settings: Settings
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Start:
    """`reload` reads files and may block: call it in a thread."""

    settings: Settings
    flags: Values
    reload: Callable[[], Loaded]
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    log_statistics: Callable[[], LogStatistics] = LogStatistics
    log_tail: Callable[[], Sequence[str]] = tuple
