"""From parts of batches to Blocks, in the encoding that the remote is spoken to in.

Takes parts in time order; gives Blocks within the bounds.
Invariant: the Blocks hold the parts' samples, each exactly once, and those of a series in their
order; samples of one timestamp may change places (`pushqueue.wire.rows`).
Never: assigns epochs and sequences (the queue does), reads a clock.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle

import attrs

from pushqueue.block import Block, Encoding, flags_of, pack_entry
from pushqueue.codec import within
from pushqueue.wire.body import Body, SnappyBody, ZstdBody
from pushqueue.wire.frame_v1 import frame_v1
from pushqueue.wire.frame_v2 import FramerV2
from pushqueue.wire.part import Part
from pushqueue.wire.rows import Rows, in_rows
from series.batch import Batch
from series.frame import frame_rows
from series.layout import Layout
from series.metadata import Families

# Receivers of Prometheus refuse a request of more than 32 MiB decoded (reference 1.2).
MAX_DECODED_BYTES = 32 * 2**20 - 1


@attrs.frozen(kw_only=True)
class Limits:
    """`max_bytes`: decompressed, `max_packed_bytes`: compressed; 0 is no bound of ours."""

    max_bytes: int = 0
    max_packed_bytes: int = 0

    @property
    def decoded_bytes(self) -> int:
        return min(self.max_bytes or MAX_DECODED_BYTES, MAX_DECODED_BYTES)


class Encoder:
    """One remote's; `zstd_level` 0 chooses. It remembers layouts for 2.0."""

    def __init__(
        self, limits: Limits = Limits(), *, with_exemplars: bool = False, zstd_level: int = 0
    ) -> None:
        self._limits = limits
        self._with_exemplars = with_exemplars
        self._zstd_level = zstd_level
        self._framer: FramerV2 | None = None

    def encode(
        self, parts: Sequence[Part], encoding: Encoding, *, lane: int, created_ms: int
    ) -> Iterator[Block]:
        """The parts as Blocks within the limits.

        A single sample above the bound still makes a Block: the receiver's answer decides on it.
        """
        blocks = self._encode_v2 if encoding.is_v2 else self._encode_v1
        for block in blocks(parts, encoding, lane, created_ms):
            yield from within(block, self._limits.max_packed_bytes)

    def _encode_v1(
        self, parts: Sequence[Part], encoding: Encoding, lane: int, created_ms: int
    ) -> Iterator[Block]:
        # Hot: bench/bench_batcher.py holds the figure. Nothing here runs per sample.
        max_bytes = self._limits.decoded_bytes
        draft = _Draft(self._body(encoding), encoding)
        for framed in self._framed(parts, max_bytes):
            if draft.entries and draft.message_bytes + len(framed.data) > max_bytes:
                yield draft.finish(lane, created_ms)
                draft = _Draft(self._body(encoding), encoding)
            draft.add(framed)
        if draft.entries:
            yield draft.finish(lane, created_ms)

    def _framed(self, parts: Sequence[Part], max_bytes: int) -> Iterator["_Framed"]:
        for item in in_rows(parts):
            if isinstance(item, Part):
                yield from self._framed_within(item, max_bytes)
                continue
            data, sizes = frame_rows(item.batches, item.cuts)
            # Fast path: it fits, as nearly always.
            if len(data) <= max_bytes:
                yield _Framed.rows(item, data, sizes)
                continue
            for piece in item.pieces():
                yield from self._framed_within(piece, max_bytes)

    def _framed_within(self, part: Part, max_bytes: int) -> Iterator["_Framed"]:
        """The part framed, halved until each piece is within the bound or one sample."""
        data = frame_v1(part, with_exemplars=self._with_exemplars)
        # Fast path: it fits, as nearly always.
        if len(data) <= max_bytes or part.sample_count == 1:
            yield _Framed.part(part, data, self._exemplars(part))
            return
        for half in part.halves():
            yield from self._framed_within(half, max_bytes)

    def _encode_v2(
        self, parts: Sequence[Part], encoding: Encoding, lane: int, created_ms: int
    ) -> Iterator[Block]:
        if not parts:
            return
        framer = self._framer_v2()
        symbols = framer.request(parts)
        draft = _Draft(self._body(encoding), encoding)
        for part in parts:
            data = framer.frame(part, symbols, with_exemplars=self._with_exemplars)
            draft.add(_Framed.part(part, data, self._exemplars(part)))
        front = symbols.encode()
        # Fast path: it fits, as nearly always.
        if draft.message_bytes + len(front) <= self._limits.decoded_bytes or draft.samples == 1:
            yield draft.finish(lane, created_ms, front)
            return
        for half in _halves(parts):
            yield from self._encode_v2(half, encoding, lane, created_ms)

    def _framer_v2(self) -> FramerV2:
        if self._framer is None:
            self._framer = FramerV2()
        return self._framer

    def prepare_v2(self, layout: Layout, families: Families | None) -> None:
        """What 2.0 needs of a layout without holes, ahead of its Block."""
        self._framer_v2().prepare(layout, families)

    def _exemplars(self, part: Part) -> int:
        return part.exemplar_count() if self._with_exemplars else 0

    def _body(self, encoding: Encoding) -> Body:
        return ZstdBody(self._zstd_level) if encoding.is_zstd else SnappyBody()


