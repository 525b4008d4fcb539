"""What is wrong with a command line: every mistake at once, one line for each."""

from collections.abc import Sequence

import attrs

_SHOWN = 80  # characters of an offending text


@attrs.frozen(kw_only=True)
class FlagError:
    """One mistake. `text` is what the user wrote, empty where it must not be shown."""

    name: str
    reason: str
    text: str = ""
    origin: str = ""  # the environment variable, where it is not the command line

    def __str__(self) -> str:
        where = f"environment variable {self.origin}: " if self.origin else ""
        shown = self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "..."
        offending = f": {shown!r}" if shown else ""
        flag = f"-{_printable(self.name)}: " if self.name else ""
        return f"{where}{flag}{self.reason}{offending}"


def _printable(name: str) -> str:
    """A name on one line, whatever somebody typed."""
    return name if name.isprintable() else repr(name)[1:-1]


class FlagErrors(Exception):
    """A command line that cannot be used; exit code 2."""

    def __init__(self, errors: Sequence[FlagError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)
