"""Series of remote write on their way to batches, with all that came beside the floats.

Takes series of either version; gives batches: floats, native histograms, exemplars, start
timestamps, metadata. Invariant: a bad series costs itself alone, and staleness markers are batches
of their own.
"""

import struct
from collections.abc import Iterator

import attrs

from pushqueue.wire.message import WireExemplar, WireSeries
from receivers.known_series import GROUPS, KnownSeries
from receivers.lone_exemplars import LoneExemplars
from receivers.native_wire import read_histogram, sound
from receivers.passing import NOBODY
from receivers.remote_write_rows import MAX_ROWS, Rows
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import ENDED
from series.labels import METRIC_NAME, Labels, readable
from series.metadata import Families, Metadata, MetricType
from series.stale import STALE_NAN_BYTES
from series.template import Template

MAX_REASONS = 5
# A native histogram has hundreds of buckets, at a few bytes each.
MAX_HISTOGRAM_BYTES = 65_536
# A pushed time in ms that is later than this is in other units, or nonsense.
_MAX_MS = 2**53
_ANYTHING = bytes(8)
_STEP_REJECTED = 100
# Prometheus refuses it of 2.0, and knows nothing of it in 1.0. Exemplars alone the specification
# forbids too, but it sends them: of its samples each is a series of its own.
_EMPTY = "neither samples nor histograms in it"


@attrs.frozen(kw_only=True)
class Written:
    """What was taken of a request. `rejected`: series; `reasons`: the first of them."""

    batches: tuple[Batch, ...]
    samples: int
    histograms: int
    exemplars: int
    metadata: tuple[Metadata, ...]
    rejected: int
    reasons: tuple[str, ...]


class Gathering:
    """One request on its way; whoever is done with it calls `close`."""

    def __init__(self, known: KnownSeries, extra: Labels) -> None:
        self.known = known
        self.extra = extra
        self.table = known.begin(extra)
        self.before = NOBODY
        self._rows: dict[tuple[int, bool, bool], Rows] = {}  # group, native, markers
        self._cut: list[Batch] = []
        self._lone = LoneExemplars()
        self.samples = self.histograms = self.exemplars = self.rejected = 0
        self._reasons: list[str] = []
        self.metadata: dict[str, Metadata] = {}
        self._families = Families(lambda: self.metadata.values())
        self._open_floats()

    def _open_floats(self) -> None:
        """`columns`: those of the floats of each group, for the hot loop."""
        self.columns = [self._of(group, False, False).columns for group in range(GROUPS)]

    def close(self) -> None:
        self.known.end(self.table)

    def cut(self) -> None:
        """Makes batches of rows that are many, so that none is long work at the end."""
        full = [kind for kind, rows in self._rows.items() if len(rows) >= MAX_ROWS]
        for kind in full:
            self._cut.append(self._batch(kind, self._rows.pop(kind)))
        if full:
            self._open_floats()

    def _batch(self, kind: tuple[int, bool, bool], rows: Rows) -> Batch:
        group, _, is_markers = kind
        return rows.batch(self.known, group, self._families, markers=is_markers)

    def reject(self, pairs: Labels, why: str) -> None:
        self.rejected += 1
        if len(self._reasons) < MAX_REASONS:
            reason = f"{readable(pairs)[:80]}: {why}"
            if reason not in self._reasons:
                self._reasons.append(reason)

    def put(self, series: WireSeries, key: object, *, is_v2: bool) -> None:
        """A series of any shape; what is wrong with it costs it alone."""
        if series.wrong:
            self.reject(series.labels, series.wrong)
            if not series.labels:
                return
        number: int | str | None = self.table.numbers.get(key)
        if number is None:
            number = self.known.learn(self.table, key, series.labels, self.extra)
        if isinstance(number, str):
            self.reject(series.labels, number)
            return
        if any(len(each) > MAX_HISTOGRAM_BYTES for each in series.histograms):
            self.reject(series.labels, f"a histogram of more than {MAX_HISTOGRAM_BYTES} bytes")
            return
        is_empty = not (series.samples or series.histograms or series.exemplars)
        # What is left of one that was told already needs no second word.
        wrong = _EMPTY if is_v2 and is_empty and not series.wrong else ""
        read = [read_histogram(each) for each in series.histograms]
        try:
            read = [sound(one) for one in read]
        except ValueError as exc:
            wrong = str(exc)
        stamps = [one.timestamp_ms for one in series.samples] + [one.timestamp_ms for one in read]
        if not wrong and any(abs(stamp_ms) > _MAX_MS for stamp_ms in stamps):
            wrong = "its timestamp is out of range"
        if wrong:
            self.reject(series.labels, wrong)
            return
        template, group = self.table.templates[number], self.table.groups[number]
        rows: Rows | None = None
        for sample in series.samples:
            rows = self._of(group, False, sample.value == STALE_NAN_BYTES)
            rows.put(template, sample.timestamp_ms, sample.value, sample.start_ms)
        for one in read:
            rows = self._of(group, True, one.is_stale)
            rows.put(template, one.timestamp_ms, _ANYTHING, one.start_ms)
            rows.histograms.append(ENDED if one.is_stale else one.histogram)
        self.samples += len(series.samples)
        self.histograms += len(read)
        if series.exemplars:
            self._put_exemplars(series, template, rows)
        if series.type or series.help or series.unit:
            self._tell(series)

    def _of(self, group: int, is_native: bool, is_markers: bool) -> Rows:
        return self._rows.setdefault((group, is_native, is_markers), Rows())

    def _put_exemplars(self, series: WireSeries, template: Template, rows: Rows | None) -> None:
        given = tuple([_exemplar(each) for each in series.exemplars])
        if rows is not None:
            self.exemplars += len(given)
            rows.exemplars[len(rows) - 1] = given
        elif wrong := self._lone.add(template, given):
            self.reject(series.labels, wrong)

    def _put_lone(self) -> Iterator[None]:
        for placed in self._lone.place(self._cut):
            self.exemplars += placed
            yield
        for count, template in enumerate(self._lone.left(), 1):
            self.reject(template.labels(), "an exemplar without a sample in its request")
            if count % _STEP_REJECTED == 0:
                yield

    def _tell(self, series: WireSeries) -> None:
        name = dict(series.labels)[METRIC_NAME]
        known = series.type <= max(MetricType)
        kind = MetricType(series.type) if known else MetricType.UNKNOWN
        self.metadata.setdefault(name, Metadata(name, kind, series.help, series.unit))

    def finish(self) -> Iterator[None]:
        """Makes batches of what is left, one a step; `written` is ready behind them."""
        for kind, rows in self._rows.items():
            if len(rows):
                self._cut.append(self._batch(kind, rows))
                yield
        yield from self._put_lone()

    def written(self) -> Written:
        return Written(
            batches=tuple(self._cut),
            samples=self.samples,
            histograms=self.histograms,
            exemplars=self.exemplars,
            metadata=tuple(self.metadata.values()),
            rejected=self.rejected,
            reasons=tuple(self._reasons),
        )


def _exemplar(given: WireExemplar) -> Exemplar:
    return Exemplar(given.labels, struct.unpack("<d", given.value)[0], given.timestamp_ms or None)
