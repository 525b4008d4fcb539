"""Command lines out of shell texts, the way a shell would part them.

Takes texts; gives `Command`s, each word with its place. Raises ConfigErrors.
Invariant: a word keeps what was written, but for references to variables, which become `%{NAME}`.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

import attrs

from agent.convert.command import Around, Command, Word, program_of
from agent.convert.environment import SHELL, rewritten
from agent.convert.reading import TEMPLATE, fail, template_error

END = ";"
_ENDS = frozenset({END, "&&", "||", "|", "&"})
_REDIRECTION = re.compile(r"([0-9&]?>{1,2}|<)(.*)")
_VARIABLE_WORD = re.compile(r"\$\{?([A-Za-z_]\w*)\}?|\$[@*]|\"\$@\"")
_EXPRESSION = re.compile(r"\$\([^)]*\)?|`[^`]*`?")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
# Options of `docker run`, `sudo` and their like whose value may bear the program's name.
_NAMING = frozenset(
    [
        "-v",
        "--volume",
        "--mount",
        "--name",
        "--hostname",
        "-h",
        "--network",
        "--net",
        "--network-alias",
        "-u",
        "--user",
        "-g",
        "--group",
        "-a",
        "-t",
        "-C",
        "--container",
        "--label",
        "-l",
        "--uid",
        "--unit",
    ]
)


def of_shell(file: str, text: str) -> list[Command]:
    """Every call of a known agent; a text of flags alone is one call."""
    lines = list(shell_words(file, text.splitlines(), 1))
    found = list(commands(lines, ""))
    words = [word for word in lines if word.text != END]
    if not found and words and all(word.text.startswith("-") for word in words):
        found = [Command("", tuple(words))]
    return found


def commands(words: Sequence[Word], name: str, around: Around | None = None) -> Iterator[Command]:
    """The calls of known agents among words, also those within `sh -c '...'`."""
    variables = dict(around.variables) if around else {}
    at = 0
    while at < len(words):
        word, before = words[at], words[at - 1].text if at else END
        at += 1
        if before in (*_ENDS, "export", "env") and (given := _ASSIGNMENT.fullmatch(word.text)):
            variables[given[1]] = Word(given[2], word.place, word.lost, word.defaults)
            words = [*words[: at - 1], Word(END, word.place), *words[at:]]
        elif before == "-c" and at > 2 and words[at - 3].text.rpartition("/")[2] in _SHELLS:
            file, _, line = word.place.rpartition(":")
            inner = list(shell_words(file, word.text.splitlines(), int(line)))
            yield from commands(inner, name, around)
        elif program := "" if before in _NAMING else program_of(word.text):
            taken = []
            while at < len(words) and words[at].text not in _ENDS:
                taken.append(words[at])
                at += 1
            found = attrs.evolve(around or Around(), variables=dict(variables))
            yield Command(program, tuple(_without_redirections(taken)), name, found)


def _without_redirections(words: Sequence[Word]) -> Iterator[Word]:
    is_path = False
    for word in words:
        redirection = _REDIRECTION.fullmatch(word.text)
        if redirection is None and not is_path:
            yield word
        is_path = redirection is not None and not redirection[2]


def shell_words(file: str, lines: Sequence[str], first: int) -> Iterator[Word]:
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
            is_end = part.endswith(END) and len(part) > 1
            yield word_of(part.removesuffix(END) if is_end else part, f"{file}:{begun}", SHELL)
            if is_end:
                yield Word(END, f"{file}:{begun}")
        pending = ""
        if parts and not line.endswith("\\"):
            yield Word(END, f"{file}:{begun}")
    if pending:
        raise fail(file, begun, "a quotation mark is not closed", text=pending.strip()[:80])


def word_of(text: str, place: str, references: re.Pattern[str]) -> Word:
    """Raises ConfigErrors for a template that nobody filled in."""
    if found := TEMPLATE.match(text.partition("=")[2] or text):
        file, _, line = place.rpartition(":")
        raise template_error(file, int(line), found[0])
    if references is SHELL and _VARIABLE_WORD.fullmatch(text):
        return Word(text, place, (text,))
    filled, lost, defaults = rewritten(text, references)
    if references is SHELL:
        lost += tuple(found[0] for found in _EXPRESSION.finditer(text))
    return Word(filled, place, lost, defaults)
