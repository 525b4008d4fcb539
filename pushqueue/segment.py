"""The files of a queue, byte by byte, and how to read one that may be damaged.

Takes bytes (or a function that reads them) and gives what they hold. Pure: no file is opened here.
All numbers are little-endian; every checksum is CRC-32 (the one of zlib).

A directory, named by its remote's key, holds

    lock                    locked by the process that uses the directory; empty
    positions               what was acknowledged, a hint (`pushqueue.positions`)
    0000000000000001.pfq    segments, numbered upwards in hexadecimal; numbers are never reused
    thinner                 while a segment is thinned: the copy that will take its place

Anything else is foreign: left alone, named once in the log.

A segment:  header | record | record | ... | footer (only when it was finished in order)

    header, 32 bytes
         0     8  magic          "PFRYSEG\\n"
         8     2  version        1
        10     2  header_bytes   32; records begin here
        12     8  number         as in the file's name
        20     8  created_ms
        28     4  checksum of bytes 0 to 28

    record, 64 bytes and its payload; `seed` is the segment's number modulo 2**32, so that bytes
    of another segment that a file system brings back after a crash are never taken for ours
         0     4  magic          f1 "PFR"
         4     4  checksum of bytes 8 to 64, seeded
         8     4  body_bytes
        12     4  table_bytes
        16     4  checksum of the payload (table, then body), seeded
        20     2  encoding       `pushqueue.block.Encoding`
        22     2  lane
        24     4  lane_epoch
        28     4  sample_count
        32     8  sequence
        40     8  created_ms     signed, as the two that follow
        48     8  oldest_ms
        56     8  newest_ms
        64        batch table (`pushqueue.block`), then the compressed body

    footer
         0     4  magic          "PFRF"
         4  76*n  one entry for each lane of an epoch, see `LaneRange`
               8  records_end    where the records end and this footer begins
               4  n
               4  checksum of everything before it in the footer, seeded
               4  magic          "FRFP", the last bytes of the file

Epochs, lanes, sequences. An epoch is one opening of the directory. Epochs and segments share one
counter: an epoch bears the number of the first segment that it may write, which is higher than
any segment's name and any epoch to be seen. So a file's name shows that its epoch is not higher
than that, even where the file cannot be read, and no number is given twice. A segment holds
records of one epoch. The number of lanes is fixed within an epoch; within a lane of an epoch
sequences begin at 1 and rise, by one but for what never reached the disk. An epoch is sent after
every older one is empty.

Invariants
- A segment is appended to by the process that created it, never by a later one, never changed in
  the middle. The only other things that happen to it: cut back to its last synced length when a
  write failed, its footer added, removed as a whole, replaced as a whole by a thinner copy of what
  of it is still to be sent (`pushqueue.segment_thinner`).
- A record never spans segments. A segment is finished when the next record would make it longer
  than the segment size; a record longer than that has a segment of its own.
- A record counts as durable only after a successful sync of the file *and* of the directory that
  names it. After a failed sync nothing since the last good one counts, and the file is closed.
- A segment is removed only when every record in it was acknowledged, dropped by a named policy,
  or is unreadable; and the positions that say so are durable before, if the disk takes them.
- Of two copies of a record (same lane, epoch and sequence) the one in the newer segment counts:
  the older was left by a sync that failed, and may be torn though its header is good. Within a
  segment a record whose sequence is not higher than the last one is passed over.

Damage. A record with a good header and a bad payload costs itself alone. A bad header: the reader
looks for the next magic whose header checks out. A file that ends inside a record: that record.
A bad segment header: the number is taken from the file's name and the records are looked for.
A bad footer: the records are scanned instead.

The future. A reader refuses a segment whose version is higher than its own: it neither reads,
changes nor removes the file. Whatever an older reader would misread or take for damage raises the
version, a new encoding too.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from zlib import crc32

import attrs

from pushqueue.errors import DamageError
from pushqueue.record import HEADER_BYTES, RECORD_MAGIC, RecordHeader, read_header

SUFFIX = ".pfq"
# The thinner copy of a segment while it is written.
BESIDE_NAME = "thinner"
VERSION = 1
SEGMENT_MAGIC = b"PFRYSEG\n"
FOOTER_MAGIC, FOOTER_END = b"PFRF", b"FRFP"
SEGMENT_HEADER = struct.Struct("<8sHHQqI")
_ENTRY = struct.Struct("<IHHIQQQQqqqq")
_TRAILER = struct.Struct("<QII4s")

# Bytes fetched at a time while walking over headers: one page holds a header of a large record,
# and several small records.
_WINDOW_BYTES = 4096
_SEARCH_BYTES = 65_536

ReadAt = Callable[[int, int], bytes]


class NewerVersionError(ValueError):
    """A segment of a later format: not ours to touch."""

    def __init__(self, version: int) -> None:
        super().__init__(f"format version {version}, this program knows {VERSION}")
        self.version = version


def segment_name(number: int) -> str:
    return f"{number:016x}{SUFFIX}"


def segment_number(name: str) -> int | None:
    """The number of a segment's file name; None for any other name."""
    stem = name.removesuffix(SUFFIX)
    if stem == name or len(stem) != 16 or stem != stem.lower():
        return None
    try:
        return int(stem, 16)
    except ValueError:
        return None


