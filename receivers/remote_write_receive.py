"""Remote write taken: a message of 1.0 or 2.0 to batches, in steps.

Takes a decompressed message; gives `Written`, or raises DecodeError. The way of `promferry receive`
is receivers/remote_write.py, which counts and shows; here nothing is left behind.
Invariant: any bytes are read or raise DecodeError; the work is cut into steps of about 3 ms.
"""

from collections.abc import Generator
from contextlib import suppress

from pushqueue.wire.message import SeriesError, read_v1, read_v2
from receivers.errors import DecodeError
from receivers.remote_write import read_metadata
from receivers.remote_write_series import Gathering, KnownSeries, Written
from receivers.remote_write_v2 import PROTO_2, UNFOLDS_TO, text_characters
from series.fields import DELIMITED, fields
from series.frame import SERIES_TAG
from series.labels import Labels
from series.wire import WireError, delimited, read_varint

Steps = Generator[None, None, Written]

_SERIES, _METADATA, _LABEL = 1 << 3 | DELIMITED, 3 << 3 | DELIMITED, 1 << 3 | DELIMITED
STEP_SAMPLES = 4000
# Of series of any shape: they take 20 us each.
_STEP_SERIES = 100
# A usual series: labels, then one sample of 18 bytes (receivers/remote_write.py).
_TAIL_BYTES = 18
_TAIL_HEAD = b"\x12\x10\x09"


class RemoteWriteReceiver:
    """One for each agent and its external labels."""

    def __init__(self, known: KnownSeries) -> None:
        self._known = known

    def take(self, message: bytes, *, proto: str, max_bytes: int, extra: Labels = ()) -> Steps:
        """Stops every few milliseconds of work; its value is what was taken."""
        gathering = Gathering(self._known, extra)
        try:
            if proto == PROTO_2:
                yield from _take_v2(message, gathering, max_bytes)
            else:
                yield from _Reader(message, gathering).read()
        except WireError as exc:
            raise DecodeError("protobuf", str(exc)) from exc
        return gathering.finish()


def all_of(steps: Steps) -> Written:
    """All of it at once."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            written: Written = done.value
            return written


def _take_v2(message: bytes, gathering: Gathering, max_bytes: int) -> Generator[None, None, None]:
    left = UNFOLDS_TO * max_bytes
    for count, series in enumerate(read_v2(message, is_lenient=True)):
        left -= text_characters(series)
        if left < 0:
            limit = UNFOLDS_TO * max_bytes
            raise DecodeError("too_large", f"its symbols unfold to more than {limit} bytes")
        gathering.put(series, series.labels, is_v2=True)
        if count % _STEP_SERIES == _STEP_SERIES - 1:
            yield


class _Reader:
    """Of one message of 1.0."""

    def __init__(self, data: bytes, gathering: Gathering) -> None:
        self._data = data
        self._gathering = gathering
        self._stamp_memo: dict[bytes, int] = {}

    def read(self) -> Generator[None, None, None]:
        data, end = self._data, len(self._data)
        at = odd = 0
        while at < end:
            before = at
            at = self._read_usual(at, STEP_SAMPLES)
            if at - before > 0:
                yield
            # Slow path: one field of any kind.
            for key, start, stop in fields(data, at, end):
                if key == _SERIES:
                    self._read_series(start, stop)
                elif key == _METADATA:
                    self._read_metadata(start, stop)
                at = stop
                break
            odd += 1
            if odd % _STEP_SERIES == 0:
                yield

    def _read_metadata(self, start: int, stop: int) -> None:
        # What is said beside samples never costs them.
        with suppress(UnicodeDecodeError):
            told = read_metadata(self._data, start, stop)
            self._gathering.metadata[told.family] = told

    def _read_series(self, start: int, stop: int) -> None:
        data = self._data
        try:
            series = next(read_v1(_framed(data[start:stop])))
        except SeriesError as exc:
            self._gathering.reject((), str(exc))
            return
        self._gathering.put(series, _raw_labels(data, start, stop), is_v2=False)

    def _read_usual(self, at: int, most: int) -> int:
        """Series that are known and have one usual sample, from `at` on; where that ends."""
        # Hot: bench/bench_receive.py holds the figure. Labels are known byte for byte; bytes that
        # were once read as whole labels are that again.
        data, end = self._data, len(self._data)
        get, memo = self._gathering.entries.get, self._stamp_memo
        columns = [rows.columns() for rows in self._gathering.floats]
        last_raw, stamp, left = b"", 0, most
        before = self._gathering.before
        group = 0
        put_template, put_stamp, put_value = columns[group]
        while at < end and left:
            start = at + 2
            if start >= end or data[at] != 0x0A:
                break
            size = data[at + 1]
            if size >= 0x80:
                more = data[start]
                if more >= 0x80:
                    break
                size = size & 0x7F | more << 7
                start += 1
            stop = start + size
            tail = stop - _TAIL_BYTES
            if stop > end or tail < start or data[tail : tail + 3] != _TAIL_HEAD:
                break
            # The labels that followed these the last time are compared, not hashed.
            entry = before.after
            if not entry or len(entry.raw) != tail - start or not data.startswith(entry.raw, start):
                entry = get(data[start:tail])
                if entry is None:
                    break
                before.after = entry
            if data[stop - 7] != 0x10:
                break
            before = entry
            raw = data[stop - 6 : stop]
            if raw != last_raw:
                known = memo.get(raw)
                if known is None:
                    known, behind = read_varint(data, stop - 6)
                    if behind != stop:
                        break
                    memo[raw] = known
                last_raw, stamp = raw, known
            if entry.group != group:
                group = entry.group
                put_template, put_stamp, put_value = columns[group]
            put_template(entry.template)
            put_stamp(stamp)
            put_value(data[tail + 3 : tail + 11])
            left -= 1
            at = stop
        self._gathering.before = before
        self._gathering.samples += most - left
        return at


def _framed(body: bytes) -> bytes:
    return delimited(SERIES_TAG, body)


def _raw_labels(data: bytes, at: int, end: int) -> bytes:
    """The labels as they came: what the fast path finds them by. They stand first, mostly."""
    raw = []
    before = at
    for key, _, stop in fields(data, at, end):
        if key == _LABEL:
            raw.append(data[before:stop])
        before = stop
    return b"".join(raw)
