"""A call of another agent: its words with their places, and what it finds around it.

Takes nothing; gives the vocabulary of the readers of shell lines, units and manifests.
Invariant: `Command.filled` puts in what the same file says of variables, and nothing else.
"""

import shlex
from collections.abc import Iterator, Mapping

import attrs

from agent.convert.reading import Node
from scraper.placeholders import ExpansionError, expand

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


def program_of(text: str) -> str:
    """Of a path or an image's name; empty for anything else."""
    if text.startswith("-") or "=" in text:
        return ""
    base = text.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return PROGRAMS.get(base, "")


@attrs.frozen
class Word:
    """`lost`: variables and expressions in it that nothing stands for; `defaults`: what stands for
    a variable that is not set."""

    text: str
    place: str
    lost: tuple[str, ...] = ()
    defaults: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    @property
    def bare_variable(self) -> str:
        """The name, where the whole word is a variable that may be several words."""
        return self.lost[0].strip("${}") if self.lost == (self.text,) else ""


@attrs.frozen
class Around:
    """What a command finds: variables that the file sets, where others come from, files by name."""

    variables: Mapping[str, Word] = attrs.field(factory=dict)
    sources: tuple[str, ...] = ()
    files: Mapping[str, Node] = attrs.field(factory=dict)


@attrs.frozen
class Command:
    """`program` is a value of PROGRAMS, "" where only flags were given; `name` tells it apart."""

    program: str
    words: tuple[Word, ...]
    name: str = ""
    around: Around = Around()

    def filled(self) -> "Command":
        """With the variables that the file itself sets."""
        known = self.around.variables
        words = [each for word in self.words for each in _filled(word, known)] if known else ()
        return attrs.evolve(self, words=tuple(words)) if known else self


def fill(text: str, known: Mapping[str, Word]) -> str:
    """With what variables hold; as it stands where that would have no end."""
    try:
        return expand(text, {name: word.text for name, word in known.items()})
    except ExpansionError:
        return text


def _filled(word: Word, known: Mapping[str, Word]) -> Iterator[Word]:
    if (several := known.get(word.bare_variable)) is not None:
        for text in _parts(fill(several.text, known)):
            yield Word(text, several.place)
        return
    text = fill(word.text, known)
    left = {name: value for name, value in word.defaults.items() if name not in known}
    yield Word(text, word.place, word.lost, left)


def _parts(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