def encode(parts: Sequence[Part], *, lane: int, created_ms: int, max_bytes: int) -> Iterator[Block]:
    """As remote write 1.0 by snappy, nothing beside the floats."""
    encoder = Encoder(Limits(max_bytes=max_bytes))
    return encoder.encode(parts, Encoding.RW1_SNAPPY, lane=lane, created_ms=created_ms)


def _halves(parts: Sequence[Part]) -> tuple[Sequence[Part], Sequence[Part]]:
    if len(parts) == 1:
        left, right = parts[0].halves()
        return (left,), (right,)
    middle = len(parts) // 2
    return parts[:middle], parts[middle:]


@attrs.frozen
class _Framed:
    """A run of a message: its rows of the batch table, and what is in it."""

    data: bytes
    entries: Sequence[bytes]
    samples: int
    oldest_ms: int
    newest_ms: int
    exemplars: int = 0

    @classmethod
    def part(cls, part: Part, data: bytes, exemplars: int) -> "_Framed":
        oldest_ms, newest_ms = part.time_span_ms()
        count = part.sample_count
        batch = part.batch
        entry = pack_entry(newest_ms, batch.lane_key, count, len(data), _flags(batch))
        return cls(data, (entry,), count, oldest_ms, newest_ms, exemplars)

    @classmethod
    def rows(cls, rows: Rows, data: bytes, sizes: Sequence[int]) -> "_Framed":
        """`sizes`: those of the pieces in `data`."""
        # Hot: there are ten pieces in a scrape of 500 series.
        time_ms = rows.time_ms
        named = [(batch.lane_key, _flags(batch)) for batch in rows.batches]
        counts = rows.counts()
        entries = [
            pack_entry(time_ms, key, count, size, flags)
            for (key, flags), count, size in zip(cycle(named), counts, sizes, strict=False)
        ]
        return cls(data, entries, sum(counts), time_ms, time_ms)


def _flags(batch: Batch) -> int:
    return flags_of(
        is_markers=batch.is_markers,
        is_pushed=batch.is_pushed,
        is_native=batch.histograms is not None,
    )


class _Draft:
    """A Block that is being put together."""

    def __init__(self, body: Body, encoding: Encoding) -> None:
        self.entries: list[bytes] = []
        self.message_bytes = 0
        self.samples = 0
        self._body = body
        self._encoding = encoding
        self._exemplars = 0
        self._times_ms: list[int] = []

    def add(self, framed: _Framed) -> None:
        self._times_ms += (framed.oldest_ms, framed.newest_ms)
        self.entries += framed.entries
        self.samples += framed.samples
        self._exemplars += framed.exemplars
        self.message_bytes += len(framed.data)
        self._body.add(framed.data)

    def finish(self, lane: int, created_ms: int, front: bytes = b"") -> Block:
        return Block(
            lane=lane,
            created_ms=created_ms,
            sample_count=self.samples,
            oldest_ms=min(self._times_ms),
            newest_ms=max(self._times_ms),
            encoding=self._encoding,
            table=b"".join(self.entries),
            body=self._body.finish(front),
            exemplar_count=self._exemplars,
        )