def seed_of(number: int) -> int:
    return number & 0xFFFF_FFFF


def encode_segment_header(number: int, created_ms: int) -> bytes:
    head = SEGMENT_HEADER.pack(SEGMENT_MAGIC, VERSION, SEGMENT_HEADER.size, number, created_ms, 0)[
        :-4
    ]
    return head + struct.pack("<I", crc32(head))


def read_segment_header(data: bytes, number: int) -> int:
    """Where the records begin. Raises DamageError, NewerVersionError."""
    if len(data) < SEGMENT_HEADER.size:
        raise DamageError(f"segment header cut after {len(data)} bytes", 0)
    magic, version, header_bytes, own_number, _, checksum = SEGMENT_HEADER.unpack_from(data)
    if magic != SEGMENT_MAGIC:
        raise DamageError(f"no segment: {data[:8]!r}", 0)
    # A later version may check itself otherwise, so its number is believed before the checksum.
    if version > VERSION:
        raise NewerVersionError(version)
    if checksum != crc32(data[: SEGMENT_HEADER.size - 4]):
        raise DamageError("segment header with a wrong checksum", 0)
    if own_number != number:
        raise DamageError(f"segment {own_number:x} under the name of {number:x}", 0)
    return int(header_bytes)


@attrs.define
class LaneRange:
    """What a segment holds of one lane of an epoch; an entry of its footer, in this order."""

    lane_epoch: int
    lane: int
    blocks: int = 0
    first: int = 0
    last: int = 0
    samples: int = 0
    payload_bytes: int = 0
    oldest_ms: int = 0
    newest_ms: int = 0
    first_created_ms: int = 0
    last_created_ms: int = 0

    def add(self, header: RecordHeader) -> None:
        """Takes a record in, which comes behind those already in."""
        if not self.blocks:
            self.first = header.sequence
            self.oldest_ms, self.newest_ms = header.oldest_ms, header.newest_ms
            self.first_created_ms = header.created_ms
        self.blocks += 1
        self.last = header.sequence
        self.samples += header.sample_count
        self.payload_bytes += header.payload_bytes
        self.oldest_ms = min(self.oldest_ms, header.oldest_ms)
        self.newest_ms = max(self.newest_ms, header.newest_ms)
        self.last_created_ms = header.created_ms

    def pack(self) -> bytes:
        epoch, lane, blocks, *rest = attrs.astuple(self)
        return _ENTRY.pack(epoch, lane, 0, blocks, *rest)


LaneKey = tuple[int, int]  # epoch, lane
Ranges = dict[LaneKey, LaneRange]


