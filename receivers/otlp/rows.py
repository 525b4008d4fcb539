"""Samples of one resource as a request brings them, on their way to batches.

Takes rows; gives batches: floats, native histograms, and markers apart, because a batch is all of
one kind. Invariant: values keep their bits.
"""

from array import array
from collections.abc import Iterator

from receivers.otlp.known import Resource
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import ENDED, Histogram
from series.metadata import Families, Metadata
from series.stale import STALE_NAN_BYTES
from series.template import Template


class Rows:
    """Of one kind. `values` are eight bytes each; times are ms, a start of 0 is not known."""

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self.stamps: list[int] = []
        self.starts: list[int] = []
        self.values = bytearray()
        self.histograms: list[Histogram] = []
        self.exemplars: dict[int, tuple[Exemplar, ...]] = {}

    def put(
        self,
        template: Template,
        stamp_ms: int,
        start_ms: int,
        value: bytes,
        exemplars: tuple[Exemplar, ...] = (),
    ) -> None:
        if exemplars:
            self.exemplars[len(self.templates)] = exemplars
        self.templates.append(template)
        self.stamps.append(stamp_ms)
        self.starts.append(start_ms)
        self.values += value


_ANYTHING = bytes(8)
# What is done once for a series of a batch takes a few microseconds each (limits, spreading, 2.0).
MAX_ROWS = 2000


class Gathered:
    """All of one resource."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.floats, self.stale = Rows(), Rows()
        self.natives, self.stale_natives = Rows(), Rows()
        self.metadata: dict[str, Metadata] = {}
        self._families = Families(lambda: self.metadata.values())
        self._cut: list[Batch] = []
        self._times: list[int] = []  # the oldest and newest of what was cut

    def put_native(
        self,
        template: Template,
        stamp_ms: int,
        start_ms: int,
        histogram: Histogram,
        exemplars: tuple[Exemplar, ...] = (),
    ) -> None:
        self.natives.put(template, stamp_ms, start_ms, _ANYTHING, exemplars)
        self.natives.histograms.append(histogram)

    def put_stale(self, template: Template, stamp_ms: int, *, is_native: bool = False) -> None:
        rows = self.stale_natives if is_native else self.stale
        rows.put(template, stamp_ms, 0, STALE_NAN_BYTES)
        if is_native:
            rows.histograms.append(ENDED)

    def cut(self) -> None:
        """Makes a batch of floats that are many, so that none is long work at the end."""
        if len(self.floats.templates) >= MAX_ROWS:
            self._times += [min(self.floats.stamps), max(self.floats.stamps)]
            self._cut.append(self._batch(self.floats, is_markers=False))
            self.floats = Rows()

    def times(self) -> tuple[int, int] | None:
        """The oldest and the newest time of what is no marker."""
        times = self._times + self.floats.stamps + self.natives.stamps
        return (min(times), max(times)) if times else None

    def batches(self) -> Iterator[Batch]:
        yield from self._cut
        for rows, is_markers in (
            (self.floats, False),
            (self.natives, False),
            (self.stale, True),
            (self.stale_natives, True),
        ):
            if rows.templates:
                yield self._batch(rows, is_markers=is_markers)

    def _batch(self, rows: Rows, *, is_markers: bool) -> Batch:
        values = array("d")
        values.frombytes(rows.values)
        stamps, starts = rows.stamps, rows.starts
        is_one_time = stamps.count(stamps[0]) == len(stamps)
        return Batch(
            lane_key=self.resource.lane_key,
            layout=self.resource.known.layout(tuple(rows.templates)),
            values=values,
            timestamps=stamps[0] if is_one_time else array("q", stamps),
            start_timestamps=array("q", starts) if any(starts) else None,
            histograms=dict(enumerate(rows.histograms)) if rows.histograms else None,
            exemplars=rows.exemplars or None,
            families=self._families,
            is_markers=is_markers,
            is_pushed=True,
        )
