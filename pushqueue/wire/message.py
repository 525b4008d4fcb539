"""Requests of both versions as plain values and back: for splitting, transcoding and tools.

Takes a decompressed message, gives its series one by one; takes series, gives a message.
Invariant: any bytes give series or WireError; values keep their bits.
Rare work: nothing here is in the way of a sample that is sent as it was encoded.
"""

import struct
from collections.abc import Iterable, Iterator

import attrs

from pushqueue.wire.histogram import unzigzag
from pushqueue.wire.symbols import Symbols
from series.fields import DELIMITED, FIXED64, VARINT, fields, signed64
from series.histogram import CUSTOM_BUCKETS_SCHEMA
from series.wire import WireError, delimited, read_varint, signed_varint, varint

# More texts than any sender's request has; it bounds memory against hostile ones.
MAX_SYMBOLS = 1_000_000

Pair = tuple[str, str]


class SeriesError(WireError):
    """A text or reference of one series that means nothing, in a message that is whole."""


# A request's symbols; in place of one that is not UTF-8, why.
Table = list[str | SeriesError]

SERIES_1, SERIES_2 = 1 << 3 | DELIMITED, 5 << 3 | DELIMITED
SYMBOL = 4 << 3 | DELIMITED
_D1, _D2, _D3, _D4, _D5 = (number << 3 | DELIMITED for number in range(1, 6))
_V1, _V2, _V3, _V4 = (number << 3 | VARINT for number in range(1, 5))
_F1, _F2 = 1 << 3 | FIXED64, 2 << 3 | FIXED64
_HISTOGRAM_SCHEMA, _HISTOGRAM_START = 4 << 3 | VARINT, 17 << 3 | VARINT
_ZERO = bytes(8)


@attrs.frozen
class Sample:
    """`value` is its eight bytes."""

    value: bytes
    timestamp_ms: int
    start_ms: int = 0

    @property
    def number(self) -> float:
        number: float = struct.unpack("<d", self.value)[0]
        return number


@attrs.frozen
class WireExemplar:
    labels: tuple[Pair, ...]
    value: bytes
    timestamp_ms: int


@attrs.frozen(kw_only=True)
class WireSeries:
    """One TimeSeries of either version; a histogram is its message, which both share."""

    labels: tuple[Pair, ...]
    samples: tuple[Sample, ...] = ()
    histograms: tuple[bytes, ...] = ()
    exemplars: tuple[WireExemplar, ...] = ()
    type: int = 0
    help: str = ""
    unit: str = ""
    # Only of a lenient reader: what of it is left out; all of it if there are no labels.
    wrong: str = ""


def read_v1(message: bytes) -> Iterator[WireSeries]:
    for key, start, stop in fields(message, 0, len(message)):
        if key == SERIES_1:
            yield series_of_v1(message, start, stop)


def series_of_v1(data: bytes, at: int, end: int) -> WireSeries:
    """The TimeSeries of 1.0 in data[at:end]."""
    labels, samples, exemplars, histograms = [], [], [], []
    for key, start, stop in fields(data, at, end):
        if key == _D1:
            labels.append(_label(data, start, stop))
        elif key == _D2:
            samples.append(_sample(data, start, stop))
        elif key == _D3:
            found = list(fields(data, start, stop))
            of = tuple([_label(data, one, two) for key, one, two in found if key == _D1])
            exemplars.append(_exemplar(data, start, stop, of))
        elif key == _D4:
            histograms.append(data[start:stop])
    return WireSeries(
        labels=tuple(labels),
        samples=tuple(samples),
        exemplars=tuple(exemplars),
        histograms=tuple(histograms),
    )


def _label(data: bytes, at: int, end: int) -> Pair:
    name = value = b""
    for key, start, stop in fields(data, at, end):
        if key == _D1:
            name = data[start:stop]
        elif key == _D2:
            value = data[start:stop]
    return _text(name), _text(value)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise SeriesError(f"not UTF-8: {data[:80]!r}") from exc


