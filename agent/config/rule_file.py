"""A file of relabel rules, as `-remoteWrite.relabelConfig` names one: a bare list of rules.

Takes a path and how to read it, gives rules; raises ConfigErrors with all that is wrong.
Source: reference/vmagent.md 1.5.
"""

from agent.config.compose import parse
from agent.config.cursor import Cursor, Reading
from agent.config.decode import decoder_for
from agent.config.errors import ConfigError, Problems
from agent.config.load import LoadOptions
from agent.config.rules import Rules
from agent.config.scalars import Wrong
from agent.config.source import decode_source


def load_rules(path: str, *, options: LoadOptions | None = None) -> Rules:
    """The rules of the file, every one of them compiled once as a check."""
    options = options or LoadOptions()
    problems = Problems()
    rules = _read_rules(path, options, problems)
    problems.raise_if_any()
    return rules


def _read_rules(path: str, options: LoadOptions, problems: Problems) -> Rules:
    try:
        content = options.read_file(path)
    except OSError as error:
        reason = error.strerror or str(error)
        problems.error(ConfigError(file=path, message=f"cannot be read: {reason}"))
        return ()
    source = decode_source(path, content, options.environment, problems)
    node = parse(source, problems) if source else None
    if node is None or node.is_null:
        return ()
    reading = Reading(
        problems=problems, directory=".", environment=options.environment, strict=options.strict
    )
    cursor = Cursor(node, (), reading)
    try:
        rules: Rules = decoder_for(Rules)(cursor)
    except Wrong as wrong:
        cursor.wrong(wrong)
        return ()
    return rules
