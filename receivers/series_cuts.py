"""A large series of remote write cut into small ones, so that none is long work at once.

Takes the range of a TimeSeries of either version in a message; gives messages that are the series
with some of its samples each, in order. Between them it stops now and then.
Invariant: any bytes give messages or WireError; labels that are more than can be meant give
SeriesError, as they cost their series alone.
"""

from collections.abc import Iterator

from pushqueue.wire.message import SeriesError
from series.fields import DELIMITED, fields

# A series with one sample has some 200 bytes, at 0.1 us each; above this it is cut.
LARGE_BYTES = 16_384
# Both versions: labels (1.0) or references to them (2.0), and what 2.0 says of the metric.
_LABELS, _METADATA = 1 << 3 | DELIMITED, 5 << 3 | DELIMITED
_PIECE_BYTES = 4096
_STEP_FIELDS = 1000
# More than any receiver takes; each piece has them again.
MAX_LABELS, MAX_HEAD_BYTES = 1000, 65_536


def cuts(data: bytes, at: int, end: int) -> Iterator[bytes | None]:
    """The pieces; None where others may run. Raises WireError, SeriesError."""
    head, labels = bytearray(), 0
    before = at
    for count, (key, _, stop) in enumerate(fields(data, at, end)):
        if key in (_LABELS, _METADATA):
            head += data[before:stop]
            labels += 1
            if labels > MAX_LABELS or len(head) > MAX_HEAD_BYTES:
                limits = f"{MAX_LABELS} labels or {MAX_HEAD_BYTES} bytes of them"
                raise SeriesError(f"more than {limits} in one series")
        before = stop
        if count % _STEP_FIELDS == _STEP_FIELDS - 1:
            yield None
    piece, full = bytearray(), max(_PIECE_BYTES, len(head) // 4)
    before = at
    has_none = True
    for count, (key, _, stop) in enumerate(fields(data, at, end)):
        if key not in (_LABELS, _METADATA):
            piece += data[before:stop]
            if len(piece) > full:
                yield bytes(head + piece)
                piece.clear()
                has_none = False
        before = stop
        if count % _STEP_FIELDS == _STEP_FIELDS - 1:
            yield None
    if piece or has_none:
        yield bytes(head + piece)
