"""A place in a configuration: the node, the path that led to it and what is being read.

Takes nodes, gives the places below them; reports errors and warnings where it stands.
Invariant: an error says file, line, column, path and, where it is no secret, the line itself.
"""

from collections.abc import Mapping

import attrs

from agent.config import scalars, tree
from agent.config.errors import ConfigError, PathKey, Problems, cut, spell_path
from agent.config.scalars import Wrong


@attrs.define
class Seen:
    """What a reading met that a check wants to look at: files that are named, secrets."""

    files: list[tuple["Cursor", str]] = attrs.field(factory=list)
    secrets: list["Cursor"] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class Reading:
    """What is the same for all nodes of one file."""

    problems: Problems
    directory: str
    environment: Mapping[str, str]
    strict: bool = True
    seen: Seen = attrs.field(factory=Seen)
    refuses: bool = True  # what is not built yet; off in sections that are not used anyway


@attrs.define
class Cursor:
    """A node, the path that led to it and what is being read."""

    node: tree.Node
    path: tuple[PathKey, ...]
    reading: Reading
    broken: set[str] = attrs.field(factory=set, repr=False)

    def child(self, key: PathKey, node: tree.Node) -> "Cursor":
        return Cursor(node, (*self.path, key), self.reading)

    def has(self, key: str) -> bool:
        """The key is written here, with a value."""
        entry = self._entry(key)
        return entry is not None and not entry[1].is_null

    def _entry(self, key: str) -> tuple[tree.Scalar, tree.Node] | None:
        return self.node.entries.get(key) if isinstance(self.node, tree.Mapping) else None

    def at(self, key: str) -> "Cursor":
        """The cursor of the key's value; that of the mapping itself where the key is missing."""
        entry = self._entry(key)
        return Cursor(entry[1] if entry else self.node, (*self.path, key), self.reading)

    def key_of(self, key: str) -> "Cursor":
        """The cursor of the key itself, for errors about the key and not about its value."""
        entry = self._entry(key)
        return Cursor(entry[0] if entry else self.node, (*self.path, key), self.reading)

    def item(self, index: int) -> "Cursor":
        """The cursor of a list's item."""
        items = self.node.items if isinstance(self.node, tree.Sequence) else ()
        return self.child(index, items[index] if index < len(items) else self.node)

    def is_true(self) -> bool:
        try:
            return scalars.boolean(self.node)
        except Wrong:
            return False

    def is_sound(self, *keys: str) -> bool:
        """None of these keys had an error: what follows from an error is not reported."""
        return self.broken.isdisjoint(keys)

    def spell(self) -> str:
        return spell_path(self.path)

    def problem(self, message: str, text: str = "", hint: str = "") -> ConfigError:
        source = self.node.source
        return ConfigError(
            file=source.name,
            line=self.node.line,
            column=self.node.column,
            path=self.spell(),
            message=message,
            text=cut(text),
            hint=hint,
            quote=source.quotable_line(self.node.line),
        )

    def error(self, message: str, text: str = "", hint: str = "") -> None:
        self.reading.problems.error(self.problem(message, text, hint))

    def warning(self, message: str, text: str = "", hint: str = "") -> None:
        self.reading.problems.warning(self.problem(message, text, hint))

    def wrong(self, wrong: Wrong) -> None:
        self.error(wrong.message, wrong.text, wrong.hint)