def _sample(data: bytes, at: int, end: int) -> Sample:
    value, stamp_ms, start_ms = _ZERO, 0, 0
    for key, start, stop in fields(data, at, end):
        if key == _F1:
            value = data[start:stop]
        elif key == _V2:
            stamp_ms = signed64(read_varint(data, start)[0])
        elif key == _V3:
            start_ms = signed64(read_varint(data, start)[0])
    return Sample(value, stamp_ms, start_ms)


def _exemplar(data: bytes, at: int, end: int, labels: tuple[Pair, ...]) -> WireExemplar:
    value, stamp_ms = _ZERO, 0
    for key, start, stop in fields(data, at, end):
        if key == _F2:
            value = data[start:stop]
        elif key == _V3:
            stamp_ms = signed64(read_varint(data, start)[0])
    return WireExemplar(labels, value, stamp_ms)


def read_v2(message: bytes) -> Iterator[WireSeries]:
    symbols: Table = []
    for key, start, stop in fields(message, 0, len(message)):
        if key == SYMBOL:
            add_symbol(symbols, message, start, stop)
    for key, start, stop in fields(message, 0, len(message)):
        if key == SERIES_2:
            yield series_of_v2(message, start, stop, symbols)


def add_symbol(
    symbols: Table, data: bytes, start: int, stop: int, *, is_lenient: bool = False
) -> None:
    """Takes one more into the table of a request. Raises WireError.

    `is_lenient`: bad texts and references cost their series, which says so, not the message.
    """
    if len(symbols) >= MAX_SYMBOLS:
        raise WireError(f"more than {MAX_SYMBOLS} symbols")
    try:
        symbols.append(_text(data[start:stop]))
    except SeriesError as exc:
        if not is_lenient:
            raise
        symbols.append(exc)


def series_of_v2(
    data: bytes, at: int, end: int, symbols: Table, *, is_lenient: bool = False
) -> WireSeries:
    """The TimeSeries of 2.0 in data[at:end]."""
    references: list[int] = []
    samples, exemplars, histograms = [], [], []
    metadata: list[tuple[int, int]] = []
    labels: tuple[Pair, ...] = ()
    said, wrong = (0, "", ""), ""
    for key, start, stop in fields(data, at, end):
        if key in (_D1, _V1):
            references += _numbers(data, start, stop)
        elif key == _D2:
            samples.append(_sample(data, start, stop))
        elif key == _D3:
            histograms.append(data[start:stop])
        elif key == _D4:
            try:
                exemplars.append(_exemplar_2(data, start, stop, symbols))
            except SeriesError as exc:
                wrong = _borne(exc, is_lenient)
        elif key == _D5:
            metadata.append((start, stop))
    try:
        labels = _pairs(references, symbols)
        for start, stop in metadata:
            said = _metadata(data, start, stop, symbols)
    except SeriesError as exc:
        wrong = _borne(exc, is_lenient)
    return WireSeries(
        labels=labels,
        samples=tuple(samples),
        histograms=tuple(histograms),
        exemplars=tuple(exemplars),
        type=said[0],
        help=said[1],
        unit=said[2],
        wrong=wrong,
    )


def _borne(exc: SeriesError, is_lenient: bool) -> str:
    if not is_lenient:
        raise exc
    return str(exc)


def _exemplar_2(data: bytes, at: int, end: int, symbols: Table) -> WireExemplar:
    references: list[int] = []
    for key, start, stop in fields(data, at, end):
        if key in (_D1, _V1):
            references += _numbers(data, start, stop)
    return _exemplar(data, at, end, _pairs(references, symbols))


def _numbers(data: bytes, at: int, end: int) -> list[int]:
    """The varints of a packed field, or the one of a field that is not packed."""
    numbers = []
    while at < end:
        number, at = read_varint(data, at)
        if at > end:
            raise WireError(f"a reference ends behind its field at byte {end}")
        numbers.append(number)
    return numbers


def _pairs(references: list[int], symbols: Table) -> tuple[Pair, ...]:
    if len(references) % 2:
        raise SeriesError(f"an odd number of label references: {len(references)}")
    texts = [_symbol(reference, symbols) for reference in references]
    return tuple(zip(texts[::2], texts[1::2], strict=True))


