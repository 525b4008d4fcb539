"""What a metric family says of itself: type, help and unit."""

import enum
from collections.abc import Callable, Iterable

import attrs


class MetricType(enum.IntEnum):
    """The numbers of both remote-write protocols."""

    UNKNOWN = 0
    COUNTER = 1
    GAUGE = 2
    HISTOGRAM = 3
    GAUGEHISTOGRAM = 4
    SUMMARY = 5
    INFO = 6
    STATESET = 7


@attrs.frozen
class Metadata:
    family: str
    type: MetricType = MetricType.UNKNOWN
    help: str = ""
    unit: str = ""


# What the formats append to a family's name for its series; longest first where one ends another.
_SUFFIXES = ("_bucket", "_created", "_count", "_total", "_gcount", "_gsum", "_info", "_sum")


class Families:
    """The metadata of a page, found by the name of a series; shared by batches of equal pages.

    `give` is asked once, by who first wants to know: most remotes never do.
    """

    __slots__ = ("__weakref__", "_by_name", "_give")

    def __init__(self, give: Callable[[], Iterable[Metadata]]) -> None:
        self._give = give
        self._by_name: dict[str, Metadata] | None = None

    def of(self, name: str) -> Metadata | None:
        """That of the family which the series `name` belongs to."""
        if self._by_name is None:
            self._by_name = {each.family: each for each in self._give()}
        found = self._by_name.get(name)
        if found is not None:
            return found
        for suffix in _SUFFIXES:
            if name.endswith(suffix):
                return self._by_name.get(name.removesuffix(suffix))
        return None
