"""vmagent's and Prometheus' flags: most are promferry's, so what is told is what becomes of each.

Takes a Command; gives flags and notes.
Invariant: the flags that are written are accepted by `agent.flags`; what it refuses is lost here.
"""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from agent.convert.command import Command, Word
from agent.convert.note import Kind
from agent.convert.outcome import Outcome
from agent.flags.flag import Flag
from agent.flags.items import split_items
from agent.flags.kinds import parse_value
from agent.flags.suggest import nearest
from agent.flags.table import TABLE
from scraper.placeholders import placeholders

LOOKS = {
    "vmagent": "docs/migrate-from-vmagent.md",
    "prometheus": "docs/migrate-from-prometheus.md",
}
# The default that a queue's place has there, and what to do with what lies in it.
_OLD_PATHS = {"vmagent": "vmagent-remotewrite-data", "prometheus": "data-agent/"}

_CONFIGS = ("promscrape.config", "config.file", "config")
# What makes scrapes be as vmagent's: it is added where there are some.
_AS_VMAGENT = {
    "promscrape.instanceDefaultPort": "instance has a port, as vmagent gives it one",
    "promscrape.lenientParse": "a bad line is skipped, as vmagent does",
    "promscrape.vmagentReportSeries": "vmagent's series on scrapes are sent",
}


def program_of(command: Command) -> str:
    """Which of the two it is; told by its flags where the program is not named."""
    if command.program:
        return command.program
    is_foreign = any(_flag(word.text)[0] in ("config.file", "agent") for word in command.words)
    return "prometheus" if is_foreign else "vmagent"


def _flag(text: str) -> tuple[str, str, str]:
    return text.removeprefix("-").removeprefix("-").partition("=")


def config_of(command: Command) -> str:
    """The path of the configuration that the command names; empty if there is none."""
    words = [word.text for word in command.words]
    for word, following in pairwise([*words, ""]):
        name, equals, text = _flag(word)
        if word.startswith("-") and name in _CONFIGS:
            return text if equals else following
    return ""


def convert(command: Command, outcome: Outcome) -> None:
    """A configuration that `outcome` has already takes the place of the one that is named."""
    program = program_of(command)
    look = LOOKS.get(program, "")
    names = set()
    command = _with_variables(command, outcome)
    has_config = bool(outcome.config_text())
    for word, name, text in _pairs(command, outcome, look):
        flag = TABLE.find(name)
        names.add(flag.stands_for or flag.name if flag else name)
        if has_config and name in _CONFIGS:
            outcome.note(Kind.SAME, word.place, f"-{name}", "it stands in the file itself")
        else:
            _take(word, name, text, flag, outcome, look)
    place = command.words[0].place if command.words else outcome.source
    if "remoteWrite.tmpDataPath" not in names:
        old = _OLD_PATHS[program]
        text = (
            f"not given: the default is promferry-data and not {old}; what is unsent in the old "
            f"one: promferry queue import -from={program} {old}"
        )
        outcome.note(Kind.DIFFERS, place, "data path", text, look)
    is_open = any(word.bare_variable for word in command.words)
    if program == "prometheus" and "promscrape.config" not in names and not is_open:
        outcome.flags.append("-promscrape.config=prometheus.yml")
        outcome.note(Kind.SAME, place, "config.file", "not given: Prometheus' prometheus.yml")
    if program == "prometheus" and "httpListenAddr" not in names:
        outcome.flags.append("-httpListenAddr=:9090")
        outcome.note(Kind.SAME, place, "web.listen-address", "not given: Prometheus' :9090 is kept")
    if program == "vmagent" and "promscrape.config" in names:
        for name, text in _AS_VMAGENT.items():
            outcome.flags.append(f"-{name}")
            outcome.note(Kind.SAME, place, f"-{name}", text)
    if program == "prometheus":
        _tell_ports(command, place, outcome, look)


def _tell_ports(command: Command, place: str, outcome: Outcome, look: str) -> None:
    """Prometheus 2 gives an `instance` without a port one; its agent is a feature, not a flag."""
    name = "promscrape.instanceDefaultPort"
    texts = [_flag(word.text) for word in command.words]
    if any(flag == "enable-feature" and "agent" in text.split(",") for flag, _, text in texts):
        outcome.flags.append(f"-{name}")
        outcome.note(Kind.SAME, place, f"-{name}", "instance has a port, as in Prometheus 2")
        return
    text = "instance has no port where the target has none, as in Prometheus 3; this flag adds it"
    outcome.note(Kind.DIFFERS, place, f"-{name}", text, look)


