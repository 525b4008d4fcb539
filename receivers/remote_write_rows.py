"""Samples of one group and kind as remote write brings them, in columns on their way to batches.

Takes rows; gives batches of at most a few thousand. Invariant: values keep their bits.
"""

from array import array

from receivers.known_series import KnownSeries
from receivers.passing import Columns
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import Histogram
from series.metadata import Families
from series.template import Template

# What is done once for a series of a batch takes a few microseconds each (limits, spreading, 2.0).
MAX_ROWS = 1000


class Rows:
    """`columns` are templates, times in ms and values."""

    __slots__ = ("columns", "exemplars", "histograms", "starts", "templates")

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self.columns: Columns = (self.templates, array("q"), array("d"))
        self.starts: dict[int, int] = {}
        self.exemplars: dict[int, tuple[Exemplar, ...]] = {}
        self.histograms: list[Histogram] = []

    def __len__(self) -> int:
        return len(self.templates)

    def put(self, template: Template, stamp_ms: int, value: bytes, start_ms: int = 0) -> None:
        """`value` is its eight bytes."""
        if start_ms:
            self.starts[len(self.templates)] = start_ms
        templates, stamps, values = self.columns
        templates.append(template)
        stamps.append(stamp_ms)
        values.frombytes(value)

    def batch(self, known: KnownSeries, group: int, families: Families, *, markers: bool) -> Batch:
        _, stamps, values = self.columns
        is_one_time = stamps.tobytes() == stamps[:1].tobytes() * len(stamps)
        starts = None
        if self.starts:
            starts = array("q", bytes(8 * len(stamps)))
            for at, start_ms in self.starts.items():
                starts[at] = start_ms
        return Batch(
            lane_key=group,
            layout=known.layout(tuple(self.templates)),
            values=values,
            timestamps=stamps[0] if is_one_time else stamps,
            start_timestamps=starts,
            histograms=dict(enumerate(self.histograms)) if self.histograms else None,
            exemplars=self.exemplars or None,
            families=families,
            is_markers=markers,
            is_pushed=True,
        )
