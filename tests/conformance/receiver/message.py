"""Requests of both versions as a sender would write them, and what must come of each series.

Takes series as plain values; gives bodies by google.protobuf, and the rows that a remote behind
the receiver must get: labels sorted, without empty ones, everything else as it was sent.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import snappy

from series.stale import STALE_NAN_BITS
from tests.pushqueue.protos_v2 import Request
from tests.receivers.protos import WriteRequest

STALE: float = struct.unpack("<d", struct.pack("<Q", STALE_NAN_BITS))[0]
Pairs = tuple[tuple[str, str], ...]


@attrs.frozen
class Exemplar:
    labels: Mapping[str, str]
    value: float
    at_ms: int = 0


@attrs.frozen(kw_only=True)
class Sent:
    """One series. Times are relative to the test's; `is_bad`: the receiver must not take it."""

    labels: Pairs
    samples: tuple[tuple[int, float], ...] = ()
    histograms: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    start_ms: int | None = None
    type: int = 0
    help: str = ""
    unit: str = ""
    is_bad: bool = False

    @property
    def points(self) -> int:
        return len(self.samples) + len(self.histograms)


def sent(name: str, *values: float, **more: Any) -> Sent:
    """A series of that name, one sample after the other; `labels` come before the name."""
    labels = tuple(more.pop("labels", {}).items())
    at_ms = more.pop("at_ms", 0)
    samples = tuple([(at_ms + number, value) for number, value in enumerate(values)])
    return Sent(labels=(*labels, ("__name__", name)), samples=samples, **more)


def nameless(*values: float, **labels: str) -> Sent:
    samples = tuple(enumerate(values))
    return Sent(labels=tuple(labels.items()), samples=samples, is_bad=True)


class Symbols:
    def __init__(self) -> None:
        self.texts = [""]

    def __call__(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def references(self, pairs: Iterable[tuple[str, str]]) -> list[int]:
        return [self(text) for pair in pairs for text in pair]


def message_2(series: Sequence[Sent], now_ms: int) -> bytes:
    symbols = Symbols()
    rows = [_series_2(one, symbols, now_ms) for one in series]
    data: bytes = Request(symbols=symbols.texts, timeseries=rows).SerializeToString()
    return data


def _series_2(one: Sent, symbols: Symbols, now_ms: int) -> dict[str, Any]:
    start = {} if one.start_ms is None else {"start_timestamp": now_ms + one.start_ms}
    metadata = {
        "type": one.type,
        "help_ref": symbols(one.help),
        "unit_ref": symbols(one.unit),
    }
    return {
        "labels_refs": symbols.references(one.labels),
        "samples": [
            {"value": value, "timestamp": now_ms + at_ms, **start} for at_ms, value in one.samples
        ],
        "histograms": [{**told, "timestamp": now_ms + at, **start} for at, told in one.histograms],
        "exemplars": [
            {
                "labels_refs": symbols.references(each.labels.items()),
                "value": each.value,
                "timestamp": now_ms + each.at_ms,
            }
            for each in one.exemplars
        ],
        "metadata": metadata,
    }


def message_1(series: Sequence[Sent], now_ms: int) -> bytes:
    rows = [
        {
            "labels": _labels_1(one.labels),
            "samples": [
                {"value": value, "timestamp": now_ms + at_ms} for at_ms, value in one.samples
            ],
            "histograms": [{**told, "timestamp": now_ms + at} for at, told in one.histograms],
            "exemplars": [
                {
                    "labels": _labels_1(each.labels.items()),
                    "value": each.value,
                    "timestamp": now_ms + each.at_ms,
                }
                for each in one.exemplars
            ],
        }
        for one in series
    ]
    data: bytes = WriteRequest(timeseries=rows).SerializeToString()
    return data


def _labels_1(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def body_of(message: bytes) -> bytes:
    packed: bytes = snappy.compress(message)
    return packed
