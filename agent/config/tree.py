"""A YAML document as a tree of nodes that know where they stand and how they were written.

Never: resolves types: what a scalar means depends on the field that takes it.
"""

from agent.config.source import Source

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class Node:
    """What every node has: its place (line and column from 1) and its explicit tag or ""."""

    __slots__ = ("column", "line", "source", "tag", "weight")
    kind = "node"

    def __init__(self, source: Source, line: int, column: int, tag: str) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.tag = tag
        self.weight = 1  # nodes below it and itself, aliases counted as often as they stand

    @property
    def is_null(self) -> bool:
        return False


class Scalar(Node):
    __slots__ = ("is_plain", "text")
    kind = "text"

    def __init__(
        self, source: Source, line: int, column: int, tag: str, text: str, is_plain: bool
    ) -> None:
        super().__init__(source, line, column, tag)
        self.text = text
        self.is_plain = is_plain

    @property
    def is_null(self) -> bool:
        return (self.is_plain and not self.tag and self.text in _NULLS) or self.tag == "!!null"


class Sequence(Node):
    __slots__ = ("items",)
    kind = "list"

    def __init__(self, source: Source, line: int, column: int, tag: str) -> None:
        super().__init__(source, line, column, tag)
        self.items: list[Node] = []


class Mapping(Node):
    """`entries`: key text -> (the key's node, the value's node), in the order of the file."""

    __slots__ = ("entries",)
    kind = "mapping"

    def __init__(self, source: Source, line: int, column: int, tag: str) -> None:
        super().__init__(source, line, column, tag)
        self.entries: dict[str, tuple[Scalar, Node]] = {}
