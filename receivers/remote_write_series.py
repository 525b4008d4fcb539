"""Series of remote write on their way to batches: labels once, samples by a look-up.

Takes series of either version; gives batches with all that came: floats, native histograms,
exemplars, start timestamps, metadata.
Invariant: a series that was seen before, its labels being the same bytes, costs a look-up; samples
of one job and instance share a lane key; what is known is bounded, and full it starts anew.
"""

import struct
from array import array
from collections.abc import Callable, Iterator, Mapping

import attrs

from pushqueue.wire.message import WireExemplar, WireSeries
from receivers.native_wire import read_histogram, sound
from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import ENDED, Histogram
from series.labels import METRIC_NAME, Labels, canonical, readable
from series.lane import lane_key
from series.layout import Layout
from series.metadata import Families, Metadata, MetricType
from series.stale import STALE_NAN_BYTES
from series.template import Template

# Groups of senders' targets: a request makes at most so many batches, however many targets are in
# it, and yet parallel lanes have something to share.
GROUPS = 16
MAX_ENTRIES = 300_000
MAX_BYTES = 64 * 2**20
MAX_REASONS = 5
# A pushed time in ms that is later than this is in other units, or nonsense.
_MAX_MS = 2**53

Append = Callable[[bytes], None]


class Entry:
    """A known series. `raw`: its labels as they came in 1.0, b"" of 2.0; `after`: the one that
    followed it the last time, which it probably will again."""

    __slots__ = ("after", "group", "raw", "template")

    def __init__(self, template: Template, group: int, raw: bytes) -> None:
        self.template, self.group, self.raw = template, group, raw
        self.after: Entry | None = None


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


