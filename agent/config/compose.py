"""From the text of a file to its tree of nodes.

Takes a source, gives its root node. Built from the parser's events, not by its composer, because
the depth, the aliases and the duplicates are bounded and reported here.
Invariant: no document, however hostile, makes the walk over the tree longer than MAX_ALIAS_NODES
beyond its own length; no tree is deeper than MAX_DEPTH or contains itself.
"""

import base64
from collections.abc import Iterator
from typing import Any

import yaml

from agent.config.errors import ConfigError, Problems, cut
from agent.config.source import Source
from agent.config.tree import Mapping, Node, Scalar, Sequence

# The deepest real configuration is 12 levels deep.
MAX_DEPTH = 50
# Billion laughs: what aliases may add to a document, in nodes. A configuration that repeats a
# block of 20 relabel rules in 200 jobs needs 40 000.
MAX_ALIAS_NODES = 200_000

_TAG = "tag:yaml.org,2002:"


class _Fatal(Exception):
    """The document cannot be read on; already reported."""


def _loader(text: str) -> Any:
    # libyaml is about ten times as fast; a wheel may lack it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader(text)


def parse(source: Source, problems: Problems) -> Node | None:
    """The root of the first document; None if there is none or it is broken (reported)."""
    try:
        return _Builder(source, problems).build()
    except _Fatal:
        return None
    except yaml.MarkedYAMLError as error:
        _report_syntax(source, problems, error)
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", None) or "cannot be parsed"
        problems.error(ConfigError(file=source.name, message=f"not valid YAML: {reason}"))
    return None


def _report_syntax(source: Source, problems: Problems, error: yaml.MarkedYAMLError) -> None:
    mark, begun = error.problem_mark, error.context_mark
    line = column = 0
    if mark is not None:
        line, column = source.place(mark.index)
    reason = " ".join(part for part in (error.context, error.problem) if part)
    hint = _syntax_hint(source.written_line(line), reason)
    if not hint and begun is not None and mark is not None and begun.index != mark.index:
        hint = "begun at {}:{}".format(*source.place(begun.index))
    problems.error(
        ConfigError(
            file=source.name,
            line=line,
            column=column,
            message=f"not valid YAML: {reason}",
            hint=hint,
            quote=source.quotable_line(line),
        )
    )


def _syntax_hint(line: str, reason: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with blanks, not with tabs"
    if ": %" in line or ": @" in line or ": `" in line or ": *" in line:
        return "put the value in quotes"
    if "mapping values are not allowed" in reason:
        return "the line before misses its colon, or a value with a colon needs quotes"
    return ""


class _Builder:
    """Turns events into nodes with a stack of its own, so that depth cannot exhaust Python's."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Sequence | Mapping, list[Node], str | None]] = []
        self._alias_nodes = 0
        self._root: Node | None = None

    def build(self) -> Node | None:
        for event in self._events():
            if isinstance(event, yaml.ScalarEvent):
                line, column = self._place(event)
                is_plain = event.style is None or event.style == ""
                tag = _short_tag(event.tag)
                self._add(
                    Scalar(self._source, line, column, tag, event.value, is_plain), event.anchor
                )
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._start(event)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                self._warn_of_second(event)
                break
        return self._root

    def _warn_of_second(self, event: Any) -> None:
        """Prometheus and vmagent read the first document and say nothing."""
        line, column = self._place(event)
        self._problems.warning(
            ConfigError(
                file=self._source.name,
                line=line,
                column=column,
                message="a second document begins here; only the first one is read",
            )
        )

    def _events(self) -> Iterator[Any]:
        loader = _loader(self._source.text)
        try:
            while loader.check_event():
                yield loader.get_event()
        finally:
            loader.dispose()

    def _place(self, event: Any) -> tuple[int, int]:
        return self._source.place(event.start_mark.index)

    def _start(self, event: Any) -> None:
        line, column = self._place(event)
        if len(self._open) >= MAX_DEPTH:
            self._fatal(line, column, f"nested deeper than {MAX_DEPTH} levels")
        kind = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
        node = kind(self._source, line, column, _short_tag(event.tag))
        self._open.append((node, [], event.anchor))

    def _end(self) -> None:
        node, children, anchor = self._open.pop()
        if isinstance(node, Sequence):
            node.items = children
        else:
            self._fill_mapping(node, children)
        node.weight += sum(child.weight for child in children)
        self._add(node, anchor)

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._root = node

    def _alias(self, event: Any) -> None:
        line, column = self._place(event)
        node = self._anchors.get(event.anchor)
        if any(anchor == event.anchor for _, _, anchor in self._open):
            self._fatal(line, column, f"anchor {cut(event.anchor)!r} contains itself")
        if node is None:
            self._fatal(line, column, f"unknown anchor {cut(event.anchor)!r}")
        assert node is not None
        self._alias_nodes += node.weight
        if self._alias_nodes > MAX_ALIAS_NODES:
            self._fatal(
                line, column, f"aliases blow the document up by more than {MAX_ALIAS_NODES} nodes"
            )
        self._add(node, None)

    def _fatal(self, line: int, column: int, message: str) -> None:
        self._error(line, column, message)
        raise _Fatal

    def _error(self, line: int, column: int, message: str, hint: str = "") -> None:
        self._problems.error(
            ConfigError(
                file=self._source.name,
                line=line,
                column=column,
                message=message,
                hint=hint,
                quote=self._source.quotable_line(line),
            )
        )

    def _fill_mapping(self, node: Mapping, children: list[Node]) -> None:
        merged: list[Node] = []
        for key, value in zip(children[0::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._error(key.line, key.column, f"a key must be a text, not a {key.kind}")
            elif key.text == "<<" and key.is_plain:
                merged.append(value)
            else:
                self._set(node, key, value)
        for value in merged:
            self._merge(node, value)

    def _set(self, node: Mapping, key: Scalar, value: Node) -> None:
        text = key.text
        if key.tag == "!!binary":
            try:
                text = base64.b64decode(text, validate=True).decode()
            except ValueError:
                message = "a !!binary key must be UTF-8 in base64: not a valid label name"
                self._error(key.line, key.column, message)
        if text in node.entries:
            first = node.entries[text][0]
            self._error(
                key.line,
                key.column,
                f"key {cut(text)!r} is given twice",
                f"first at {first.source.name}:{first.line}:{first.column}",
            )
        else:
            node.entries[text] = (key, value)

    def _merge(self, node: Mapping, value: Node) -> None:
        """YAML's `<<`: the keys of another mapping (or of several) that are not given here."""
        sources = value.items if isinstance(value, Sequence) else [value]
        for other in sources:
            if not isinstance(other, Mapping):
                message = f"<< takes a mapping or a list of mappings, not a {other.kind}"
                self._error(other.line, other.column, message)
                continue
            for text, entry in other.entries.items():
                node.entries.setdefault(text, entry)


def _short_tag(tag: str | None) -> str:
    if not tag or tag == "!":
        return ""
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
