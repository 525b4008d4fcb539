"""The messages of the protobuf format, field by field, and what is wrong in those nobody reads.

Takes the bytes of a message and which one it is; gives its fields by number.
Fields: reference/prometheus.md 1.3. A target that breaks a field of a native histogram has broken
its page, whether native histograms are scraped or not: Prometheus decodes all of it.
Invariant: linear in the length of the message; the only errors are WireError and ValueError.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from series.wire import WireError, read_varint

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Value = int | float | bytes
Fields = dict[int, list[Value]]


@attrs.frozen(eq=False)
class Field:
    """`wires`: how it may be written; `message`: what it holds, if that is a message."""

    wires: tuple[int, ...]
    message: "Message | None" = None


Message: TypeAlias = Mapping[int, Field]

_VARINT, _DOUBLE, _TEXT = Field((VARINT,)), Field((FIXED64,)), Field((BYTES,))
_VARINTS, _DOUBLES = Field((VARINT, BYTES)), Field((FIXED64, BYTES))


def _of(message: Message) -> Field:
    return Field((BYTES,), message)


LABEL: Message = {1: _TEXT, 2: _TEXT}
TIMESTAMP: Message = {1: _VARINT, 2: _VARINT}
EXEMPLAR: Message = {1: _of(LABEL), 2: _DOUBLE, 3: _of(TIMESTAMP)}
NUMBER: Message = {1: _DOUBLE}
COUNTER: Message = {1: _DOUBLE, 2: _of(EXEMPLAR), 3: _of(TIMESTAMP)}
QUANTILE: Message = {1: _DOUBLE, 2: _DOUBLE}
SUMMARY: Message = {1: _VARINT, 2: _DOUBLE, 3: _of(QUANTILE), 4: _of(TIMESTAMP)}
SPAN: Message = {1: _VARINT, 2: _VARINT}
BUCKET: Message = {1: _VARINT, 2: _DOUBLE, 3: _of(EXEMPLAR), 4: _DOUBLE}
HISTOGRAM: Message = {
    **{1: _VARINT, 2: _DOUBLE, 3: _of(BUCKET), 4: _DOUBLE, 5: _VARINT, 6: _DOUBLE, 7: _VARINT},
    **{8: _DOUBLE, 9: _of(SPAN), 10: _VARINTS, 11: _DOUBLES, 12: _of(SPAN), 13: _VARINTS},
    **{14: _DOUBLES, 15: _of(TIMESTAMP), 16: _of(EXEMPLAR)},
}
METRIC: Message = {
    **{1: _of(LABEL), 2: _of(NUMBER), 3: _of(COUNTER), 4: _of(SUMMARY), 5: _of(NUMBER)},
    **{6: _VARINT, 7: _of(HISTOGRAM)},
}
FAMILY: Message = {1: _TEXT, 2: _TEXT, 3: _VARINT, 4: _of(METRIC), 5: _TEXT}


def fields_of(data: bytes, message: Message) -> Fields:
    """Raises WireError."""
    found: Fields = {}
    gather(found, data, 0, len(data), message)
    return found


def gather(found: Fields, data: bytes, at: int, most: int, message: Message) -> int:
    """Add up to `most` fields that stand at `at`; gives where the next one stands."""
    while at < len(data) and most:
        most -= 1
        start = at
        tag, at = read_varint(data, at)
        if not 8 <= tag < 2**32:
            raise WireError(f"field number {tag >> 3} at byte {at}")
        kind, number = tag & 7, tag >> 3
        value: Value
        if kind == VARINT:
            value, at = read_varint(data, at)
        elif kind == FIXED64:
            if at + 8 > len(data):
                raise WireError(f"number at byte {at} is cut off")
            value, at = data[at : at + 8], at + 8
        elif kind == BYTES:
            length, at = read_varint(data, at)
            if at + length > len(data):
                raise WireError(f"field at byte {at} is cut off")
            value, at = data[at : at + length], at + length
        elif kind == FIXED32:
            if at + 4 > len(data):
                raise WireError(f"number at byte {at} is cut off")
            value, at = data[at : at + 4], at + 4
        else:
            raise WireError(f"wire type {kind} at byte {at}")
        if (known := message.get(number)) is not None and kind not in known.wires:
            raise WireError(f"field {number} at byte {start} has the wrong wire type {kind}")
        found.setdefault(number, []).append(value)
    return at


def check_unread(fields: Fields, unread: Iterable[int], message: Message) -> None:
    """Whether `unread` fields of a message are what they should be. Raises ValueError."""
    for number in unread:
        field = message.get(number)
        if field is not None:
            for value in fields.get(number, ()):
                _check(value, field)


def _check(value: Value, field: Field) -> None:
    if not isinstance(value, bytes):
        return
    if field.message is not None:
        fields = fields_of(value, field.message)
        check_unread(fields, fields, field.message)
    elif field is _DOUBLES and len(value) % 8:
        raise WireError("a number does not have 8 bytes")
    elif field is _VARINTS:
        at = 0
        while at < len(value):
            _, at = read_varint(value, at)