class KnownSeries:
    """By the labels as they came: bytes of 1.0, pairs of 2.0; apart by extra labels."""

    def __init__(
        self,
        external_labels: Mapping[str, str],
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._external = dict(external_labels)
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._by_extra: dict[Labels, dict[object, Entry]] = {}
        self._layouts: dict[tuple[Template, ...], Layout] = {}
        self._bytes = self._entries = 0

    def __len__(self) -> int:
        return self._entries

    def of(self, extra: Labels) -> dict[object, Entry]:
        """The entries for requests with these labels in their URL; asked once a request."""
        if self._entries > self._max_entries or self._bytes > self._max_bytes:
            # Each knows another one: what is given up must not hold itself.
            for known in self._by_extra.values():
                for entry in known.values():
                    entry.after = None
            self._by_extra.clear()
            self._layouts.clear()
            self._bytes = self._entries = 0
        return self._by_extra.setdefault(extra, {})

    def learn(self, key: object, pairs: Labels, extra: Labels) -> Entry | str:
        """The entry for labels not seen yet, or why there is none."""
        labels = dict(pairs)
        if len(labels) != len(pairs):
            return "a label comes twice"
        if "" in labels:
            return "a label has no name"
        if not labels.get(METRIC_NAME):
            return "it has no metric name"
        for name, value in self._external.items():
            labels.setdefault(name, value)
        labels.update(extra)
        template = Template.constant(canonical(labels))
        who = canonical({name: labels.get(name, "") for name in ("instance", "job")})
        raw = key if isinstance(key, bytes) else b""
        entry = Entry(template, lane_key(who) % GROUPS, raw)
        self._by_extra.setdefault(extra, {})[key] = entry
        self._entries += 1
        self._bytes += 2 * len(template) + 300
        return entry

    def layout(self, templates: tuple[Template, ...]) -> Layout:
        """The same object for the same series, so that a remote's rules run once for them."""
        found = self._layouts.get(templates)
        if found is None:
            found = self._layouts[templates] = Layout(templates)
            self._entries += 1
            self._bytes += 8 * len(templates) + 200
        return found


class Rows:
    """Samples of one group and kind, in columns. `values` are eight bytes each."""

    __slots__ = ("exemplars", "histograms", "stamps", "starts", "templates", "values")

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self.stamps: list[int] = []
        self.values: list[bytes] = []
        self.starts: dict[int, int] = {}
        self.exemplars: dict[int, tuple[Exemplar, ...]] = {}
        self.histograms: list[Histogram] = []

    def columns(self) -> tuple[Callable[[Template], None], Callable[[int], None], Append]:
        """What appends a template, a time and a value; three calls are one row."""
        return self.templates.append, self.stamps.append, self.values.append

    def put(self, template: Template, stamp_ms: int, value: bytes, start_ms: int = 0) -> None:
        if start_ms:
            self.starts[len(self.templates)] = start_ms
        self.templates.append(template)
        self.stamps.append(stamp_ms)
        self.values.append(value)

    def batch(self, known: KnownSeries, group: int, families: Families, *, markers: bool) -> Batch:
        values = array("d")
        values.frombytes(b"".join(self.values))
        stamps = self.stamps
        is_one_time = stamps.count(stamps[0]) == len(stamps)
        starts = None
        if self.starts:
            starts = array("q", bytes(8 * len(stamps)))
            for at, start_ms in self.starts.items():
                starts[at] = start_ms
        return Batch(
            lane_key=group,
            layout=known.layout(tuple(self.templates)),
            values=values,
            timestamps=stamps[0] if is_one_time else array("q", stamps),
            start_timestamps=starts,
            histograms=dict(enumerate(self.histograms)) if self.histograms else None,
            exemplars=self.exemplars or None,
            families=families,
            is_markers=markers,
            is_pushed=True,
        )


_ANYTHING = bytes(8)
# Prometheus refuses it of 2.0, and knows nothing of it in 1.0. Exemplars alone the specification
# forbids too, but it sends them: of its samples each is a series of its own.
_EMPTY = "neither samples nor histograms in it"


class Gathering:
    """One request on its way."""

    def __init__(self, known: KnownSeries, extra: Labels) -> None:
        self.known = known
        self.extra = extra
        self.entries = known.of(extra)
        self.before = Entry(Template((b"",)), 0, b"")  # of the first one
        self.floats = [Rows() for _ in range(GROUPS)]
        self._others: dict[tuple[int, bool, bool], Rows] = {}  # group, native, markers
        # Of series without a sample, as Prometheus sends them: beside the sample, not in it.
        self._lone: list[tuple[Entry, tuple[WireExemplar, ...]]] = []
        self.samples = self.histograms = self.exemplars = self.rejected = 0
        self._reasons: list[str] = []
        self.metadata: dict[str, Metadata] = {}

    def reject(self, pairs: Labels, why: str) -> None:
        self.rejected += 1
        if len(self._reasons) < MAX_REASONS:
            self._reasons.append(f"{readable(pairs)[:80]}: {why}")

    def put(self, series: WireSeries, key: object, *, is_v2: bool) -> None:
        """A series of any shape; what is wrong with it costs it alone."""
        if series.wrong:
            self.reject(series.labels, series.wrong)
            if not series.labels:
                return
        entry: Entry | str | None = self.entries.get(key)
        if entry is None:
            entry = self.known.learn(key, series.labels, self.extra)
        if isinstance(entry, str):
            self.reject(series.labels, entry)
            return
        is_empty = not (series.samples or series.histograms or series.exemplars)
        wrong = _EMPTY if is_v2 and is_empty else ""
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
        template, group = entry.template, entry.group
        rows = None
        for sample in series.samples:
            is_marker = sample.value == STALE_NAN_BYTES
            rows = self._other(group, False, True) if is_marker else self.floats[group]
            rows.put(template, sample.timestamp_ms, sample.value, sample.start_ms)
        for one in read:
            rows = self._other(group, True, one.is_stale)
            rows.put(template, one.timestamp_ms, _ANYTHING, one.start_ms)
            rows.histograms.append(ENDED if one.is_stale else one.histogram)
        self.samples += len(series.samples)
        self.histograms += len(read)
        if series.exemplars and rows is not None:
            self._put_beside(rows, len(rows.templates) - 1, series.exemplars)
        elif series.exemplars:
            self._lone.append((entry, series.exemplars))
        if series.type or series.help or series.unit:
            self._tell(series)

    def _other(self, group: int, is_native: bool, is_markers: bool) -> Rows:
        return self._others.setdefault((group, is_native, is_markers), Rows())

    def _put_beside(self, rows: Rows, at: int, given: tuple[WireExemplar, ...]) -> None:
        self.exemplars += len(given)
        more = tuple([_exemplar(each) for each in given])
        rows.exemplars[at] = (*rows.exemplars.get(at, ()), *more)

    def _put_lone(self) -> None:
        """Each beside the last sample of its series."""
        places: dict[Template, tuple[Rows, int]] = {}
        for rows in (*self.floats, *self._others.values()) if self._lone else ():
            places |= {template: (rows, at) for at, template in enumerate(rows.templates)}
        for entry, given in self._lone:
            place = places.get(entry.template)
            if place is None:
                self.reject(entry.template.labels(), "an exemplar without a sample in its request")
            else:
                self._put_beside(*place, given)

    def _tell(self, series: WireSeries) -> None:
        name = dict(series.labels)[METRIC_NAME]
        known = series.type <= max(MetricType)
        kind = MetricType(series.type) if known else MetricType.UNKNOWN
        self.metadata.setdefault(name, Metadata(name, kind, series.help, series.unit))

    def finish(self) -> Written:
        self._put_lone()
        return Written(
            batches=tuple(self._batches()),
            samples=self.samples,
            histograms=self.histograms,
            exemplars=self.exemplars,
            metadata=tuple(self.metadata.values()),
            rejected=self.rejected,
            reasons=tuple(self._reasons),
        )

    def _batches(self) -> Iterator[Batch]:
        families = Families(lambda: self.metadata.values())
        for group, rows in enumerate(self.floats):
            if rows.templates:
                yield rows.batch(self.known, group, families, markers=False)
        for (group, _, is_markers), rows in self._others.items():
            yield rows.batch(self.known, group, families, markers=is_markers)


def _exemplar(given: WireExemplar) -> Exemplar:
    return Exemplar(given.labels, struct.unpack("<d", given.value)[0], given.timestamp_ms or None)
