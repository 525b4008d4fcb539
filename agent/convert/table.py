"""Walks over a mapping by a table: what each key becomes, and a note for each.

Takes a node, a table of key -> rule; gives the tree that the rules wrote.
Invariant: a key without a rule is lost, by name; nothing is passed over in silence.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from agent.convert.environment import COLLECTOR, rewritten
from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.flags.suggest import nearest

Take = Callable[[Node], Any]


@attrs.frozen
class To:
    """Becomes the key at `path` (dots part levels); `take` reads the value."""

    path: str
    take: Take | None = None
    differs: str = ""


@attrs.frozen
class Differs:
    """No counterpart is needed; what is done here instead."""

    text: str


@attrs.frozen
class Same:
    """It is so here anyway."""

    text: str


@attrs.frozen
class Lost:
    """It has no counterpart; why, or what to use."""

    text: str


Rule = To | Differs | Same | Lost | Callable[[Node], None]
Rules = Mapping[str, Rule]


def put(tree: Tree, path: str, value: Any) -> None:
    """Sets the value at a dotted path."""
    *above, last = path.split(".")
    for key in above:
        tree = tree.setdefault(key, {})
    tree[last] = value


@attrs.frozen
class Walk:
    """One mapping's conversion into `tree`."""

    outcome: Outcome
    tree: Tree
    look: str = ""

    def over(self, node: Node, rules: Rules) -> None:
        for key, value in node.entries():
            if value.is_null and not callable(rules.get(key)):
                continue
            rule = rules.get(key)
            if rule is None:
                meant = nearest(key, rules)
                hint = f"unknown key; did you mean {meant!r}?" if meant else "unknown key"
                self.outcome.note(Kind.LOST, value.place, value.path, hint, self.look)
            else:
                self.apply(rule, value)

    def apply(self, rule: Rule, value: Node) -> None:
        """One key by its rule."""
        if isinstance(rule, To):
            put(self.tree, rule.path, (rule.take or self.value)(value))
            kind = Kind.DIFFERS if rule.differs else Kind.SAME
            text = f"{rule.path}; {rule.differs}" if rule.differs else rule.path
            self.outcome.note(
                kind, value.place, value.path, text, self.look if rule.differs else ""
            )
        elif isinstance(rule, Differs):
            self.outcome.note(Kind.DIFFERS, value.place, value.path, rule.text)
        elif isinstance(rule, Same):
            self.outcome.note(Kind.SAME, value.place, value.path, rule.text)
        elif isinstance(rule, Lost):
            self.outcome.note(Kind.LOST, value.place, value.path, rule.text, self.look)
        else:
            rule(value)

    def value(self, node: Node) -> Any:
        """As written, with the Collector's references to variables as promferry's."""
        return self._filled(node.plain(), node)

    def _filled(self, value: Any, node: Node) -> Any:
        if isinstance(value, str):
            text, lost, defaults = rewritten(value, COLLECTOR)
            for name in lost:
                told = f"the expression of ${{{name}}} cannot be kept: set the variable"
                self.outcome.note(Kind.LOST, node.place, node.path, told)
            for name, default in defaults.items():
                self.outcome.add_default(name, default, node.place, node.path)
            return text
        if isinstance(value, dict):
            return {key: self._filled(item, node) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, node) for item in value]
        return value

    def text(self, node: Node) -> str:
        """A scalar that must be a text."""
        return str(self._filled(node.text(), node))


def seconds(node: Node) -> str:
    """Go's durations are read here as they are, but for 0 and fractions below a millisecond."""
    text = node.text()
    return "0s" if text == "0" else text