def _with_variables(command: Command, outcome: Outcome) -> Command:
    """Variables that are flags, where the command asks for it; what others are needed."""
    words, known = list(command.words), command.around.variables
    texts = {name: text for name, _, text in (_flag(word.text) for word in words)}
    if "envflag.enable" in texts and texts["envflag.enable"] not in ("false", "0"):
        given = {name.replace(".", "_") for name in texts}
        prefix = texts.get("envflag.prefix", "")
        for flag in TABLE.flags:
            name = flag.name.replace(".", "_")
            if not flag.is_foreign and name not in given and (value := known.get(prefix + name)):
                words.append(attrs.evolve(value, text=f"-{flag.name}={value.text}"))
    for word in words:
        for name, default in word.defaults.items():
            outcome.add_default(name, default, word.place, f"-{_flag(word.text)[0]}")
    needed = {name: word for word in words for name in placeholders(word.text)}
    where = f" (there: {', '.join(command.around.sources)})" if command.around.sources else ""
    for name, word in needed.items():
        if name not in outcome.defaults:
            text = f"set {name} in promferry's environment{where}"
            outcome.note(Kind.DIFFERS, word.place, f"%{{{name}}}", text)
    return attrs.evolve(command, words=tuple(words))


def _pairs(command: Command, outcome: Outcome, look: str) -> Iterator[tuple[Word, str, str | None]]:
    """Each flag with its text, None where it has none."""
    words = list(command.words)
    while words:
        word = words.pop(0)
        for name in word.lost:
            text = f"what {name} stands for is not known here: write it out"
            # The rest of a flag's text may be a secret.
            shown = word.text.partition("=")[0] if word.text.startswith("-") else word.text
            outcome.note(Kind.LOST, word.place, shown, text, look)
        if word.lost and not word.text.startswith("-"):
            continue
        if not word.text.startswith("-"):
            outcome.note(Kind.LOST, word.place, word.text, "not a flag, nor a flag's value", look)
            continue
        name, equals, text = _flag(word.text)
        flag = TABLE.find(name)
        if flag is None and not equals and words and not words[0].text.startswith("-"):
            words.pop(0)  # the value of what is not known: it may be a secret
        if equals or flag is None or flag.value_without() is not None:
            yield word, name, text if equals else None
        elif words and TABLE.find(_flag(words[0].text)[0]) is None:
            yield word, name, words.pop(0).text
        else:
            outcome.note(Kind.LOST, word.place, f"-{name}", "needs a value", look)


def _take(
    word: Word, name: str, text: str | None, flag: Flag | None, outcome: Outcome, look: str
) -> None:
    shown = f"-{name}"
    if flag is None:
        meant = nearest(name, TABLE.spellings())
        hint = f"; did you mean -{meant}?" if meant else ""
        outcome.note(Kind.LOST, word.place, shown, f"unknown flag{hint}", look)
        return
    given = (flag.value_without() or "") if text is None else text
    reason = _wrong(flag, given)
    if reason and "%{" not in given:
        outcome.note(Kind.LOST, word.place, shown, reason, look)
    elif flag.later and not _is_default(flag, given):
        outcome.note(Kind.LOST, word.place, shown, f"not supported yet: {flag.later}", look)
    elif flag.idle and not flag.quiet and not (set(split_items(given)) & set(flag.effective)):
        outcome.note(Kind.DIFFERS, word.place, shown, f"left out: {flag.idle}", look)
    elif flag.stands_for and not (flag.translations and "%{" in given):
        value = flag.translations.get(given.lower(), given)
        outcome.flags.append(f"-{flag.stands_for}={value}")
        outcome.note(Kind.SAME, word.place, shown, f"-{flag.stands_for}")
    else:
        outcome.flags.append(shown if text is None else f"{shown}={text}")
        outcome.note(Kind.SAME, word.place, shown, "the same flag")


def _wrong(flag: Flag, given: str) -> str:
    """Why the agent would refuse the text; empty if it takes it."""
    if flag.translations and given.lower() not in flag.translations:
        return f"must be one of {', '.join(flag.translations)}"
    proper = TABLE.by_name[flag.stands_for] if flag.stands_for else flag
    text = flag.translations.get(given.lower(), given)
    try:
        for item in split_items(text) if proper.many else (text,):
            parse_value(proper, item)
    except ValueError as exc:
        return str(exc)
    return ""


def _is_default(flag: Flag, given: str) -> bool:
    try:
        return parse_value(flag, given) == flag.default
    except ValueError:
        return False
