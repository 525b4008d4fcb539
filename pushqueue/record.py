"""One Block as bytes in a segment file: self-describing, checksummed.

Takes Blocks and gives bytes, and back. Pure. The layout is told in `pushqueue.segment`.
Invariant: whatever `read_header` accepts was written by `encode_record` with the same seed.
"""

import struct
from zlib import crc32

import attrs

from pushqueue.block import Block, Encoding
from pushqueue.errors import DamageError

RECORD_MAGIC = b"\xf1PFR"
HEADER = struct.Struct("<4sIIIIHHIIQqqq")
HEADER_BYTES = HEADER.size
_CHECKED_FROM = 8  # magic and the checksum itself are not under the checksum

# A length beyond this is damage: no body is ever near it, and it bounds what a reader allocates.
MAX_RECORD_BYTES = 256 * 2**20


@attrs.frozen
class RecordHeader:
    """What a record's first 64 bytes say. `at` is its offset in the file."""

    at: int
    body_bytes: int
    table_bytes: int
    payload_crc: int
    encoding: int
    lane: int
    lane_epoch: int
    sample_count: int
    sequence: int
    created_ms: int
    oldest_ms: int
    newest_ms: int

    @property
    def payload_bytes(self) -> int:
        return self.table_bytes + self.body_bytes

    @property
    def end(self) -> int:
        return self.at + HEADER_BYTES + self.payload_bytes


def encode_record(block: Block, seed: int) -> bytes:
    """The record of a Block; `seed` ties it to its segment."""
    checked = HEADER.pack(
        RECORD_MAGIC,
        0,
        len(block.body),
        len(block.table),
        crc32(block.body, crc32(block.table, seed)),
        block.encoding,
        block.lane,
        block.lane_epoch,
        block.sample_count,
        block.sequence,
        block.created_ms,
        block.oldest_ms,
        block.newest_ms,
    )[_CHECKED_FROM:]
    head = RECORD_MAGIC + struct.pack("<I", crc32(checked, seed))
    return b"".join((head, checked, block.table, block.body))


def record_bytes(block: Block) -> int:
    """How long `encode_record` will be."""
    return HEADER_BYTES + len(block.table) + len(block.body)


def read_header(data: bytes, at: int, seed: int) -> RecordHeader:
    """The header in the first bytes of `data`, which start at offset `at`. Raises DamageError."""
    if len(data) < HEADER_BYTES:
        raise DamageError(f"record header cut after {len(data)} bytes", at)
    magic, header_crc, body, table, payload_crc, *rest = HEADER.unpack_from(data)
    if magic != RECORD_MAGIC:
        raise DamageError(f"no record: {data[:8]!r}", at)
    if header_crc != crc32(data[_CHECKED_FROM:HEADER_BYTES], seed):
        raise DamageError("record header with a wrong checksum", at)
    if body + table > MAX_RECORD_BYTES:
        raise DamageError(f"record of {body + table} bytes", at)
    return RecordHeader(at, body, table, payload_crc, *rest)


def read_block(header: RecordHeader, payload: bytes, seed: int) -> Block:
    """The Block of a record, its payload checked. Raises DamageError."""
    if len(payload) < header.payload_bytes:
        raise DamageError(f"record cut after {len(payload)} bytes of payload", header.at)
    if crc32(payload, seed) != header.payload_crc:
        raise DamageError("payload with a wrong checksum", header.at)
    try:
        encoding = Encoding(header.encoding)
    except ValueError:
        raise DamageError(f"unknown encoding {header.encoding}", header.at) from None
    return Block(
        lane_epoch=header.lane_epoch,
        lane=header.lane,
        sequence=header.sequence,
        created_ms=header.created_ms,
        sample_count=header.sample_count,
        oldest_ms=header.oldest_ms,
        newest_ms=header.newest_ms,
        encoding=encoding,
        table=payload[: header.table_bytes],
        body=payload[header.table_bytes : header.payload_bytes],
    )
