"""Reads protobuf fields from bytes: what every binary push format is made of.

Takes a range of a message; gives field numbers and values. Field numbers and wire types that a
caller does not know are skipped, as protobuf demands.
Invariant: any bytes give fields or WireError; never reads behind `end`.
"""

from collections.abc import Iterator

from series.wire import WireError, read_varint

VARINT, FIXED64, DELIMITED, START_GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5
# protobuf's own parsers stop at 100 levels.
_MAX_GROUP_DEPTH = 100
# A tag is a 32-bit number (protobuf encoding, "Message Structure").
_MAX_TAG = 2**32

# Key (number << 3 | wire type), start and end of the payload. A varint's payload is its bytes;
# that of a group, which nobody here knows, all up to its end.
Field = tuple[int, int, int]


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """The fields of the message in data[at:end]. Raises WireError."""
    while at < end:
        key, start, stop = read_field(data, at, end)
        at = stop
        yield key, start, stop


def read_field(data: bytes, at: int, end: int) -> Field:
    """The field at `at`: its key and the range of its payload. A group is skipped whole."""
    key, start = _read_key(data, at, end)
    wire_type = key & 7
    if wire_type == DELIMITED:
        length, start = read_varint(data, start)
        stop = start + length
    elif wire_type == VARINT:
        _, stop = read_varint(data, start)
    elif wire_type == FIXED64:
        stop = start + 8
    elif wire_type == FIXED32:
        stop = start + 4
    elif wire_type == START_GROUP:
        stop = _skip_group(data, start, end, key >> 3)
    else:
        raise WireError(f"bad wire type {wire_type} at byte {at}")
    if stop > end:
        raise WireError(f"field at byte {at} ends {stop - end} bytes behind its message")
    return key, start, stop


def _read_key(data: bytes, at: int, end: int) -> tuple[int, int]:
    key, start = read_varint(data, at)
    if start > end or key >= _MAX_TAG or key < 8:
        raise WireError(f"bad field key at byte {at}")
    return key, start


def _skip_group(data: bytes, at: int, end: int, number: int) -> int:
    """The offset behind the end of the group `number` whose content starts at `at`."""
    open_groups = [number]
    while open_groups:
        if at >= end:
            raise WireError(f"group {number} is not closed")
        key, start = _read_key(data, at, end)
        if key & 7 == END_GROUP:
            if open_groups.pop() != key >> 3:
                raise WireError(f"group at byte {at} closes another one")
            at = start
        elif key & 7 == START_GROUP:
            open_groups.append(key >> 3)
            at = start
            if len(open_groups) > _MAX_GROUP_DEPTH:
                raise WireError(f"groups nest deeper than {_MAX_GROUP_DEPTH} at byte {at}")
        else:
            _, _, at = read_field(data, at, end)
    return at


def signed64(number: int) -> int:
    """An unsigned 64-bit varint as the int64 that it stands for."""
    return number - 2**64 if number >= 2**63 else number
