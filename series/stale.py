"""The staleness marker: a NaN with its own bits, by which a series is declared ended.

Source: remote-write 1.0, "Stale Markers": `0x7ff0000000000002`, never used otherwise.
Compare bits, never values: a NaN equals nothing.
"""

import struct
from array import array

STALE_NAN_BITS = 0x7FF0000000000002
STALE_NAN_BYTES = struct.pack("<Q", STALE_NAN_BITS)
# What Prometheus stores for any NaN that a target exposes, so that none is taken for a marker.
CANONICAL_NAN_BYTES = struct.pack("<Q", 0x7FF8000000000001)
CANONICAL_NAN: float = struct.unpack("<d", CANONICAL_NAN_BYTES)[0]


def stale_values(count: int) -> "array[float]":
    """`count` staleness markers. Built from bytes, so that no copy can quiet the NaN."""
    values = array("d")
    values.frombytes(STALE_NAN_BYTES * count)
    return values
