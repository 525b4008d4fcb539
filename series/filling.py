"""The hot loop of `series.frame`: fills holes and frames samples. The specification of its twin.

Takes a layout's templates from `start` to `stop`, the chunks for their holes, values and
timestamps; gives framed TimeSeries of remote write 1.0, one sample in each.
`filling_c.pyx` is the compiled twin. It keeps nothing; here what a layout's templates consist of is
kept in columns, so that no Python code runs per sample: at most KEPT_SERIES series of them.
"""

import struct
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from weakref import WeakKeyDictionary

from series.layout import Layout
from series.template import Template
from series.wire import signed_varint, varint

SERIES_TAG = b"\x0a"  # WriteRequest.timeseries: field 1
SAMPLE_TAG = b"\x12"  # TimeSeries.samples: field 2
VALUE_TAG = b"\x09"  # Sample.value: field 1, fixed 64 bits
TIMESTAMP_TAG = b"\x10"  # Sample.timestamp: field 2, varint

# Milliseconds from 1971 to 2109 take six varint bytes; then a sample is 16 bytes, and all of a
# series but value and timestamp can be framed ahead.
_SIX_BYTES_FROM, _SIX_BYTES_BELOW = 2**35, 2**42
_SAMPLE_HEAD = SAMPLE_TAG + b"\x10" + VALUE_TAG
_SAMPLE_BYTES = 18

# 200 bytes each. What is above that is split anew each time, at 2 us a sample.
KEPT_SERIES = 100_000
_KEPT_HEADS = 4096


def frame_samples(
    layout: Layout,
    start: int,
    stop: int,
    chunks: Sequence[bytes],
    values: "array[float]",
    timestamps: "int | array[int]",
) -> bytes:
    """Raises IndexError for a range outside of the layout or a hole without its chunk."""
    if not 0 <= start <= stop <= len(layout) or stop > len(values):
        raise IndexError(f"samples {start} to {stop} of {len(layout)}, {len(values)} values")
    if isinstance(timestamps, int) and _SIX_BYTES_FROM <= timestamps < _SIX_BYTES_BELOW:
        return _frame_at_once(layout, start, stop, chunks, values, timestamps)
    return _frame_singly(layout.templates, start, stop, chunks, values, timestamps)


def frame_rows(
    layout: Layout,
    cuts: tuple[int, ...],
    chunks: list[tuple[bytes, ...]],
    values: "list[array[float]]",
    stamp: int,
) -> "tuple[bytes, array[int]]":
    """Samples of several members, each with its chunks and values: from each cut to the next
    those of all members, one member after the other.

    Gives these rows, and how many bytes the piece of each member in each row takes.
    Raises IndexError for a range outside of the layout or a hole without its chunk.
    """
    if len(values) != len(chunks):
        raise IndexError(f"{len(chunks)} members, {len(values)} arrays of values")
    pieces = [
        frame_samples(layout, start, stop, own, doubles, stamp)
        for start, stop in pairwise(cuts)
        for own, doubles in zip(chunks, values, strict=True)
    ]
    return b"".join(pieces), array("I", map(len, pieces))


def weave_samples(
    pieces: tuple[list[bytes], ...],
    slots: tuple[bytes, ...],
    values: "array[float]",
    stamp: bytes,
    tails: list[bytes] | None,
    start: int,
    stop: int,
) -> bytes:
    """Of each series from `start` to `stop` its pieces, with a slot between each two, then its
    value, `stamp`, and its tail if there are `tails`: one sample of remote write 2.0.

    Raises IndexError if there are not so many of each.
    """
    columns = pieces if tails is None else (*pieces, tails)
    if len(pieces) != len(slots) + 1 or not 0 <= start <= stop <= min(
        len(values), *map(len, columns)
    ):
        raise IndexError(f"series {start} to {stop}, {len(values)} values, {len(slots)} slots")
    count = stop - start
    woven: list[Iterable[bytes]] = [pieces[0][start:stop]]
    for slot, piece in zip(slots, pieces[1:], strict=True):
        woven += (repeat(slot, count), piece[start:stop])
    woven.append(struct.unpack("8s" * count, memoryview(values)[start:stop].tobytes()))
    woven.append(repeat(stamp, count))
    if tails is not None:
        woven.append(tails[start:stop])
    parts = [b""] * (len(woven) * count)
    for number, column in enumerate(woven):
        parts[number :: len(woven)] = column
    return b"".join(parts)


class _Heads(dict[int, bytes]):
    """How a series with labels of so many bytes begins."""

    def __missing__(self, label_bytes: int) -> bytes:
        head = SERIES_TAG + varint(label_bytes + _SAMPLE_BYTES)
        if len(self) < _KEPT_HEADS:
            self[label_bytes] = head
        return head


_HEADS = _Heads()


