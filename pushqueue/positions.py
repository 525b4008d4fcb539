"""Up to where each lane of each epoch was acknowledged: a hint, in two checksummed slots.

Takes and gives a mapping (epoch, lane) -> sequence, and bytes. Pure.

Two slots of equal size, one after the other, in one file; the good one with the higher serial
counts. The writer overwrites one slot until that is synced and only then turns to the other, so
at any instant one slot is whole on the disk.

    slot, SLOT_BYTES
         0     8  magic      "PFRYPOS\\n"
         8     8  serial
        16     4  n          number of entries
        20     4  checksum of bytes 0 to 20 and the entries
        24  14*n  epoch (4), lane (2), sequence (8)

Invariant: losing it loses nothing. Records that a lost position covered are sent a second time.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

import attrs

from pushqueue.segment import LaneKey

FILE_NAME = "positions"
SLOT_BYTES = 4096
_MAGIC = b"PFRYPOS\n"
_HEAD = struct.Struct("<8sQII")
_ENTRY = struct.Struct("<IHQ")
MAX_ENTRIES = (SLOT_BYTES - _HEAD.size) // _ENTRY.size

Positions = Mapping[LaneKey, int]


@attrs.frozen
class Slot:
    """A good slot: its serial, its place in the file, what it says."""

    serial: int
    index: int
    positions: Positions


def encode_slot(serial: int, positions: Positions) -> bytes:
    """One slot's bytes. Of too many entries the newest epochs stay: the oldest are sent first,
    so they are the first to be gone, and what is missing costs a second sending only."""
    kept = sorted(positions.items())[-MAX_ENTRIES:]
    entries = b"".join([_ENTRY.pack(*key, sequence) for key, sequence in kept])
    head = _HEAD.pack(_MAGIC, serial, len(kept), 0)[:-4]
    return head + struct.pack("<I", crc32(entries, crc32(head))) + entries


@attrs.frozen
class Slots:
    """What a positions file says. `is_suspect`: a slot is neither good nor never written."""

    newest: Slot | None
    is_suspect: bool


def read_slots(data: bytes) -> Slots:
    """The good slot with the higher serial counts."""
    pieces = [data[i * SLOT_BYTES : (i + 1) * SLOT_BYTES] for i in (0, 1)]
    slots = [_read_slot(piece, index) for index, piece in enumerate(pieces)]
    good = [slot for slot in slots if slot is not None]
    is_suspect = any(s is None and any(piece) for s, piece in zip(slots, pieces, strict=True))
    return Slots(max(good, key=lambda slot: slot.serial, default=None), is_suspect)


def _read_slot(data: bytes, index: int) -> Slot | None:
    if len(data) < _HEAD.size:
        return None
    magic, serial, count, checksum = _HEAD.unpack_from(data)
    entries = data[_HEAD.size : _HEAD.size + count * _ENTRY.size]
    if magic != _MAGIC or count > MAX_ENTRIES or len(entries) < count * _ENTRY.size:
        return None
    if crc32(entries, crc32(data[: _HEAD.size - 4])) != checksum:
        return None
    found = {(epoch, lane): seq for epoch, lane, seq in _ENTRY.iter_unpack(entries)}
    return Slot(serial, index, found)
