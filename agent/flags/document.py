"""docs/flags.md, from the table, so that it cannot lie.

Takes the table; gives Markdown. `python -m agent.flags.document` writes the file.
"""

from collections.abc import Iterator
from pathlib import Path

from agent.flags.flag import Flag, Group, State
from agent.flags.kinds import render_value
from agent.flags.table import TABLE, Table

PATH = Path(__file__).parents[2] / "docs" / "flags.md"

_INTRODUCTION = """\
# Flags

Generated from `agent/flags/groups/` by `python -m agent.flags.document`; `promferry -help` shows
the same. The syntax is that of vmagent:

- One dash or two; `-flag=value` or `-flag value`; booleans `-flag` or `-flag=false`.
- A type with `[]` is a list: repeat the flag or part the values by commas. Commas within `'...'`,
  `"..."`, `{}`, `[]` and `()` belong to the value. For `-remoteWrite.*` item number i is for URL
  number i; a single item is for all; an empty or missing one is the default.
- Durations: `300ms`, `1m30s`, also `d`, `w` and `y`. Sizes: `16777216`, `512MB`, `1.5GiB`.
- Passwords may be `file:///path`, `file://./path` or `http(s)://...`, read again every 2 s.
- `%{NAME}` in an argument is the environment variable NAME. With `-envflag.enable` a variable
  `remoteWrite_url` (after `-envflag.prefix`) sets `-remoteWrite.url`; the command line wins.
- A flag marked *not yet* is refused when it is set to anything but its default; one marked *no
  effect* is accepted.
"""


def render_document(table: Table = TABLE) -> str:
    return _INTRODUCTION + "".join(_render_group(group) for group in table.groups)


def _render_group(group: Group) -> str:
    rows = (_row(flag) for flag in sorted(group.flags, key=lambda flag: flag.name.casefold()))
    head = "| flag | type | default | state | what it does |\n|---|---|---|---|---|\n"
    return f"\n## {group.title} (`-help={group.name}`)\n\n{head}{''.join(rows)}"


def _row(flag: Flag) -> str:
    kind = f"{flag.kind.value}{'[]' if flag.many else ''}"
    cells = (f"`-{flag.name}`", kind, _default(flag), _state(flag), " ".join(_texts(flag)))
    return f"| {' | '.join(cells)} |\n"


def _default(flag: Flag) -> str:
    if flag.default == "" or flag.stands_for:
        return ""
    return f"`{render_value(flag, flag.default)}`"


def _state(flag: Flag) -> str:
    return "" if flag.state is State.BUILT else flag.state.value


def _texts(flag: Flag) -> Iterator[str]:
    yield flag.help
    if flag.choices:
        yield f"One of {', '.join(f'`{choice}`' for choice in flag.choices)}."
    if flag.aliases:
        yield f"Also {', '.join(f'`-{alias}`' for alias in flag.aliases)}."
    if flag.later or flag.idle:
        yield f"({flag.later or flag.idle})"


if __name__ == "__main__":
    PATH.write_text(render_document())
