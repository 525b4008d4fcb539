"""Remote write taken: a message of 1.0 or 2.0 to batches, in steps.

Takes a decompressed message; gives `Written`, or raises DecodeError. The way of `promferry receive`
is receivers/remote_write.py, which counts and shows; here nothing is left behind.
Invariant: any bytes are read or raise DecodeError; whatever they are, the work is cut into steps of
a few milliseconds.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from itertools import chain

from pushqueue.wire.message import (
    SERIES_1,
    SERIES_2,
    SYMBOL,
    SeriesError,
    Table,
    add_symbol,
    series_of_v1,
    series_of_v2,
)
from receivers.errors import DecodeError
from receivers.known_series import KnownSeries, hot
from receivers.remote_write import read_metadata
from receivers.remote_write_series import Gathering, Written
from receivers.remote_write_v2 import PROTO_2, UNFOLDS_TO, text_characters
from receivers.series_cuts import LARGE_BYTES, cuts
from series.fields import DELIMITED, fields
from series.labels import Labels
from series.wire import WireError

Steps = Generator[None, None, Written]

_METADATA, _LABEL = 3 << 3 | DELIMITED, 1 << 3 | DELIMITED
STEP_SAMPLES = 4000
# What a step may read of fields of any shape, each counted with what it costs at the least: some
# hundred usual series.
_STEP_BYTES = 16_384
_FIELD_BYTES = 16
# Half of a UTF-16 pair, which no label can hold.
_APART = "\ud800"
# Of one series of 2.0, whose labels may name long symbols often.
MAX_TEXT = 262_144


class RemoteWriteReceiver:
    """One for each agent and its external labels."""

    def __init__(self, known: KnownSeries) -> None:
        self._known = known

    def take(self, message: bytes, *, proto: str, max_bytes: int, extra: Labels = ()) -> Steps:
        """Stops every few milliseconds of work; its value is what was taken."""
        gathering = Gathering(self._known, extra)
        try:
            if proto == PROTO_2:
                steps = _ReaderV2(message, gathering, max_bytes).read()
            else:
                steps = _ReaderV1(message, gathering).read()
            for _ in steps:
                gathering.cut()
                self._known.let_go()
                yield
            yield from gathering.finish()
        except WireError as exc:
            raise DecodeError("protobuf", str(exc)) from exc
        finally:
            gathering.close()
        return gathering.written()


def all_of(steps: Steps) -> Written:
    """All of it at once."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            written: Written = done.value
            return written


class _Work:
    """How much was done since the last step."""

    def __init__(self) -> None:
        self._left = _STEP_BYTES

    def is_step(self, size: int) -> bool:
        """Whether with so many bytes more it is time for one."""
        self._left -= size + _FIELD_BYTES
        if self._left > 0:
            return False
        self._left = _STEP_BYTES
        return True


class _ReaderV1:
    """Of one message of 1.0."""

    def __init__(self, data: bytes, gathering: Gathering) -> None:
        self._data = data
        self._gathering = gathering

    def read(self) -> Iterator[None]:
        data, end = self._data, len(self._data)
        work = _Work()
        at = 0
        while at < end:
            before, at = at, self._read_known(at)
            if at - before > 0:
                yield
            # Slow path: one field of any kind.
            for key, start, stop in fields(data, at, end):
                if key == SERIES_1:
                    yield from _series(data, start, stop, self._gathering, self._put)
                elif key == _METADATA:
                    self._read_metadata(start, stop)
                if work.is_step(stop - at):
                    yield
                at = stop
                break

    def _read_metadata(self, start: int, stop: int) -> None:
        # What is said beside samples never costs them.
        with suppress(UnicodeDecodeError):
            told = read_metadata(self._data, start, stop)
            self._gathering.metadata[told.family] = told

    def _read_known(self, at: int) -> int:
        gathering = self._gathering
        at, count, gathering.before = hot.read_known(
            self._data, at, STEP_SAMPLES, gathering.table, gathering.columns, gathering.before
        )
        gathering.samples += count
        return at

    def _put(self, data: bytes, start: int, stop: int) -> None:
        try:
            series = series_of_v1(data, start, stop)
        except SeriesError as exc:
            self._gathering.reject((), str(exc))
            return
        self._gathering.put(series, _raw_labels(data, start, stop), is_v2=False)


class _ReaderV2:
    """Of one message of 2.0."""

    def __init__(self, data: bytes, gathering: Gathering, max_bytes: int) -> None:
        self._data = data
        self._gathering = gathering
        self._symbols: Table = []
        self._limit = self._left = UNFOLDS_TO * max_bytes

    def read(self) -> Iterator[None]:
        data, end = self._data, len(self._data)
        work = _Work()
        for key, start, stop in fields(data, 0, end):
            if key == SYMBOL:
                add_symbol(self._symbols, data, start, stop, is_lenient=True)
            if work.is_step(0):
                yield
        for key, start, stop in fields(data, 0, end):
            if key == SERIES_2:
                yield from _series(data, start, stop, self._gathering, self._put)
            # A series of references is longer than its bytes.
            if work.is_step(4 * (stop - start) if key == SERIES_2 else 0):
                yield

    def _put(self, data: bytes, start: int, stop: int) -> None:
        series = series_of_v2(data, start, stop, self._symbols, is_lenient=True)
        characters = text_characters(series)
        self._left -= characters
        if self._left < 0:
            text = f"its symbols unfold to more than {self._limit} bytes"
            raise DecodeError("too_large", text)
        if characters > MAX_TEXT:
            self._gathering.reject((), f"labels of more than {MAX_TEXT} characters")
            return
        # One text, not a tuple of pairs: the garbage collector would look at each of these.
        key = _APART.join(chain.from_iterable(series.labels))
        self._gathering.put(series, key, is_v2=True)


def _series(
    data: bytes,
    start: int,
    stop: int,
    gathering: Gathering,
    put: Callable[[bytes, int, int], None],
) -> Iterator[None]:
    """A large one in pieces. Whatever is wrong with them, it is one that is not taken whole."""
    # Fast path: of a usual size.
    if stop - start <= LARGE_BYTES:
        put(data, start, stop)
        return
    before = gathering.rejected
    try:
        for piece in cuts(data, start, stop):
            if piece is not None:
                put(piece, 0, len(piece))
                gathering.rejected = min(gathering.rejected, before + 1)
            yield
    except SeriesError as exc:
        gathering.reject((), str(exc))


def _raw_labels(data: bytes, at: int, end: int) -> bytes:
    """The labels as they came: what the fast path finds them by. They stand first, mostly."""
    raw = []
    before = at
    for key, _, stop in fields(data, at, end):
        if key == _LABEL:
            raw.append(data[before:stop])
        before = stop
    return b"".join(raw)
