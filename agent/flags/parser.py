"""A command line, and the environment where it says so, to values.

Takes argv without the program's name and the environment; gives `Values`, or raises `FlagErrors`
with every mistake in it. The conventions are vmagent's (reference/vmagent.md 2).
Invariant: the command line wins over the environment; `-help` and `-version` win over mistakes.
Never: reads files, prints, exits.
"""

from collections.abc import Mapping, Sequence

import attrs

from agent.flags.arguments import Given, Reading, read_arguments
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.flag import State, Value
from agent.flags.items import split_items
from agent.flags.kinds import parse_value
from agent.flags.table import TABLE, Table
from agent.flags.values import GivenValue, Values
from agent.flags.variables import read_variables

# Flags that ask for a text and no run: they are answered whatever else is wrong.
_QUESTIONS = ("help", "version")


def parse(argv: Sequence[str], environ: Mapping[str, str], table: Table = TABLE) -> Values:
    reading = read_arguments(argv, environ, table)
    questions = [given for given in reading.given if given.flag.name in _QUESTIONS]
    if questions:
        reading = Reading(given=questions)
    else:
        read_variables(reading, environ, table)
    values = _decode_all(_by_flag(reading, table), reading)
    if reading.errors:
        raise FlagErrors(reading.errors)
    return Values(table, values, tuple(dict.fromkeys(reading.warnings)))


def _by_flag(reading: Reading, table: Table) -> dict[str, list[Given]]:
    """What was given for each proper flag, other programs' spellings turned into ours."""
    by_name: dict[str, list[Given]] = {}
    for given in reading.given:
        proper = _proper(given, reading, table) if given.flag.stands_for else given
        if proper is not None:
            by_name.setdefault(proper.flag.name, []).append(proper)
    return by_name


def _proper(given: Given, reading: Reading, table: Table) -> Given | None:
    translations = given.flag.translations
    text = translations.get(given.text.lower(), given.text) if translations else given.text
    if translations and given.text.lower() not in translations:
        reason = f"must be one of {', '.join(translations)}"
        reading.errors.append(FlagError(name=given.spelling, reason=reason, text=given.text))
        return None
    return attrs.evolve(given, flag=table.by_name[given.flag.stands_for], text=text)


def _decode_all(by_name: Mapping[str, list[Given]], reading: Reading) -> dict[str, GivenValue]:
    values: dict[str, GivenValue] = {}
    for name, several in by_name.items():
        flag = several[0].flag
        items = tuple(item for given in several for item in _items(given, reading))
        if not items:
            continue
        if not flag.many:
            _judge_repetition(several, reading)
        _judge_state(several[-1], items, reading)
        values[name] = items if flag.many else items[-1]
    return values


def _items(given: Given, reading: Reading) -> list[Value]:
    """The values in one text; what cannot be read is an error and no value."""
    flag = given.flag
    values = []
    for text in split_items(given.text) if flag.many else (given.text,):
        try:
            values.append(parse_value(flag, text))
        except ValueError as exc:
            shown = "" if flag.is_secret else text
            reading.errors.append(
                FlagError(name=given.spelling, reason=str(exc), text=shown, origin=given.origin)
            )
    return values


def _judge_repetition(several: Sequence[Given], reading: Reading) -> None:
    """As in Go the last one counts; under two names nobody can tell which is meant."""
    if len({given.text for given in several}) == 1:
        return
    spellings = tuple(dict.fromkeys(given.spelling for given in several))
    if len(spellings) == 1:
        reading.warnings.append(f"-{spellings[0]} is given more than once; the last one counts")
        return
    also = " and ".join(f"-{spelling}" for spelling in spellings[1:])
    reason = f"means the same as {also} and has another value; leave one out"
    reading.errors.append(FlagError(name=spellings[0], reason=reason))


def _judge_state(given: Given, items: Sequence[Value], reading: Reading) -> None:
    """Refuses what is not built, warns of what does nothing; a default needs neither."""
    flag = given.flag
    if all(item == flag.default for item in items):
        return
    if flag.state is State.LATER:
        reason = f"not supported yet: -{given.spelling} ({flag.later})"
        reading.errors.append(FlagError(name="", reason=reason, origin=given.origin))
    elif flag.state is State.IDLE and not flag.quiet:
        reading.warnings.append(f"-{given.spelling} has no effect: {flag.idle}")
    elif flag.effective:
        idle = [str(item) for item in items if item not in flag.effective]
        if idle:
            shown = ",".join(idle)[:80]
            reading.warnings.append(f"-{given.spelling}={shown} has no effect: {flag.idle}")
