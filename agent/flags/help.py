"""Help: the flags by group, wrapped to the terminal.

Takes what `-help` asks for and a width; gives the text, None if nothing fits the question.
"""

import shutil
import textwrap
from collections.abc import Iterator

from agent.flags.flag import STRING, Flag, Group, State
from agent.flags.kinds import render_value
from agent.flags.table import TABLE, Table

ALL, BUILT = "all", "built"
_NARROWEST, _WIDEST = 40, 100
_INTRODUCTION = """\
promferry scrapes Prometheus targets, keeps what it cannot deliver on disk, and pushes by
Prometheus remote write.

Usage: promferry -promscrape.config=prometheus.yml -remoteWrite.url=https://host/api/v1/write
       promferry help      lists the other commands

Flags take one or two dashes, and a value as -flag=value or -flag value; booleans -flag or
-flag=false. A flag marked [] may be given several times, or with values parted by commas: for
-remoteWrite.* one for each URL, or a single one for all.
"""


def render_help(topic: str, width: int | None = None, table: Table = TABLE) -> str | None:
    """`built`: what works. `all`: everything. A group's name, a flag's beginning, or a word."""
    if width is None:
        width = shutil.get_terminal_size().columns
    width = max(_NARROWEST, min(width, _WIDEST))
    parts = [_render_group(group, flags, width) for group, flags in _select(topic, table)]
    if not parts:
        return None
    if topic in (ALL, BUILT):
        parts.insert(0, _INTRODUCTION)
    if topic == BUILT:
        parts.append(_closing(table))
    return "\n".join(parts)


def _select(topic: str, table: Table) -> Iterator[tuple[Group, tuple[Flag, ...]]]:
    folded = topic.removeprefix("-").casefold()
    is_group = folded in {group.name.casefold() for group in table.groups}
    for group in table.groups:
        fits = _in_group if is_group else _fits
        flags = tuple(flag for flag in group.flags if fits(flag, group, folded))
        if flags:
            yield group, flags


def _in_group(flag: Flag, group: Group, name: str) -> bool:
    """Of this group, or named as its flags are: promferry's own `-remoteWrite.spillAfter`."""
    return group.name.casefold() == name or flag.name.casefold().startswith(f"{name}.")


def _fits(flag: Flag, group: Group, topic: str) -> bool:
    if topic == BUILT:
        return flag.state is State.BUILT and not flag.is_foreign
    return topic == ALL or topic in flag.name.casefold() or topic in flag.help.casefold()


def _render_group(group: Group, flags: tuple[Flag, ...], width: int) -> str:
    lines = [f"{group.title} (-help={group.name})", ""]
    for flag in sorted(flags, key=lambda flag: flag.name.casefold()):
        lines.extend(_render_flag(flag, width))
    return "\n".join(lines) + "\n"


def _render_flag(flag: Flag, width: int) -> list[str]:
    head = f"  -{flag.name} {flag.kind.value}{'[]' if flag.many else ''}{default_note(flag)}"
    text = f"{flag.help}{state_note(flag)}"
    return [head, *textwrap.wrap(text, width, initial_indent="      ", subsequent_indent="      ")]


def default_note(flag: Flag) -> str:
    if flag.default in ("", False) or (flag.default == 0 and flag.kind is not STRING):
        return ""
    return f" (default {render_value(flag, flag.default)})"


def state_note(flag: Flag) -> str:
    """What help adds about a flag that does not simply work."""
    notes = []
    if flag.choices:
        notes.append(f"One of {', '.join(flag.choices)}.")
    if flag.aliases:
        notes.append(f"Also {', '.join(f'-{alias}' for alias in flag.aliases)}.")
    if flag.later:
        notes.append(f"Not supported yet: {flag.later}.")
    if flag.idle:
        notes.append(f"No effect: {flag.idle}.")
    return "".join(f" {note}" for note in notes)


def _closing(table: Table) -> str:
    later = sum(flag.state is State.LATER for flag in table.flags)
    return (
        f"{later} more flags of vmagent are known and not supported yet; -help=all shows them.\n"
        "-help=WORD shows the flags that mention a word.\n"
    )
