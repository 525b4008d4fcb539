"""What a metric family says of itself: type, help and unit."""

import enum

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
