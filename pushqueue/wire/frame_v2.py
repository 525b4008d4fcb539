"""Frames parts as the `timeseries` of a remote-write 2.0 request, with its symbol table.

Takes parts; gives their bytes, and the symbols that these refer to.
Source: `io.prometheus.write.v2.Request` (reference/prometheus.md 1.2 and 1.3).
Invariant: one sample or one native histogram in each TimeSeries, its metadata, exemplars and start
timestamp beside it; within a part timestamps never go back. No work per sample but one join
(bench/bench_batcher.py).
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from weakref import WeakKeyDictionary

from pushqueue.wire.columns import REFS_TAG, SERIES_TAG, Columns
from pushqueue.wire.histogram import encode_histogram
from pushqueue.wire.part import Part
from pushqueue.wire.symbols import Symbols
from series.batch import Batch
from series.exemplar import Exemplar
from series.frame import weave
from series.layout import Layout
from series.metadata import Families
from series.wire import delimited, signed_varint

_SAMPLE, _HISTOGRAM, _EXEMPLAR = b"\x12", b"\x1a", b"\x22"  # TimeSeries: fields 2, 3, 4
_VALUE, _TIMESTAMP, _START = b"\x09", b"\x10", b"\x18"  # Sample: fields 1, 2, 3
_EXEMPLAR_VALUE = b"\x11"  # Exemplar: field 2; its timestamp's tag is that of a start

# Milliseconds from 1971 to 2109 take six varint bytes (see series.frame).
_SIX_BYTES_FROM, _SIX_BYTES_BELOW = 2**35, 2**42


class FramerV2:
    """Remembers what it found out about layouts; one for each remote."""

    def __init__(self) -> None:
        self._columns: WeakKeyDictionary[Layout, Columns] = WeakKeyDictionary()
        self._serials: WeakKeyDictionary[Layout, int] = WeakKeyDictionary()
        self._next_serial = 0

    def prepare(self, layout: Layout, families: Families | None) -> None:
        """Looks at a layout without holes ahead of its first request: 10 us a series."""
        self._look(layout, 0, families)

    def request(self, parts: Iterable[Part]) -> Symbols:
        """The table for a request of these parts: constants of their layouts.

        Large and old layouts first, so that the table of one request is like that of the next.
        """
        columns = {id(part.batch.layout): (part.batch, self._of(part.batch)) for part in parts}
        ordered = sorted(
            columns.values(),
            key=lambda item: (-len(item[0].layout), self._serials[item[0].layout]),
        )
        symbols = Symbols()
        for _, each in ordered:
            symbols.references(each.symbols)
        return symbols

    def _of(self, batch: Batch) -> Columns:
        return self._look(batch.layout, len(batch.chunks), batch.families)

    def _look(self, layout: Layout, chunk_count: int, families: Families | None) -> Columns:
        columns = self._columns.get(layout)
        # Markers say nothing of metadata, and need not forget what is known.
        is_other = families is not None and columns is not None
        if columns is None or (is_other and columns.families is not families):
            columns = Columns(layout, chunk_count, families)
            self._columns[layout] = columns
            if layout not in self._serials:
                self._serials[layout] = self._next_serial
                self._next_serial += 1
        return columns

    def frame(self, part: Part, symbols: Symbols, *, with_exemplars: bool) -> bytes:
        """The part's series; what `symbols` lacks is added to it."""
        batch = part.batch
        columns = self._of(batch)
        slots = columns.slot_bytes(symbols, batch.chunks)
        stamp_ms = batch.timestamps
        is_usual = isinstance(stamp_ms, int) and _SIX_BYTES_FROM <= stamp_ms < _SIX_BYTES_BELOW
        if not columns.is_regular or not is_usual or batch.histograms is not None:
            positions = part.late_order() or range(part.start, part.stop)
            return self._singly(part, positions, symbols, slots, with_exemplars)
        odd = part.odd_positions(with_exemplars=with_exemplars, with_starts=True)
        if not odd:
            return _frame_at_once(part, columns, symbols, slots)
        framed = []
        for before, at in pairwise([part.start - 1, *odd, part.stop]):
            if before >= part.start:
                framed.append(self._singly(part, (before,), symbols, slots, with_exemplars))
            if at > before + 1:
                run = Part(batch, before + 1, at)
                framed.append(_frame_at_once(run, columns, symbols, slots))
        return b"".join(framed)

    def _singly(
        self,
        part: Part,
        positions: Iterable[int],
        symbols: Symbols,
        slots: Sequence[bytes],
        with_exemplars: bool,
    ) -> bytes:
        batch = part.batch
        columns = self._of(batch)
        references = symbols.references(columns.symbols)
        framed = []
        for at in positions:
            beside = (batch.exemplars or {}).get(at, ()) if with_exemplars else ()
            body = (
                delimited(REFS_TAG, columns.labels_refs(at, references, slots)),
                _sample(batch, at),
                *[_exemplar(each, batch.timestamp_of(at), symbols) for each in beside],
                columns.metadata(at, references),
            )
            framed.append(delimited(SERIES_TAG, b"".join(body)))
        return b"".join(framed)


def _frame_at_once(part: Part, columns: Columns, symbols: Symbols, slots: Sequence[bytes]) -> bytes:
    # Hot: bench/bench_batcher.py holds the figure.
    batch = part.batch
    assert isinstance(batch.timestamps, int)
    form = columns.form(symbols, slots)
    stamp = _TIMESTAMP + signed_varint(batch.timestamps)
    return weave(
        form.pieces, tuple(slots), batch.values, stamp, form.metadata, part.start, part.stop
    )


def _sample(batch: Batch, at: int) -> bytes:
    stamp_ms = batch.timestamp_of(at)
    start_ms = batch.start_timestamps[at] if batch.start_timestamps is not None else 0
    if batch.histograms is not None:
        message = encode_histogram(
            batch.histograms[at], stamp_ms, start_ms=start_ms, is_marker=batch.is_markers
        )
        return delimited(_HISTOGRAM, message)
    value = memoryview(batch.values).cast("B")[8 * at : 8 * at + 8].tobytes()
    sample = _VALUE + value + _TIMESTAMP + signed_varint(stamp_ms)
    return delimited(_SAMPLE, sample + _START + signed_varint(start_ms) if start_ms else sample)


def _exemplar(exemplar: Exemplar, sample_ms: int, symbols: Symbols) -> bytes:
    texts = [text for label in exemplar.labels for text in label]
    stamp_ms = sample_ms if exemplar.timestamp_ms is None else exemplar.timestamp_ms
    return delimited(
        _EXEMPLAR,
        delimited(REFS_TAG, b"".join(symbols.references(texts)))
        + _EXEMPLAR_VALUE
        + struct.pack("<d", exemplar.value)
        + _START
        + signed_varint(stamp_ms),
    )