def _symbol(reference: int, symbols: Table) -> str:
    if reference >= len(symbols):
        raise SeriesError(f"reference {reference} is beyond the {len(symbols)} symbols")
    text = symbols[reference]
    if isinstance(text, SeriesError):
        raise text
    return text


def _metadata(data: bytes, at: int, end: int, symbols: Table) -> tuple[int, str, str]:
    numbers = {_V1: 0, _V3: 0, _V4: 0}
    for key, start, _ in fields(data, at, end):
        if key in numbers:
            numbers[key] = read_varint(data, start)[0]
    help_, unit = numbers[_V3], numbers[_V4]
    return (
        numbers[_V1],
        _symbol(help_, symbols) if help_ else "",
        _symbol(unit, symbols) if unit else "",
    )


def write_v1(series: Iterable[WireSeries]) -> Iterator[bytes]:
    """Each as a framed `timeseries`; without what 1.0 has no place for: see `fits_v1`."""
    for each in series:
        labels = [_write_label(name, value) for name, value in each.labels]
        samples = [delimited(b"\x12", _write_sample(one, with_start=False)) for one in each.samples]
        exemplars = []
        for one in each.exemplars:
            of = b"".join([_write_label(name, value) for name, value in one.labels])
            exemplars.append(delimited(b"\x1a", of + _write_exemplar(one)))
        histograms = [delimited(b"\x22", _without_start(one)) for one in each.histograms]
        yield delimited(b"\x0a", b"".join([*labels, *samples, *exemplars, *histograms]))


def write_v2(series: Iterable[WireSeries], symbols: Symbols) -> Iterator[bytes]:
    """Each as a framed `timeseries`; the table is ready when all were asked for."""
    for each in series:
        parts = [delimited(b"\x0a", _references(each.labels, symbols))]
        parts += [delimited(b"\x12", _write_sample(one, with_start=True)) for one in each.samples]
        parts += [delimited(b"\x1a", one) for one in each.histograms]
        for one in each.exemplars:
            of = delimited(b"\x0a", _references(one.labels, symbols))
            parts.append(delimited(b"\x22", of + _write_exemplar(one)))
        said = _write_metadata(each, symbols)
        if said:
            parts.append(delimited(b"\x2a", said))
        yield delimited(b"\x2a", b"".join(parts))


def _references(labels: tuple[Pair, ...], symbols: Symbols) -> bytes:
    return b"".join(symbols.references([text for label in labels for text in label]))


def _write_label(name: str, value: str) -> bytes:
    body = delimited(b"\x0a", name.encode()) + delimited(b"\x12", value.encode())
    return delimited(b"\x0a", body)


def _write_sample(sample: Sample, *, with_start: bool) -> bytes:
    body = b"\x09" + sample.value + b"\x10" + signed_varint(sample.timestamp_ms)
    if with_start and sample.start_ms:
        body += b"\x18" + signed_varint(sample.start_ms)
    return body


def _write_exemplar(exemplar: WireExemplar) -> bytes:
    return b"\x11" + exemplar.value + b"\x18" + signed_varint(exemplar.timestamp_ms)


def _write_metadata(series: WireSeries, symbols: Symbols) -> bytes:
    parts = [b"\x08" + varint(series.type)] if series.type else []
    if series.help:
        parts.append(b"\x18" + symbols[series.help])
    if series.unit:
        parts.append(b"\x20" + symbols[series.unit])
    return b"".join(parts)


def _without_start(histogram: bytes) -> bytes:
    """1.0's histograms have no start timestamp; all else is the same in both."""
    at, kept = 0, []
    for key, _, stop in fields(histogram, 0, len(histogram)):
        if key != _HISTOGRAM_START:
            kept.append(histogram[at:stop])
        at = stop
    return b"".join(kept)


def fits_v1(series: WireSeries) -> bool:
    """1.0 has no histograms with custom buckets (Prometheus drops them too)."""
    return not any(schema_of(each) == CUSTOM_BUCKETS_SCHEMA for each in series.histograms)


def schema_of(histogram: bytes) -> int:
    schema = 0
    for key, start, _ in fields(histogram, 0, len(histogram)):
        if key == _HISTOGRAM_SCHEMA:
            schema = unzigzag(read_varint(histogram, start)[0])
    return schema
