"""What a metric family says of itself: type, help and unit."""

import enum
from collections.abc import Iterable, Iterator

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
    """The metadata of a page, found by the name of a series; shared by batches of equal pages."""

    __slots__ = ("_by_name",)

    def __init__(self, families: Iterable[Metadata]) -> None:
        self._by_name = {each.family: each for each in families}

    def __iter__(self) -> Iterator[Metadata]:
        return iter(self._by_name.values())

    def of(self, name: str) -> Metadata | None:
        """That of the family which the series `name` belongs to."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        for suffix in _SUFFIXES:
            if name.endswith(suffix):
                return self._by_name.get(name.removesuffix(suffix))
        return None
