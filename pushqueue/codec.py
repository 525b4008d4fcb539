"""What a Block's body is made of: encode, decode, split. Pure functions, Block -> Blocks.

Takes parts of batches in time order, or a Block; gives Blocks.
Invariant: the parts of a split Block hold its samples in the same order, each exactly once.
Never: assigns epochs and sequences (the queue does), reads a clock.

snappy: remote write wants the raw block format, never the framed one: the length of the whole,
then elements that copy from what was decoded before. Every encoder looks back only within
fragments of 64 KiB, so a body may be put together from the elements of pieces compressed one by
one (Snappy's format description, "1. Preamble", "2. The compressed stream"). That way a batch is
compressed while it is warm in the cache, and no message of a megabyte is ever in memory: joined
and compressed as a whole, 10 000 samples cost 500 page faults, three times the work itself.
"""

from collections.abc import Iterator, Sequence

import attrs
import snappy

from pushqueue.block import BatchEntry, Block, Encoding, flags_of, pack_entry, pack_table
from series.batch import Batch
from series.frame import SERIES_TAG, frame
from series.wire import WireError, read_varint, varint

FRAGMENT_BYTES = 65_536


class CodecError(ValueError):
    """A body that is not what its encoding says."""


@attrs.frozen
class Part:
    """The samples `start` to `stop` (exclusive) of a batch."""

    batch: Batch
    start: int
    stop: int

    @property
    def sample_count(self) -> int:
        return self.stop - self.start

    def time_span_ms(self) -> tuple[int, int]:
        """Oldest and newest timestamp of the part."""
        timestamps = self.batch.timestamps
        if isinstance(timestamps, int):
            return timestamps, timestamps
        chosen = timestamps[self.start : self.stop]
        return min(chosen), max(chosen)


class SnappyBody:
    """One raw snappy block, written piece by piece."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._fragment: list[bytes] = []
        self._fragment_bytes = 0
        self._message_bytes = 0

    def add(self, data: bytes) -> None:
        if self._fragment_bytes + len(data) > FRAGMENT_BYTES:
            self._pack()
        self._fragment.append(data)
        self._fragment_bytes += len(data)

    def _pack(self) -> None:
        if not self._fragment:
            return
        data = b"".join(self._fragment)
        # Each piece comes with its own length, of which the whole has only one.
        self._packed.append(snappy.compress(data)[len(varint(len(data))) :])
        self._message_bytes += len(data)
        self._fragment = []
        self._fragment_bytes = 0

    def finish(self) -> bytes:
        self._pack()
        return b"".join([varint(self._message_bytes), *self._packed])


def encode(parts: Sequence[Part], *, lane: int, created_ms: int, max_bytes: int) -> Iterator[Block]:
    """The parts as Blocks whose decompressed bodies stay within `max_bytes` (0: any size).

    A single sample above the bound still makes a Block: the receiver's answer decides on it.
    """
    # Hot: bench/bench_batcher.py holds the figure. Nothing here runs per sample.
    draft = _Draft()
    for part in parts:
        for piece, data in _framed_within(part, max_bytes):
            if max_bytes and draft.entries and draft.message_bytes + len(data) > max_bytes:
                yield draft.finish(lane, created_ms)
                draft = _Draft()
            draft.add(piece, data)
    if draft.entries:
        yield draft.finish(lane, created_ms)


class _Draft:
    """A Block that is being put together."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.message_bytes = 0
        self._body = SnappyBody()
        self._samples = 0
        self._times_ms: list[int] = []

    def add(self, part: Part, data: bytes) -> None:
        batch = part.batch
        first_ms, last_ms = part.time_span_ms()
        self._times_ms += (first_ms, last_ms)
        flags = flags_of(is_markers=batch.is_markers, is_pushed=batch.is_pushed)
        count = part.sample_count
        self.entries.append(pack_entry(last_ms, batch.lane_key, count, len(data), flags))
        self._samples += count
        self.message_bytes += len(data)
        self._body.add(data)

    def finish(self, lane: int, created_ms: int) -> Block:
        return Block(
            lane=lane,
            created_ms=created_ms,
            sample_count=self._samples,
            oldest_ms=min(self._times_ms),
            newest_ms=max(self._times_ms),
            table=b"".join(self.entries),
            body=self._body.finish(),
        )


def _framed_within(part: Part, max_bytes: int) -> Iterator[tuple[Part, bytes]]:
    """The part framed, halved until each piece is within the bound or one sample."""
    data = frame(part.batch, part.start, part.stop)
    # Fast path: it fits, as nearly always.
    if not max_bytes or len(data) <= max_bytes or part.sample_count == 1:
        yield part, data
        return
    middle = (part.start + part.stop) // 2
    yield from _framed_within(attrs.evolve(part, stop=middle), max_bytes)
    yield from _framed_within(attrs.evolve(part, start=middle), max_bytes)


def decode(block: Block) -> bytes:
    """The decompressed message of a Block. Raises CodecError."""
    if block.encoding is not Encoding.RW1_SNAPPY:
        raise CodecError(f"no decoder for {block.encoding.name}")
    try:
        return bytes(snappy.uncompress(block.body))
    except Exception as exc:  # cramjam raises its own types, none of them documented
        raise CodecError(f"not a snappy block: {exc}") from exc


def series_ends(message: bytes) -> list[int]:
    """Where each framed series of a remote-write 1.0 message ends. Raises CodecError."""
    ends = []
    at = 0
    try:
        while at < len(message):
            if message[at : at + 1] != SERIES_TAG:
                raise CodecError(f"no series at byte {at}: {message[at : at + 8]!r}")
            length, start = read_varint(message, at + 1)
            at = start + length
            ends.append(at)
    except WireError as exc:
        raise CodecError(str(exc)) from exc
    if at > len(message):
        raise CodecError(f"the last series ends {at - len(message)} bytes behind the message")
    return ends


def split(block: Block) -> tuple[Block, ...]:
    """The Block in two halves by samples; itself alone if it holds a single one.

    The halves keep the Block's name and its time bounds, which stay true for them.
    """
    message = decode(block)
    ends = series_ends(message)
    if len(ends) < 2:
        return (block,)
    middle = len(ends) // 2
    cut = ends[middle - 1]
    left, right = _split_table(block.batches, middle, cut)
    return (
        _part_of(block, message[:cut], middle, left),
        _part_of(block, message[cut:], len(ends) - middle, right),
    )


def _part_of(block: Block, message: bytes, samples: int, entries: Sequence[BatchEntry]) -> Block:
    return attrs.evolve(
        block, body=snappy.compress(message), sample_count=samples, table=pack_table(entries)
    )


def _split_table(
    entries: Sequence[BatchEntry], samples: int, framed_bytes: int
) -> tuple[list[BatchEntry], list[BatchEntry]]:
    """The table of the first `samples` samples, and that of the others."""
    left: list[BatchEntry] = []
    for index, entry in enumerate(entries):
        if entry.sample_count > samples:
            inner = attrs.evolve(entry, sample_count=samples, framed_bytes=framed_bytes)
            outer = attrs.evolve(
                entry,
                sample_count=entry.sample_count - samples,
                framed_bytes=entry.framed_bytes - framed_bytes,
            )
            return [*left, inner] if samples else left, [outer, *entries[index + 1 :]]
        left.append(entry)
        samples -= entry.sample_count
        framed_bytes -= entry.framed_bytes
    return left, []
