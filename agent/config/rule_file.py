"""A file of relabel rules, as `-remoteWrite.relabelConfig` names one: a bare list of rules.

Takes a path and how to read it, gives rules; raises ConfigErrors with all that is wrong.
Source: reference/vmagent.md 1.5.
"""

from agent.config.decode import decoder_for
from agent.config.errors import Problems
from agent.config.options import LoadOptions
from agent.config.rules import Rules
from agent.config.scalars import Wrong
from agent.config.sections import FileReader


def load_rules(path: str, *, options: LoadOptions | None = None) -> Rules:
    """The rules of the file, every one of them compiled once as a check."""
    options = options or LoadOptions()
    problems = Problems()
    rules = _read_rules(path, options, problems)
    problems.raise_if_any()
    return rules


def _read_rules(path: str, options: LoadOptions, problems: Problems) -> Rules:
    cursor = FileReader(options, problems).parse(path)
    if cursor is None or cursor.node.is_null:
        return ()
    try:
        rules: Rules = decoder_for(Rules)(cursor)
    except Wrong as wrong:
        cursor.wrong(wrong)
        return ()
    return rules
