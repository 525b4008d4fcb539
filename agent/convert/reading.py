"""Files that are to be converted, as trees of nodes with their places.

Takes bytes; gives the documents of a YAML file and plain values of nodes. Raises ConfigErrors.
Invariant: a template that nobody filled in is an error at its line, never a value.
"""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from agent.config import tree
from agent.config.compose import parse
from agent.config.errors import ConfigError, ConfigErrors, Problems
from agent.config.source import decode_source

_SPLIT = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
TEMPLATE = re.compile(r"\{\{.*?(\}\}|$)")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BOOLEANS = {"true": True, "false": False}
# A manifest of a whole cluster has some hundred.
MAX_DOCUMENTS = 1000

EMPTY = "nothing to convert: the file is empty"


def fail(file: str, line: int, message: str, *, text: str = "", hint: str = "") -> ConfigErrors:
    """One error with its place, to be raised."""
    return ConfigErrors([ConfigError(file=file, line=line, message=message, text=text, hint=hint)])


def read_text(name: str, content: bytes) -> str:
    """The text of a file. Raises ConfigErrors for what is none."""
    problems = Problems()
    source = decode_source(name, content, {}, problems)
    problems.raise_if_any()
    assert source is not None
    if "\0" in source.text:
        line = source.text[: source.text.index("\0")].count("\n") + 1
        raise fail(name, line, "holds a NUL byte: it is no text", hint="is it the right file?")
    if not source.text.strip():
        raise fail(name, 0, EMPTY)
    return source.text


def documents(name: str, text: str) -> list[tree.Node]:
    """The roots of all documents of a YAML file, each with the lines of the file."""
    problems = Problems()
    roots = [root for part in _parts(text) if (root := _parse(name, part, problems)) is not None]
    if problems.errors and (found := TEMPLATE.search(text)):
        raise template_error(name, text[: found.start()].count("\n") + 1, found[0])
    problems.raise_if_any()
    return roots


def _parts(text: str) -> Iterator[str]:
    """Each document behind as many empty lines as stand before it."""
    at = 0
    for number, found in enumerate(_SPLIT.finditer(text)):
        if number > MAX_DOCUMENTS:
            return
        yield "\n" * text.count("\n", 0, at) + text[at : found.start()]
        at = found.end()
    yield "\n" * text.count("\n", 0, at) + text[at:]


def _parse(name: str, text: str, problems: Problems) -> tree.Node | None:
    source = decode_source(name, text.encode(), {}, problems)
    return parse(source, problems) if source and source.text.strip() else None


def template_error(file: str, line: int, text: str) -> ConfigErrors:
    return fail(
        file,
        line,
        "a template that was not filled in",
        text=text[:80],
        hint="render it first (helm template, ansible, envsubst) and convert the result",
    )


def held_text(node: "Node") -> str:
    """A text that is a file of its own, behind as many empty lines as stand before it."""
    assert isinstance(node.node, tree.Scalar)
    # The text of a block begins on the line below its `|`.
    return "\n" * (node.node.line - (not node.node.text.count("\n"))) + node.text()


@attrs.frozen
class Node:
    """A node with its path: what readers walk over."""

    node: tree.Node
    path: str = ""

    @property
    def place(self) -> str:
        return f"{self.node.source.name}:{self.node.line}"

    @property
    def is_null(self) -> bool:
        return self.node.is_null

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, tree.Mapping)

    def entries(self) -> "Iterator[tuple[str, Node]]":
        """A mapping's items; nothing for null. Raises ConfigErrors for what is no mapping."""
        if self.is_null:
            return
        if not isinstance(self.node, tree.Mapping):
            raise self.wrong(f"must be a mapping, not a {self.node.kind}")
        for key, (_, value) in self.node.entries.items():
            yield key, Node(value, f"{self.path}.{key}" if self.path else key)

    def items(self) -> "Iterator[Node]":
        """A list's items; a scalar is a list of one."""
        if self.is_null:
            return
        if isinstance(self.node, tree.Scalar):
            yield self
            return
        if not isinstance(self.node, tree.Sequence):
            raise self.wrong(f"must be a list, not a {self.node.kind}")
        for index, item in enumerate(self.node.items):
            yield Node(item, f"{self.path}[{index}]")

    def get(self, *keys: str) -> "Node | None":
        """The value at the keys; None where one is missing."""
        here: Node | None = self
        for key in keys:
            here = dict(here.entries()).get(key) if here is not None and here.is_mapping else None
        return here

    def text(self) -> str:
        """A scalar's text. Raises ConfigErrors for another node or a template."""
        if not isinstance(self.node, tree.Scalar):
            raise self.wrong(f"must be a text, not a {self.node.kind}")
        if TEMPLATE.match(self.node.text):
            raise template_error(self.node.source.name, self.node.line, self.node.text)
        return "" if self.is_null else self.node.text

    def is_true(self) -> bool:
        return self.text().lower() in ("true", "yes", "on")

    def plain(self) -> Any:
        """As Python objects; a scalar stays a text unless it is written as YAML would write it."""
        node = self.node
        if isinstance(node, tree.Mapping):
            return {key: value.plain() for key, value in self.entries()}
        if isinstance(node, tree.Sequence):
            return [item.plain() for item in self.items()]
        assert isinstance(node, tree.Scalar)
        if node.is_null:
            return None
        if node.is_plain and not node.tag:
            if _INTEGER.fullmatch(node.text):
                return int(node.text)
            return _BOOLEANS.get(node.text, node.text)
        return node.text

    def wrong(self, message: str) -> ConfigErrors:
        node = self.node
        error = ConfigError(
            file=node.source.name, line=node.line, column=node.column, path=self.path,
            message=message,
        )  # fmt: skip
        return ConfigErrors([error])
