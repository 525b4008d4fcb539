"""`/api/v1/series` of `promferry receive`: what arrived, for tests and scripts.

Takes series of the window; gives JSON in pieces. Values are texts, as in Prometheus' API; a
staleness marker is the text "stale", so that it is told from any other NaN.
"""

import json
from collections.abc import Iterator, Sequence

from receivers.window import Sample, WindowSeries, WindowStatistics

STALE = "stale"


def value_text(sample: Sample) -> str:
    """The value as Prometheus writes it: 1, 0.5, NaN, +Inf, -Inf; `stale` for a marker."""
    value = sample.value
    if value is None:
        return STALE
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value).removesuffix(".0")


def series_json(series: Sequence[WindowSeries], statistics: WindowStatistics) -> Iterator[str]:
    """`data`: the series, written last first; `window`: how much there is in all."""
    yield '{"status":"success","data":['
    separator = ""
    for one in series:
        yield separator + json.dumps(_document(one))
        separator = ","
    held = {"series": statistics.series, "evicted": statistics.evicted_series_total}
    yield f'],"window":{json.dumps(held)}}}\n'


def _document(series: WindowSeries) -> dict[str, object]:
    samples = series.samples()
    last = samples[-1] if samples else None
    return {
        "labels": dict(series.labels),
        "last_value": value_text(last) if last else None,
        "last_timestamp_ms": last.timestamp_ms if last else None,
        "received_ms": series.received_ms,
        "sender": series.sender,
        "sample_total": series.sample_total,
        "samples": [[sample.timestamp_ms, value_text(sample)] for sample in samples],
    }
