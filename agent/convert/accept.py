"""Whether the agent takes what was made: what it does not have is left out by name, or refused.

Takes an Outcome and where its parts stood; changes its configuration, adds notes. Raises
ConfigErrors for what is wrong in the file itself.
Invariant: what `convert` writes passes `check`, files that it names apart.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from agent.config.errors import ConfigError, ConfigErrors, Problems
from agent.config.load import resolve
from agent.config.options import LoadOptions
from agent.config.sections import Sections, read_sections
from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
# A key that is left out may have hidden another one; nothing has more levels of them.
_MOST_ROUNDS = 5
# What Prometheus 3 calls otherwise than 2.
_RENAMED = {"scrape_classic_histograms": "always_scrape_classic_histograms"}
_UNKNOWN, _LATER = "unknown key", "not supported yet"
Origins = Mapping[str, Sequence[Node]]


def accept_made(outcome: Outcome, origins: Origins) -> None:
    """`origins`: for each list of the configuration, where its entries stood."""
    for _ in range(_MOST_ROUNDS):
        text = yaml.safe_dump(outcome.config, sort_keys=False, allow_unicode=True)
        problems, sections = _read("made", text, outcome)
        left = _pruned(problems.errors, outcome.config, outcome, origins)
        if left:
            raise ConfigErrors([_at_origin(error, origins, outcome.source) for error in left])
        if not problems.errors:
            _tell_paths(sections, origins, outcome)
            return
    # A key that cannot be found again by its path: one with a dot or a bracket in it.
    raise ConfigErrors([_at_origin(error, origins, outcome.source) for error in problems.errors])


def accept_verbatim(outcome: Outcome, name: str, text: str, root: Node) -> None:
    """A prometheus.yml stays as it stands, unless something must be left out of it."""
    problems, sections = _read(name, text, outcome)
    for each in problems.warnings:
        outcome.note(Kind.DIFFERS, f"{each.file}:{each.line}", each.path or "file", each.message)
    if not problems.errors:
        outcome.verbatim = text
        outcome.note(Kind.SAME, f"{name}:1", "file", "a prometheus.yml: taken over as it stands")
        _tell_paths(sections, {}, outcome)
        return
    outcome.config = {key: value.plain() for key, value in root.entries()}
    if left := _pruned(problems.errors, outcome.config, outcome, {}):
        raise ConfigErrors(left)
    text = "a prometheus.yml: taken over but for what is lost, without its comments"
    outcome.note(Kind.DIFFERS, f"{name}:1", "file", text)
    accept_made(outcome, {key: list(value.items()) for key, value in root.entries()
                          if not value.is_mapping})  # fmt: skip


def _read(name: str, text: str, outcome: Outcome) -> tuple[Problems, Sections | None]:
    """Everything that the agent says of it; files that it names are not looked at."""
    problems = Problems()
    options = LoadOptions(
        environment=outcome.defaults, read_file=lambda _: text.encode(), list_files=lambda _: ()
    )
    sections = read_sections(name, options, problems)
    if sections is not None:
        resolve(sections, options)
    problems.warnings = [each for each in problems.warnings if each.message != "no file matches"]
    lines = text.splitlines()
    # What a variable is going to be is not known here.
    problems.errors = [
        each for each in problems.errors if "%{" not in "".join(lines[each.line - 1 : each.line])
    ]
    return problems, sections


def _pruned(
    errors: Sequence[ConfigError], tree: Tree, outcome: Outcome, origins: Origins
) -> list[ConfigError]:
    """Leaves out what this agent does not have; gives the other errors."""
    left = []
    for error in errors:
        if not error.message.startswith((_UNKNOWN, _LATER)):
            left.append(error)
            continue
        steps = _steps(error.path)
        value = _remove(tree, steps)
        found = _at_origin(error, origins, outcome.source)
        place = f"{found.file}:{found.line}" if found.line else found.file
        new = _RENAMED.get(str(steps[-1]), "")
        if new and value is not None:
            _holder(tree, steps)[new] = value
            outcome.note(Kind.DIFFERS, place, error.path, f"it is called {new} since Prometheus 3")
            continue
        hint = f" ({error.hint})" if error.hint else ""
        outcome.note(Kind.LOST, place, error.path, f"left out: {error.message}{hint}",
                     "docs/configuration.md")  # fmt: skip
    return left


def _steps(path: str) -> list[str | int]:
    return [int(number) if number else key for key, number in _STEP.findall(path)]


def _holder(tree: Any, steps: Sequence[str | int]) -> Any:
    """What holds the last step."""
    for step in steps[:-1]:
        tree = tree[step]
    return tree


def _remove(tree: Any, steps: Sequence[str | int]) -> Any:
    try:
        return _holder(tree, steps).pop(steps[-1])
    except (KeyError, IndexError, TypeError, AttributeError):
        return None  # gone with what held it


def _at_origin(error: ConfigError, origins: Origins, source: str) -> ConfigError:
    """The error at the place in the file that was read."""
    if error.file != "made":
        return error
    node = _origin(_steps(error.path), origins)
    if node is None:
        return ConfigError(file=source, path=error.path, message=error.message, hint=error.hint)
    return ConfigError(
        file=node.node.source.name, line=node.node.line, column=node.node.column,
        path=error.path, message=error.message, hint=error.hint,
    )  # fmt: skip


def _origin(steps: list[str | int], origins: Origins) -> Node | None:
    """The node at the steps, or the last one on the way to it."""
    match steps:
        case [str(section), int(index), *rest] if index < len(origins.get(section, ())):
            node = origins[section][index]
        case _:
            return None
    for step in rest:
        if isinstance(step, str):
            following = node.get(step)
        else:
            items = [] if node.is_mapping else list(node.items())
            following = items[step] if step < len(items) else None
        if following is None:
            break
        node = following
    return node


def _tell_paths(sections: Sections | None, origins: Origins, outcome: Outcome) -> None:
    """Relative paths are looked for beside the configuration, which is about to move."""
    for cursor, written in sections.seen.files if sections else ():
        node = cursor.node
        text = getattr(node, "text", written)
        if not text or text.startswith("/") or "://" in text or text.startswith("%{"):
            continue
        path = cursor.spell()
        made = ConfigError(file=node.source.name, line=node.line, path=path, message="")
        found = _at_origin(made, origins, outcome.source)
        place = f"{found.file}:{found.line}" if found.line else found.file
        told = "a relative path: it is looked for beside the new prometheus.yml"
        outcome.note(Kind.DIFFERS, place, path, told)
