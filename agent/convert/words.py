"""Command lines out of the files that hold them: shell, systemd, docker-compose, Kubernetes.

Takes texts or nodes; gives `Command`s, each word with its place. Raises ConfigErrors.
Invariant: a word keeps what was written, but for references to variables, which become `%{NAME}`.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

import attrs

from agent.convert.environment import KUBERNETES, SHELL, rewritten
from agent.convert.reading import TEMPLATE, Node, fail, template_error

# What a word must be called to be taken for the program; the tail of an image's name counts.
PROGRAMS = {
    "vmagent": "vmagent",
    "vmagent-prod": "vmagent",
    "prometheus": "prometheus",
    "agent": "grafana",
    "grafana-agent": "grafana",
    "otelcol": "otelcol",
    "otelcol-contrib": "otelcol",
    "opentelemetry-collector": "otelcol",
    "opentelemetry-collector-contrib": "otelcol",
}
_END = ";"
_ENDS = frozenset({_END, "&&", "||", "|", "&", ">", ">>", "2>&1", "2>"})
_PREFIX = re.compile(r"^[-@:+!|]*")
_VARIABLE_WORD = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


@attrs.frozen
class Word:
    text: str
    place: str
    lost: tuple[str, ...] = ()


@attrs.frozen
class Command:
    """`program` is a value of PROGRAMS, "" where only flags were given; `name` tells it apart."""

    program: str
    words: tuple[Word, ...]
    name: str = ""


def program_of(text: str) -> str:
    base = text.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return PROGRAMS.get(base, "")


def of_shell(file: str, text: str) -> list[Command]:
    """Every call of a known agent; a text of flags alone is one call."""
    lines = list(_shell_words(file, text.splitlines(), 1))
    found = list(_commands(lines, ""))
    words = [word for word in lines if word.text != _END]
    if not found and words and all(word.text.startswith("-") for word in words):
        found = [Command("", tuple(words))]
    return found


def _commands(words: Sequence[Word], name: str) -> Iterator[Command]:
    at = 0
    while at < len(words):
        program = program_of(words[at].text)
        at += 1
        if not program:
            continue
        taken = []
        while at < len(words) and words[at].text not in _ENDS:
            taken.append(words[at])
            at += 1
        yield Command(program, tuple(taken), name)


def _shell_words(file: str, lines: Sequence[str], first: int) -> Iterator[Word]:
    """A quoted text may go over several lines; `\\` at the end of a line joins."""
    pending, begun = "", first
    for number, line in enumerate(lines, start=first):
        begun = begun if pending else number
        # The backslash goes, the end of the word stays: nobody breaks a line within one.
        pending += line[:-1] if line.endswith("\\") else line
        try:
            parts = shlex.split(pending, comments=True)
        except ValueError:
            pending += "\n"
            continue
        for part in parts:
            yield _word(part, f"{file}:{begun}", SHELL)
        pending = ""
        if parts and not line.endswith("\\"):
            yield Word(_END, f"{file}:{begun}")
    if pending:
        raise fail(file, begun, "a quotation mark is not closed", text=pending.strip()[:80])


def _word(text: str, place: str, references: re.Pattern[str]) -> Word:
    if found := TEMPLATE.match(text.partition("=")[2] or text):
        file, _, line = place.rpartition(":")
        raise template_error(file, int(line), found[0])
    if _VARIABLE_WORD.fullmatch(text):
        return Word(text, place, (text,))
    return Word(*_filled(text, references, place))


def _filled(text: str, references: re.Pattern[str], place: str) -> tuple[str, str, tuple[str, ...]]:
    filled, lost = rewritten(text, references)
    return filled, place, lost


def of_systemd(file: str, text: str) -> list[Command]:
    """The ExecStart lines of a unit."""
    lines = text.splitlines()
    found: list[Command] = []
    at = 0
    while at < len(lines):
        start = at
        while lines[at].endswith("\\") and at + 1 < len(lines):
            at += 1
        at += 1
        key, equals, rest = lines[start].strip().partition("=")
        if key.strip() != "ExecStart" or not equals or not rest.strip():
            continue
        block = [_PREFIX.sub("", rest.strip()), *lines[start + 1 : at]]
        found += _commands(list(_shell_words(file, block, start + 1)), "")
    return found


def of_compose(root: Node) -> list[Command]:
    """The services that run a known agent."""
    found = []
    services = root.get("services")
    for name, node in services.entries() if services else ():
        image = node.get("image")
        program = program_of(image.text()) if image else ""
        words = list(_container_words(node, ("entrypoint", "command"), SHELL))
        if called := list(_commands(words, name)):
            found += called
        elif program:
            found.append(Command(program, tuple(words), name))
    return found


def _container_words(
    node: Node, keys: Sequence[str], references: re.Pattern[str]
) -> Iterator[Word]:
    for key in keys:
        value = node.get(key)
        if value is None:
            continue
        is_line = not value.is_mapping and next(value.items(), value).node is value.node
        for item in value.items():
            if is_line:
                file, _, line = item.place.rpartition(":")
                words = _shell_words(file, item.text().splitlines(), int(line))
                yield from (word for word in words if word.text != _END)
            else:
                yield _word(item.text(), item.place, references)


def of_kubernetes(roots: Sequence[Node]) -> list[Command]:
    """The containers that run a known agent, in manifests of any kind."""
    found = []
    for root in roots:
        name = root.get("metadata", "name")
        for container in _containers(root, 0):
            image = container.get("image")
            words = list(_container_words(container, ("command", "args"), KUBERNETES))
            called = list(_commands(words, name.text() if name else ""))
            program = program_of(image.text()) if image else ""
            if called:
                found += called
            elif program:
                found.append(Command(program, tuple(words), name.text() if name else ""))
    return found


def _containers(node: Node, depth: int) -> Iterator[Node]:
    """Those below any `containers`, wherever a kind has its pods."""
    if depth > 12 or not node.is_mapping:
        return
    for key, value in node.entries():
        if key == "containers":
            yield from (item for item in value.items() if item.is_mapping)
        elif key == "items" and not value.is_mapping:
            for item in value.items():
                yield from _containers(item, depth + 1)
        else:
            yield from _containers(value, depth + 1)
