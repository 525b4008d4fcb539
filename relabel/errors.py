"""What is wrong with a rule, a pattern or a selector.

All are ValueErrors with fields, so that whoever knows the file and the line can add them.
"""


class PatternError(ValueError):
    """A regular expression that Go's `regexp` refuses; `reason` is worded as Go words it."""

    def __init__(self, reason: str, source: str) -> None:
        super().__init__(reason)
        self.reason, self.source = reason, source[:80]


class SelectorError(ValueError):
    """A series selector (`if`) that cannot be read; `at` is the offset of the offending text."""

    def __init__(self, reason: str, source: str, at: int) -> None:
        super().__init__(f"cannot parse series selector at offset {at}: {reason}: {source[:80]!r}")
        self.reason, self.source, self.at = reason, source[:80], at


class RuleError(ValueError):
    """A rule that is refused. `index` counts from 0; `key` is the YAML key at fault or ""."""

    def __init__(self, reason: str, *, key: str = "", index: int = 0) -> None:
        super().__init__(f"relabel rule #{index + 1}: {reason}")
        self.reason, self.key, self.index = reason, key, index
