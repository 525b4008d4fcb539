"""How often each path was asked for, and how often in vain.

Invariant: bounded; what is not in the table of endpoints is counted as one.
"""

from collections import Counter
from collections.abc import Mapping

import attrs

OTHER = "*"


@attrs.frozen
class PathStatistics:
    """By path; `errors` are answers of 400 and above. `read_bytes` are not known by path."""

    requests: Mapping[str, int] = attrs.field(factory=dict)
    errors: Mapping[str, int] = attrs.field(factory=dict)


class PathCounts:
    """Counts for the table's paths, with OTHER for the rest."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def answered(self, path: str, status: int) -> None:
        self._requests[path] += 1
        self._errors[path] += status >= 400

    def statistics(self) -> PathStatistics:
        return PathStatistics(dict(self._requests), dict(self._errors))
