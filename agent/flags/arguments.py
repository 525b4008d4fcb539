"""From argv to flags with texts, by the syntax of Go's flag package.

Takes arguments with placeholders expanded; gives one `Given` for each flag met, and every mistake
of syntax. Unlike Go, reading goes on after a mistake, so that all are told at once.
Never: looks at what a text means.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import attrs

from agent.flags.errors import FlagError
from agent.flags.flag import Flag, Kind
from agent.flags.suggest import nearest
from agent.flags.table import Table
from scraper.placeholders import ExpansionError, expand, placeholders

# More than anybody mends in one go, and each may ask for the nearest name among hundreds.
MAX_ERRORS = 50


@attrs.frozen
class Given:
    """A flag with the text that was given; `spelling` may be an alias."""

    flag: Flag
    spelling: str
    text: str
    origin: str = ""


@attrs.define
class Reading:
    """What one pass over the arguments found."""

    given: list[Given] = attrs.field(factory=list)
    errors: list[FlagError] = attrs.field(factory=list)
    warnings: list[str] = attrs.field(factory=list)


def read_arguments(argv: Sequence[str], environ: Mapping[str, str], table: Table) -> Reading:
    reading = Reading()
    rest = deque(_expanded(argv, environ, reading))
    while rest:
        if len(reading.errors) >= MAX_ERRORS:
            reason = f"so many mistakes that the last {len(rest)} arguments were not looked at"
            reading.errors.append(FlagError(name="", reason=reason))
            break
        argument = rest.popleft()
        if argument == "--":
            reading.errors.extend(_leftover(one, None) for one in list(rest)[:MAX_ERRORS])
            break
        if len(argument) < 2 or argument[0] != "-":
            before = reading.given[-1].flag if reading.given else None
            reading.errors.append(_leftover(argument, before))
            continue
        _read_flag(argument, rest, reading, table)
    return reading


def _expanded(argv: Sequence[str], environ: Mapping[str, str], reading: Reading) -> list[str]:
    """The arguments without placeholders; those that become empty go, as in vmagent."""
    expanded = []
    for argument in argv:
        try:
            text = expand(argument, environ)
        except ExpansionError as exc:
            reading.errors.append(FlagError(name="", reason=str(exc), text=argument))
            continue
        for name in placeholders(text):
            reading.warnings.append(f"%{{{name[:80]}}} stays as written: no such variable is set")
        if text:
            expanded.append(text)
    return expanded


def _read_flag(argument: str, rest: deque[str], reading: Reading, table: Table) -> None:
    name, equals, text = argument.removeprefix("-").removeprefix("-").partition("=")
    if not name or name[0] == "-":
        reading.errors.append(FlagError(name="", reason="not a flag", text=argument))
        return
    flag = table.find(name)
    if flag is None:
        reading.errors.append(_unknown(name, table))
    elif equals:
        reading.given.append(Given(flag, name, text))
    elif (bare := flag.value_without()) is not None:
        reading.given.append(Given(flag, name, bare))
    elif not rest:
        reading.errors.append(FlagError(name=name, reason=f"needs a value ({flag.kind.value})"))
    elif _is_known_flag(rest[0], table):
        # Go would take the next flag for the value; nobody means that.
        reason = f"needs a value ({flag.kind.value}), but the next flag follows"
        reading.errors.append(FlagError(name=name, reason=reason, text=rest[0].partition("=")[0]))
    else:
        reading.given.append(Given(flag, name, rest.popleft()))


def _is_known_flag(argument: str, table: Table) -> bool:
    name = argument.removeprefix("-").removeprefix("-").partition("=")[0]
    return argument[0] == "-" and table.find(name) is not None


def _unknown(name: str, table: Table) -> FlagError:
    meant = nearest(name, table.spellings())
    hint = f"; did you mean -{meant}?" if meant else "; promferry -help lists the flags"
    return FlagError(name=name[:200], reason=f"unknown flag{hint}")


def _leftover(argument: str, before: Flag | None) -> FlagError:
    hint = ""
    if before is not None and before.kind is Kind.BOOL and argument.isalnum():
        hint = f" (a boolean takes its value after '=': -{before.name}={argument[:20]})"
    return FlagError(name="", reason=f"unexpected argument{hint}", text=argument)