def ranges_of(headers: Iterable[RecordHeader]) -> Ranges:
    """The lanes of an epoch in a segment, of its records. Second copies are passed over."""
    ranges: Ranges = {}
    for header in headers:
        key = (header.lane_epoch, header.lane)
        if key not in ranges:
            ranges[key] = LaneRange(*key)
        if header.sequence > ranges[key].last:
            ranges[key].add(header)
    return ranges


def encode_footer(ranges: Ranges, records_end: int, number: int) -> bytes:
    entries = b"".join([lane_range.pack() for lane_range in ranges.values()])
    checked = FOOTER_MAGIC + entries + struct.pack("<QI", records_end, len(ranges))
    return checked + struct.pack("<I", crc32(checked, seed_of(number))) + FOOTER_END


def footer_bytes(lanes: int) -> int:
    """How long the footer of a segment with so many lanes is."""
    return len(FOOTER_MAGIC) + lanes * _ENTRY.size + _TRAILER.size


def read_footer(read_at: ReadAt, size: int, number: int) -> tuple[Ranges, int] | None:
    """The ranges and where the records end; None if there is no (good) footer."""
    start = max(0, size - _WINDOW_BYTES)
    tail = read_at(start, size - start)
    if len(tail) < _TRAILER.size or not tail.endswith(FOOTER_END):
        return None
    records_end, count, checksum, _ = _TRAILER.unpack_from(tail, len(tail) - _TRAILER.size)
    length = footer_bytes(count)
    if records_end + length != size:
        return None
    footer = tail[-length:] if length <= len(tail) else read_at(records_end, length)
    if footer[:4] != FOOTER_MAGIC or crc32(footer[:-8], seed_of(number)) != checksum:
        return None
    packed = footer[4 : 4 + count * _ENTRY.size]
    ranges = [LaneRange(e, lane, *rest) for e, lane, _, *rest in _ENTRY.iter_unpack(packed)]
    return {(r.lane_epoch, r.lane): r for r in ranges}, records_end


@attrs.frozen
class Scan:
    """What walking over a segment's headers found. Payloads are not looked at."""

    headers: tuple[RecordHeader, ...]
    damages: tuple[DamageError, ...]
    lost_samples: int = 0  # of records whose header tells that the file ends inside them


def scan(read_at: ReadAt, start: int, end: int, number: int) -> Scan:
    """Walks over the record headers from `start` to `end`, over damage to the next good one."""
    headers: list[RecordHeader] = []
    damages: list[DamageError] = []
    lost_samples = 0
    for found in _walk(read_at, start, end, seed_of(number)):
        if isinstance(found, DamageError):
            damages.append(found)
        elif found.end > end:
            damages.append(DamageError("the file ends inside a record", found.at))
            lost_samples += found.sample_count
        else:
            headers.append(found)
    return Scan(tuple(headers), tuple(damages), lost_samples)


def _walk(read_at: ReadAt, at: int, end: int, seed: int) -> Iterator[RecordHeader | DamageError]:
    window, window_at = b"", 0
    while at < end:
        if not window_at <= at <= window_at + len(window) - HEADER_BYTES:
            window, window_at = read_at(at, min(_WINDOW_BYTES, end - at)), at
        data = window[at - window_at : at - window_at + HEADER_BYTES]
        if data[:4] == FOOTER_MAGIC:
            return
        try:
            header = read_header(data, at, seed)
        except DamageError as exc:
            yield exc
            at = _find_header(read_at, at + 1, end, seed)
        else:
            yield header
            at = header.end


def _find_header(read_at: ReadAt, at: int, end: int, seed: int) -> int:
    """The offset of the next good record header; `end` if there is none."""
    while at < end:
        data = read_at(at, min(_SEARCH_BYTES, end - at))
        found = data.find(RECORD_MAGIC)
        while found >= 0:
            try:
                read_header(read_at(at + found, HEADER_BYTES), at + found, seed)
            except DamageError:
                found = data.find(RECORD_MAGIC, found + 1)
            else:
                return at + found
        if len(data) < _SEARCH_BYTES:
            return end
        at += len(data) - len(RECORD_MAGIC) + 1
    return end