class _Columns:
    """The pieces of a layout's templates: first of all, then second of all, and so on.

    `kinds`: the different runs of holes, `kind_of`: which of them each template has. A template
    with fewer holes than another has empty pieces.
    """

    __slots__ = ("kind_of", "kinds", "lengths", "pieces", "whole")

    def __init__(self, templates: Sequence[Template]) -> None:
        numbers: dict[tuple[int, ...], int] = {}
        self.kind_of = [numbers.setdefault(each.holes, len(numbers)) for each in templates]
        self.kinds = list(numbers)
        depth = max(map(len, self.kinds), default=0)
        split = [_padded(each.pieces, depth + 1) for each in templates]
        self.pieces = [list(column) for column in zip(*split, strict=True)] or [[]]
        self.pieces[-1] = [piece + _SAMPLE_HEAD for piece in self.pieces[-1]]
        self.lengths = [sum(map(len, each)) for each in split]
        # Without holes all of it but the value and timestamp.
        self.whole: list[bytes] | None = None
        if not depth:
            heads = map(_HEADS.__getitem__, self.lengths)
            self.whole = list(map(bytes.__add__, heads, self.pieces[0]))
            self.pieces, self.lengths, self.kind_of = [], [], []

    def sequence(self, chunks: Sequence[bytes], start: int, stop: int) -> list[Iterable[bytes]]:
        """Column by column what stands before the values of these templates."""
        if self.whole is not None:
            return [self.whole[start:stop]]
        fillings = [[chunks[hole] for hole in kind] for kind in self.kinds]
        added = [sum(map(len, filling)) for filling in fillings]
        pieces = [column[start:stop] for column in self.pieces]
        if len(fillings) == 1:
            return [*_of_one_kind(self.lengths[start:stop], added[0], pieces, fillings[0])]
        kind_of = self.kind_of[start:stop]
        lengths = zip(self.lengths[start:stop], kind_of, strict=True)
        columns: list[Iterable[bytes]] = [[_HEADS[n + added[kind]] for n, kind in lengths]]
        for at, column in enumerate(pieces):
            columns.append(column)
            if at + 1 < len(pieces):
                chosen = [filling[at] if at < len(filling) else b"" for filling in fillings]
                columns.append(list(map(chosen.__getitem__, kind_of)))
        return columns


def _padded(pieces: tuple[bytes, ...], count: int) -> tuple[bytes, ...]:
    """The last piece stays the last one: what is short of holes has an empty piece before it."""
    if len(pieces) == count:
        return pieces
    return (*pieces, *[b""] * (count - len(pieces)))


def _of_one_kind(
    lengths: Sequence[int], added: int, pieces: Sequence[Sequence[bytes]], filling: Sequence[bytes]
) -> Iterable[Iterable[bytes]]:
    get = _HEADS.__getitem__
    yield [get(length + added) for length in lengths]
    run = b""
    for column, chunk in zip(pieces, [*filling, b""], strict=True):
        # Holes that stand side by side are filled as one.
        if any(column):
            if run:
                yield repeat(run, len(column))
            yield column
            run = b""
        run += chunk


_kept: WeakKeyDictionary[Layout, _Columns] = WeakKeyDictionary()


def _columns(layout: Layout) -> _Columns:
    columns = _kept.get(layout)
    if columns is None:
        columns = _Columns(layout.templates)
        # Those that are kept stay: they go when their layouts do.
        if sum(map(len, _kept)) + len(layout) <= KEPT_SERIES:
            _kept[layout] = columns
    return columns


def _frame_at_once(
    layout: Layout,
    start: int,
    stop: int,
    chunks: Sequence[bytes],
    values: "array[float]",
    timestamp_ms: int,
) -> bytes:
    # Hot: bench/bench_frame.py holds the figure. Slices and one join; no Python code per sample
    # but for the length of a series with holes.
    count = stop - start
    columns = _columns(layout).sequence(chunks, start, stop)
    width = len(columns) + 2
    parts = [b""] * (width * count)
    for at, column in enumerate(columns):
        parts[at::width] = column
    raw = memoryview(values)[start:stop].tobytes()
    parts[width - 2 :: width] = struct.unpack("8s" * count, raw)
    parts[width - 1 :: width] = repeat(TIMESTAMP_TAG + varint(timestamp_ms), count)
    return b"".join(parts)


def _frame_singly(
    templates: Sequence[Template],
    start: int,
    stop: int,
    chunks: Sequence[bytes],
    values: "array[float]",
    timestamps: "int | array[int]",
) -> bytes:
    raw = memoryview(values).cast("B")
    framed: list[bytes] = []
    for index in range(start, stop):
        stamp = timestamps if isinstance(timestamps, int) else timestamps[index]
        sample = b"".join(
            (VALUE_TAG, raw[8 * index : 8 * index + 8], TIMESTAMP_TAG, signed_varint(stamp))
        )
        series = b"".join((templates[index].fill(chunks), SAMPLE_TAG, varint(len(sample)), sample))
        framed += (SERIES_TAG, varint(len(series)), series)
    return b"".join(framed)
