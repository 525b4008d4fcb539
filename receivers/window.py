"""The last of what arrived: a bounded number of series with their last samples.

Takes decoded requests; gives series to look at, newest first, and counts.
Invariant: at most `max_series` series, `max_samples` samples each and `max_label_bytes` of
labels; the series written longest ago goes first, counted.
Never: reads a clock, knows HTTP.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

import attrs

from receivers.remote_write import WriteRequest, read_labels
from series.labels import Labels, canonical, readable
from series.stale import STALE_NAN_BYTES
from series.wire import decode_labels, encode_labels

DEFAULT_MAX_SERIES = 100_000
DEFAULT_MAX_SAMPLES = 16


@attrs.frozen
class Sample:
    """`value` is None for a staleness marker."""

    timestamp_ms: int
    value: float | None


class WindowSeries:
    """One series and its last samples. `text` is how a person writes it: `up{job="a"}`."""

    __slots__ = ("_encoded", "_times", "_values", "received_ms", "sample_total", "sender", "text")

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self.text = readable(self.labels)
        self._times = array("q")
        self._values = bytearray()  # 8 bytes each, so that no copy can quiet a marker
        self.sample_total = 0
        self.received_ms = 0
        self.sender = ""

    @property
    def labels(self) -> Labels:
        return decode_labels(self._encoded)

    def samples(self) -> list[Sample]:
        """Oldest first."""
        return [self._sample(index) for index in range(len(self._times))]

    @property
    def last(self) -> Sample | None:
        return self._sample(len(self._times) - 1) if self._times else None

    def _sample(self, index: int) -> Sample:
        raw = bytes(self._values[8 * index : 8 * index + 8])
        if raw == STALE_NAN_BYTES:  # bits, never values: series.stale
            return Sample(self._times[index], None)
        return Sample(self._times[index], array("d", raw)[0])

    def add(self, timestamp_ms: int, raw_value: bytes, max_samples: int) -> bool:
        """Takes a sample; False if it is older than the one before it."""
        times = self._times
        in_order = not times or timestamp_ms >= times[-1]
        times.append(timestamp_ms)
        self._values += raw_value
        if len(times) > max_samples:
            del times[0], self._values[:8]
        self.sample_total += 1
        return in_order


@attrs.frozen
class WindowStatistics:
    """The last four are faults of the sender against the specification (remote write 1.0)."""

    series: int
    label_bytes: int
    requests_total: int
    samples_total: int
    stale_total: int
    metadata_total: int
    exemplars_total: int
    histograms_total: int
    evicted_series_total: int
    unsorted_total: int
    duplicate_label_total: int
    empty_label_total: int
    out_of_order_total: int


class Window:
    """Holds what `put` was given, within its bounds."""

    def __init__(
        self,
        *,
        max_series: int = DEFAULT_MAX_SERIES,
        max_samples: int = DEFAULT_MAX_SAMPLES,
        max_label_bytes: int = 64 * 2**20,
    ) -> None:
        self._max_series = max_series
        self._max_samples = max_samples
        self._max_label_bytes = max_label_bytes
        self._label_bytes = 0
        # by encoded canonical labels, written longest ago first
        self._series: OrderedDict[bytes, WindowSeries] = OrderedDict()
        self._requests = self._samples = self._stale = self._evicted = 0
        self._metadata = self._exemplars = self._histograms = 0
        self._unsorted = self._duplicate = self._empty = self._out_of_order = 0

    def put(self, request: WriteRequest, *, sender: str, now_ms: int) -> None:
        """Take a request in. `sender` is shown beside the series."""
        raw = request.values.tobytes()
        at = 0
        timestamps, max_samples = request.timestamps, self._max_samples
        for encoded, count in zip(request.encoded, request.sample_counts, strict=True):
            series = self._series_of(encoded)
            series.received_ms = now_ms
            series.sender = sender
            for index in range(at, at + count):
                value = raw[8 * index : 8 * index + 8]
                self._stale += value == STALE_NAN_BYTES
                self._out_of_order += not series.add(timestamps[index], value, max_samples)
            at += count
        self._requests += 1
        self._samples += at
        self._metadata += len(request.metadata)
        self._exemplars += request.exemplar_count
        self._histograms += request.histogram_count

    def _series_of(self, encoded: bytes) -> WindowSeries:
        # Fast path: known, and written as canonical labels are.
        series = self._series.get(encoded)
        if series is not None:
            self._series.move_to_end(encoded)
            return series
        labels = read_labels(encoded)
        self._judge(labels)
        key = encode_labels(canonical(dict(labels)))
        series = self._series.get(key)
        if series is not None:
            self._series.move_to_end(key)
            return series
        key = encoded if key == encoded else key  # the decoder keeps these bytes as well
        series = self._series[key] = WindowSeries(key)
        self._label_bytes += len(key)
        self._evict()
        return series

    def _judge(self, labels: Labels) -> None:
        names = [name for name, _ in labels]
        self._unsorted += names != sorted(names)
        self._duplicate += len(set(names)) != len(names)
        self._empty += not all(name and value for name, value in labels)

    def _evict(self) -> None:
        while len(self._series) > max(1, self._max_series) or (
            self._label_bytes > self._max_label_bytes and len(self._series) > 1
        ):
            key, _ = self._series.popitem(last=False)
            self._label_bytes -= len(key)
            self._evicted += 1

    def find(self, text: str = "") -> Iterator[WindowSeries]:
        """Series whose written form holds every word of `text`, whatever the letter case;
        written last comes first."""
        words = text.lower().split()
        for series in reversed(self._series.values()):
            # Fast path: no question, no lowering.
            if not words or _holds(series.text.lower(), words):
                yield series

    def first(self, count: int, text: str = "") -> list[WindowSeries]:
        return list(islice(self.find(text), count))

    def statistics(self) -> WindowStatistics:
        return WindowStatistics(
            series=len(self._series),
            label_bytes=self._label_bytes,
            requests_total=self._requests,
            samples_total=self._samples,
            stale_total=self._stale,
            metadata_total=self._metadata,
            exemplars_total=self._exemplars,
            histograms_total=self._histograms,
            evicted_series_total=self._evicted,
            unsorted_total=self._unsorted,
            duplicate_label_total=self._duplicate,
            empty_label_total=self._empty,
            out_of_order_total=self._out_of_order,
        )


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)
