"""Command lines out of systemd's units.

Takes the text of a unit, drop-ins behind it as `systemctl cat` shows them; gives `Command`s.
Source: systemd.service(5), systemd.exec(5), systemd.unit(5).
Invariant: an empty ExecStart= forgets those before it, as systemd does.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

import attrs

from agent.convert.command import Around, Command, Word
from agent.convert.words import END, commands, shell_words

_PREFIX = re.compile(r"^[-@:+!|]*")
_SPECIFIER = re.compile(r"%([%a-zA-Z])")
# Of the system's manager. What differs by host or instance becomes a variable.
_SPECIFIERS = {
    "%": "%",
    "S": "/var/lib",
    "C": "/var/cache",
    "L": "/var/log",
    "E": "/etc",
    "t": "/run",
    "T": "/tmp",  # noqa: S108 (what systemd says)
    "V": "/var/tmp",  # noqa: S108
    "h": "/root",
    "u": "root",
    "i": "%{INSTANCE}",
    "I": "%{INSTANCE}",
    "j": "%{INSTANCE}",
    "H": "%{HOSTNAME}",
    "l": "%{HOSTNAME}",
    "q": "%{HOSTNAME}",
}


@attrs.define
class _Unit:
    """What was read of a unit so far."""

    file: str
    starts: list[tuple[list[str], int, bool]] = attrs.field(factory=list)
    variables: dict[str, Word] = attrs.field(factory=dict)
    sources: list[str] = attrs.field(factory=list)

    def take(self, key: str, value: str, block: list[str], line: int) -> None:
        place = f"{self.file}:{line}"
        if key == "ExecStart":
            prefix = _PREFIX.match(value)
            rest = value[prefix.end() :] if prefix else value
            if not value:
                self.starts.clear()
            else:
                self.starts.append(([rest, *block], line, "@" in (prefix[0] if prefix else "")))
        elif key == "Environment":
            text = " ".join((value, *block))
            if not text.strip():
                self.variables.clear()
            for each in _parts(text):
                name, _, content = each.partition("=")
                self.variables[name] = Word(_specified(content)[0], place)
        elif key == "EnvironmentFile":
            self.sources = [*self.sources, f"EnvironmentFile={value}"] if value else []


def of_systemd(file: str, text: str) -> list[Command]:
    """The ExecStart lines of a unit."""
    unit = _Unit(file)
    for line, key, value, block in _settings(text.splitlines()):
        unit.take(key, value, block, line)
    around = Around(unit.variables, tuple(unit.sources))
    return [each for start in unit.starts for each in _commands(file, *start, around)]


def _settings(lines: Sequence[str]) -> Iterator[tuple[int, str, str, list[str]]]:
    """Line, key, value and the lines that continue it, without their backslashes' comments."""
    at = 0
    while at < len(lines):
        start = at
        block = [lines[at]]
        while block[-1].endswith("\\") and at + 1 < len(lines):
            at += 1
            is_comment = lines[at].lstrip()[:1] in ("#", ";")
            block.append("\\" if is_comment else lines[at])
        at += 1
        key, equals, value = block[0].strip().partition("=")
        if equals and key[:1] not in ("#", ";"):
            yield start + 1, key.strip(), value.strip(), block[1:]


def _parts(text: str) -> list[str]:
    try:
        return [each for each in shlex.split(text.replace("\\\n", " ")) if "=" in each]
    except ValueError:
        return []


def _commands(
    file: str, block: list[str], line: int, has_own_name: bool, around: Around
) -> Iterator[Command]:
    words = list(shell_words(file, block, line))
    if has_own_name and len(words) > 1:
        del words[1]  # what argv[0] is to be
    filled = []
    for word in words:
        text, lost = _specified(word.text) if word.text != END else (word.text, ())
        # A variable is a word of its own or within one; both are the unit's.
        filled.append(attrs.evolve(word, text=text, lost=(*word.lost, *lost)))
    yield from commands(filled, "", around)


def _specified(text: str) -> tuple[str, tuple[str, ...]]:
    """With specifiers replaced, and those that nothing stands for."""
    lost: list[str] = []

    def one(found: re.Match[str]) -> str:
        value = _SPECIFIERS.get(found[1])
        if value is None:
            lost.append(found[0])
            return found[0]
        return value

    return _SPECIFIER.sub(one, text), tuple(lost)
