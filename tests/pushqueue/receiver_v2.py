"""What a receiver makes of a remote-write 2.0 request, checked against every MUST of the spec.

Takes headers and a body; gives plain values, or fails with the rule that was broken (numbers are
the rows of reference/prometheus.md 1.2).
"""

import struct
from collections.abc import Mapping
from typing import Any

import attrs
import snappy

from tests.pushqueue.protos_v2 import PACKAGE, Request

FRAMED_MAGIC = bytes.fromhex("ff060000734e61505059")
Labels = dict[str, str]


@attrs.frozen(kw_only=True)
class Row:
    """One TimeSeries as a person reads it."""

    labels: Labels
    value: float | None = None
    histogram: Any = None
    timestamp_ms: int = 0
    start_ms: int = 0
    exemplars: tuple[tuple[Labels, float, int], ...] = ()
    type: int = 0
    help: str = ""
    unit: str = ""

    @property
    def name(self) -> str:
        return self.labels["__name__"]

    @property
    def value_bits(self) -> int:
        """Of the value, or of a histogram's sum: a staleness marker is known by its bits."""
        value = self.value if self.histogram is None else self.histogram.sum
        bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
        return bits


def check_headers(headers: Mapping[str, str]) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["content-encoding"] == "snappy", "2: snappy"
    assert lower["content-type"] == f"application/x-protobuf;proto={PACKAGE}.Request", "3: type"
    assert lower["x-prometheus-remote-write-version"].startswith("2.0"), "4: version"


def read(body: bytes) -> list[Row]:
    """The series of a body."""
    assert not body.startswith(FRAMED_MAGIC), "2: block format, never framed"
    message = snappy.uncompress(body)
    assert len(message) <= 32 * 2**20, "receivers refuse more"
    request = Request.FromString(message)
    symbols = list(request.symbols)
    assert symbols, "13: symbols are present"
    assert symbols[0] == "", "13: the first one is empty"
    assert len(set(symbols)) == len(symbols), "13: deduplicated"
    return [_row(series, symbols) for series in request.timeseries]


def _labels(references: Any, symbols: list[str]) -> Labels:
    assert len(references) % 2 == 0, "13: pairs of references"
    assert all(0 <= each < len(symbols) for each in references), "13: valid references"
    texts = [symbols[each] for each in references]
    names, values = texts[::2], texts[1::2]
    assert len(set(names)) == len(names), "no repeated names"
    assert all(texts), "no empty names or values"
    return dict(zip(names, values, strict=True))


def _row(series: Any, symbols: list[str]) -> Row:
    labels = _labels(series.labels_refs, symbols)
    assert list(labels) == sorted(labels), "13: sorted by name"
    assert "__name__" in labels
    assert bool(series.samples) != bool(series.histograms), "14: samples or histograms, never both"
    assert len(series.samples) + len(series.histograms) == 1, "one sample in each TimeSeries"
    points: list[Any] = list(series.samples) or list(series.histograms)
    point = points[0]
    assert point.timestamp >= 0
    assert point.start_timestamp <= point.timestamp
    exemplars = []
    for each in series.exemplars:
        assert each.timestamp > 0, "18: an exemplar has a timestamp"
        exemplars.append((_labels(each.labels_refs, symbols), each.value, each.timestamp))
    said = series.metadata
    assert max(said.help_ref, said.unit_ref) < len(symbols), "13: valid references"
    assert 0 <= said.type <= 7
    return Row(
        labels=labels,
        value=point.value if series.samples else None,
        histogram=_checked(point) if series.histograms else None,
        timestamp_ms=point.timestamp,
        start_ms=point.start_timestamp,
        exemplars=tuple(exemplars),
        type=said.type,
        help=symbols[said.help_ref],
        unit=symbols[said.unit_ref],
    )


def _checked(histogram: Any) -> Any:
    assert -4 <= histogram.schema <= 8 or histogram.schema == -53
    assert histogram.WhichOneof("count"), "a count of one kind"
    is_float = histogram.WhichOneof("count") == "count_float"
    kind = "counts" if is_float else "deltas"
    for sign in ("positive", "negative"):
        buckets = getattr(histogram, f"{sign}_{kind}")
        spans = getattr(histogram, f"{sign}_spans")
        assert len(buckets) == sum(span.length for span in spans), "spans tell the buckets"
        other = "deltas" if is_float else "counts"
        assert not getattr(histogram, f"{sign}_{other}")
    return histogram
