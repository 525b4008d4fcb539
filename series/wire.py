"""The few protobuf bytes that every stage of the house shares: labels of remote write 1.0.

Takes label sets, gives the repeated `labels` field of `prometheus.TimeSeries`, and back.
Source: remote-write 1.0, `TimeSeries{1 rep Label}`, `Label{1 name, 2 value}`.
"""

from series.labels import Labels

LABEL_TAG = b"\x0a"  # TimeSeries.labels and Label.name: field 1, length-delimited
VALUE_TAG = b"\x12"  # Label.value: field 2, length-delimited


class WireError(ValueError):
    """Bytes that are not the protobuf they claim to be."""


def varint(number: int) -> bytes:
    """`number` (0 <= number < 2**64) as a base-128 varint."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed_varint(number: int) -> bytes:
    """An `int64` field's varint: a negative number takes ten bytes (two's complement)."""
    return varint(number & 0xFFFF_FFFF_FFFF_FFFF)


def delimited(tag: bytes, payload: bytes) -> bytes:
    return tag + varint(len(payload)) + payload


def encode_label(name: str, value: str) -> bytes:
    """One framed element of `TimeSeries.labels`; this is also what fills a template's hole."""
    own_name, own_value = name.encode(), value.encode()
    name_bytes, value_bytes = len(own_name), len(own_value)
    # Fast path: all lengths take one byte. A first sight encodes several.
    if name_bytes + value_bytes < 0x80 - 4:
        return b"\n%c\n%c%b\x12%c%b" % (
            name_bytes + value_bytes + 4,
            name_bytes,
            own_name,
            value_bytes,
            own_value,
        )
    body = delimited(LABEL_TAG, own_name) + delimited(VALUE_TAG, own_value)
    return delimited(LABEL_TAG, body)


def encode_labels(labels: Labels) -> bytes:
    """The repeated `labels` of one `TimeSeries`, in the given (canonical) order."""
    return b"".join([encode_label(name, value) for name, value in labels])


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The varint at `at` and the offset behind it. Raises WireError."""
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError(f"bad varint at byte {at}")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7


def _read_delimited(data: bytes, at: int, tag: bytes) -> tuple[bytes, int]:
    if data[at : at + 1] != tag:
        raise WireError(f"expected tag {tag.hex()} at byte {at}, found {data[at : at + 1].hex()}")
    length, start = read_varint(data, at + 1)
    end = start + length
    if end > len(data):
        raise WireError(f"field at byte {at} ends {end - len(data)} bytes behind the message")
    return data[start:end], end


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise WireError(f"not UTF-8: {data[:80]!r}") from exc


def decode_labels(encoded: bytes) -> Labels:
    """What `encode_labels` encoded. Raises WireError; for pages and tests, not for hot paths."""
    labels = []
    at = 0
    while at < len(encoded):
        body, at = _read_delimited(encoded, at, LABEL_TAG)
        name, middle = _read_delimited(body, 0, LABEL_TAG)
        value, _ = _read_delimited(body, middle, VALUE_TAG)
        labels.append((_text(name), _text(value)))
    return tuple(labels)
