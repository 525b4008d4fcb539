"""One compressed request body, ready to POST, with what queue and sender need to know of it.

Takes nothing apart and gives nothing away: queue and sender move Blocks without looking inside.
Invariant: within a lane of an epoch sequences increase by one, and timestamps inside a Block
never go back. Never changed: splitting and transcoding make new Blocks (`pushqueue.codec`).

The batch table says which batches the body holds, in order, packed so that a Block of a thousand
small batches stays cheap. One entry (little-endian, 21 bytes):

    offset  size  field
         0     8  time_ms        newest timestamp of the batch, signed
         8     4  lane_key       the low 32 bits of the batch's lane key
        12     4  sample_count
        16     4  framed_bytes   length of its framed series in the decompressed body
        20     1  flags          1 = staleness markers, 2 = pushed, 4 = native histograms
"""

import enum
import struct
from collections.abc import Iterable

import attrs

_ENTRY = struct.Struct("<qIIIB")
_MARKERS, _PUSHED, _NATIVE = 1, 2, 4


class Encoding(enum.IntEnum):
    """Message and compression of a body; the numbers are stored on disk, so they never change."""

    RW1_SNAPPY = 1
    RW1_ZSTD = 2
    RW2_SNAPPY = 3
    RW2_ZSTD = 4

    @property
    def is_v2(self) -> bool:
        """Remote write 2.0."""
        return self in (Encoding.RW2_SNAPPY, Encoding.RW2_ZSTD)

    @property
    def is_zstd(self) -> bool:
        return self in (Encoding.RW1_ZSTD, Encoding.RW2_ZSTD)


@attrs.frozen
class BatchEntry:
    """One row of the batch table."""

    time_ms: int
    lane_key: int
    sample_count: int
    framed_bytes: int
    is_markers: bool = False
    is_pushed: bool = False
    is_native: bool = False

    def pack(self) -> bytes:
        flags = flags_of(
            is_markers=self.is_markers, is_pushed=self.is_pushed, is_native=self.is_native
        )
        return pack_entry(self.time_ms, self.lane_key, self.sample_count, self.framed_bytes, flags)


def pack_entry(time_ms: int, lane_key: int, samples: int, framed_bytes: int, flags: int) -> bytes:
    return _ENTRY.pack(time_ms, lane_key & 0xFFFF_FFFF, samples, framed_bytes, flags)


def flags_of(*, is_markers: bool, is_pushed: bool, is_native: bool = False) -> int:
    return _MARKERS * is_markers | _PUSHED * is_pushed | _NATIVE * is_native


def pack_table(entries: Iterable[BatchEntry]) -> bytes:
    return b"".join([entry.pack() for entry in entries])


@attrs.frozen(kw_only=True)
class Block:
    """`lane_epoch`, `lane` and `sequence` name it; what was not queued yet has epoch 0.

    `oldest_ms` and `newest_ms` bound the timestamps within; `table` is the packed batch table.
    `exemplar_count` is known as long as the Block is what was encoded, and not stored.
    """

    lane_epoch: int = 0
    lane: int = 0
    sequence: int = 0
    created_ms: int
    sample_count: int
    oldest_ms: int
    newest_ms: int
    encoding: Encoding = Encoding.RW1_SNAPPY
    table: bytes = attrs.field(default=b"", repr=lambda table: f"<{len(table)} bytes>")
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
    exemplar_count: int | None = attrs.field(default=None, eq=False)

    @property
    def batches(self) -> tuple[BatchEntry, ...]:
        """The batch table, unpacked; for splitting, thinning, tools."""
        whole = len(self.table) - len(self.table) % _ENTRY.size
        return tuple(
            BatchEntry(
                time,
                key,
                samples,
                size,
                bool(flags & _MARKERS),
                bool(flags & _PUSHED),
                bool(flags & _NATIVE),
            )
            for time, key, samples, size, flags in _ENTRY.iter_unpack(self.table[:whole])
        )

    @property
    def size_bytes(self) -> int:
        """What it occupies in memory, near enough: the body and the table."""
        return len(self.body) + len(self.table)
