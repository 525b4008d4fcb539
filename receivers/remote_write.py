"""Remote write as it arrives: a compressed `prometheus.WriteRequest`, or the request of 2.0.

Takes a body and its headers' values; gives the series in flat arrays (no object per sample).
Source: reference/prometheus.md 1.1 and 1.3. Exemplars and native histograms are counted.
Invariant: any bytes give a WriteRequest or DecodeError; memory is bounded by the decoded size.
"""

import struct
from array import array
from collections.abc import Iterator

import attrs

from receivers.errors import DecodeError
from receivers.inflate import inflate
from receivers.remote_write_v2 import PROTO_2, to_v1
from series.fields import DELIMITED, FIXED64, VARINT, fields, signed64
from series.labels import Labels
from series.metadata import Metadata, MetricType
from series.wire import WireError, read_varint

CONTENT_TYPE = "application/x-protobuf"
PROTO_1 = "prometheus.WriteRequest"

# field number << 3 | wire type
_REQUEST_SERIES, _REQUEST_METADATA = 1 << 3 | DELIMITED, 3 << 3 | DELIMITED
_LABEL, _SAMPLE, _EXEMPLAR, _HISTOGRAM = (number << 3 | DELIMITED for number in (1, 2, 3, 4))
_NAME, _VALUE = 1 << 3 | DELIMITED, 2 << 3 | DELIMITED
_SAMPLE_VALUE, _SAMPLE_TIMESTAMP = 1 << 3 | FIXED64, 2 << 3 | VARINT
_FAMILY_TYPE, _FAMILY_NAME = 1 << 3 | VARINT, 2 << 3 | DELIMITED
_FAMILY_HELP, _FAMILY_UNIT = 4 << 3 | DELIMITED, 5 << 3 | DELIMITED

# A series as nearly every sender frames it: labels, then one sample of 18 bytes, which is tag,
# length 16, tag, value, tag and a timestamp of six bytes (years 1971 to 2109).
_TAIL_BYTES = 18
_TAIL_HEAD = b"\x12\x10\x09"
_ZERO = struct.pack("<d", 0.0)


@attrs.frozen
class PushedSeries:
    """One series of a request, for those who look at them singly (pages, tests)."""

    labels: Labels
    timestamps: "array[int]"
    values: "array[float]"


@attrs.frozen(kw_only=True, eq=False)
class WriteRequest:
    """A decoded request. Series i has the next `sample_counts[i]` of timestamps and values.

    `encoded`: the labels as they came, well-formed and in the sender's order; a ready key.
    `read_labels` reads them.
    """

    encoded: list[bytes]
    sample_counts: "array[int]"
    timestamps: "array[int]"
    values: "array[float]"
    metadata: tuple[Metadata, ...]
    exemplar_count: int
    histogram_count: int
    decoded_bytes: int

    @property
    def sample_count(self) -> int:
        return len(self.values)

    def series(self) -> Iterator[PushedSeries]:
        at = 0
        for encoded, count in zip(self.encoded, self.sample_counts, strict=True):
            yield PushedSeries(
                read_labels(encoded),
                self.timestamps[at : at + count],
                self.values[at : at + count],
            )
            at += count


class KnownLabels:
    """Remembers encoded labels that were read once, from request to request, within a bound.

    When full it starts anew: steady senders refill it with one request.
    """

    def __init__(self, max_entries: int = 100_000, max_bytes: int = 32 * 2**20) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._bytes = 0
        self._known: dict[bytes, bytes] = {}
        # Gives the first of equal bytes, so that whoever keeps them keeps one copy.
        self.get = self._known.get

    def __len__(self) -> int:
        return len(self._known)

    def put(self, encoded: bytes) -> bytes:
        known = self._known.get(encoded)
        if known is not None:
            return known
        if len(self._known) >= self._max_entries or self._bytes >= self._max_bytes:
            self._known.clear()
            self._bytes = 0
        self._known[encoded] = encoded
        self._bytes += len(encoded)
        return encoded


def decode(
    body: bytes,
    *,
    content_encoding: str = "snappy",
    content_type: str = CONTENT_TYPE,
    max_decoded_bytes: int = 32 * 2**20,
    known: KnownLabels | None = None,
) -> WriteRequest:
    """The request in `body`. Raises DecodeError."""
    proto = proto_of(content_type)
    data = inflate([body], encoding_of(content_encoding), max_decoded_bytes)
    message = data
    try:
        if proto == PROTO_2:
            message = to_v1(data, max_decoded_bytes)
        read = _Reader(message, known if known is not None else KnownLabels()).read()
    except WireError as exc:
        raise DecodeError("protobuf", str(exc)) from exc
    except UnicodeDecodeError as exc:
        raise DecodeError("utf8", f"a text is not UTF-8: {exc.object[:80]!r}") from exc
    return read if message is data else attrs.evolve(read, decoded_bytes=len(data))


def proto_of(content_type: str) -> str:
    """The message that the type names; without one it is 1.0's. Raises DecodeError."""
    media_type, *parameters = [part.strip() for part in content_type.split(";")]
    if media_type.lower() not in ("", CONTENT_TYPE):
        raise DecodeError("content_type", f"{content_type[:80]!r}; send {CONTENT_TYPE}")
    proto = PROTO_1
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "proto":
            proto = value.strip()
            if proto not in (PROTO_1, PROTO_2):
                known = f"{PROTO_1} or {PROTO_2}"
                raise DecodeError("content_type", f"proto={proto[:80]}; {known} is taken")
    return proto


def encoding_of(content_encoding: str) -> str:
    """The encoding that the header names; missing it is snappy. Raises DecodeError."""
    # Others are not opened though they could be: the specification wants 415 for them.
    encoding = content_encoding.strip().lower() or "snappy"
    if encoding not in ("snappy", "zstd", "identity"):
        raise DecodeError("content_encoding", f"{encoding[:80]!r}; snappy or zstd are taken")
    return encoding


class _Reader:
    """Walks one message; the arrays grow while it does."""

    def __init__(self, data: bytes, known: KnownLabels) -> None:
        self._data = data
        self._known = known
        self._encoded: list[bytes] = []
        self._counts = array("L")
        self._timestamps = array("q")
        self._values = bytearray()  # bytes, so that no copy can quiet a staleness marker
        self._metadata: list[Metadata] = []
        self._exemplars = self._histograms = 0
        self._timestamp_memo: dict[bytes, int] = {}

    def read(self) -> WriteRequest:
        data = self._data
        for key, start, stop in fields(data, 0, len(data)):
            if key == _REQUEST_SERIES:
                if not self._read_usual(start, stop):
                    self._read_series(start, stop)
            elif key == _REQUEST_METADATA:
                self._metadata.append(read_metadata(data, start, stop))
        values = array("d")
        values.frombytes(self._values)
        return WriteRequest(
            encoded=self._encoded,
            sample_counts=self._counts,
            timestamps=self._timestamps,
            values=values,
            metadata=tuple(self._metadata),
            exemplar_count=self._exemplars,
            histogram_count=self._histograms,
            decoded_bytes=len(data),
        )

    def _read_usual(self, start: int, stop: int) -> bool:
        # Fast path: labels that are known, byte for byte, then one usual sample. Bytes that were
        # once read as nothing but whole labels are that again. bench/bench_receive.py.
        data = self._data
        tail = stop - _TAIL_BYTES
        if data[tail : tail + 3] != _TAIL_HEAD or data[stop - 7] != 0x10 or tail < start:
            return False
        encoded = self._known.get(data[start:tail])
        if encoded is None:
            return False
        raw = data[stop - 6 : stop]
        timestamp = self._timestamp_memo.get(raw)
        if timestamp is None:
            timestamp, behind = read_varint(data, stop - 6)
            if behind != stop:
                return False
            self._timestamp_memo[raw] = timestamp
        self._encoded.append(encoded)
        self._counts.append(1)
        self._timestamps.append(timestamp)
        self._values += data[tail + 3 : tail + 11]
        return True

    def _read_series(self, start: int, stop: int) -> None:
        data = self._data
        encoded = []
        count = 0
        at = start
        for key, inner, end in fields(data, start, stop):
            if key == _LABEL:
                read_label(data, inner, end)  # raises if it cannot be read
                encoded.append(data[at:end])
            elif key == _SAMPLE:
                self._read_sample(inner, end)
                count += 1
            elif key == _EXEMPLAR:
                self._exemplars += 1
            elif key == _HISTOGRAM:
                self._histograms += 1
            at = end
        self._encoded.append(self._known.put(b"".join(encoded)))
        self._counts.append(count)

    def _read_sample(self, start: int, stop: int) -> None:
        value = _ZERO
        timestamp = 0
        for key, inner, end in fields(self._data, start, stop):
            if key == _SAMPLE_VALUE:
                value = self._data[inner:end]
            elif key == _SAMPLE_TIMESTAMP:
                timestamp = signed64(read_varint(self._data, inner)[0])
        self._values += value
        self._timestamps.append(timestamp)


def read_metadata(data: bytes, start: int, stop: int) -> Metadata:
    """The MetricMetadata in data[start:stop]. Raises WireError, UnicodeDecodeError."""
    texts = dict.fromkeys((_FAMILY_NAME, _FAMILY_HELP, _FAMILY_UNIT), "")
    number = 0
    for key, inner, end in fields(data, start, stop):
        if key in texts:
            texts[key] = data[inner:end].decode()
        elif key == _FAMILY_TYPE:
            number = read_varint(data, inner)[0]
    known = number <= max(MetricType)
    return Metadata(
        family=texts[_FAMILY_NAME],
        type=MetricType(number) if known else MetricType.UNKNOWN,
        help=texts[_FAMILY_HELP],
        unit=texts[_FAMILY_UNIT],
    )


def read_labels(encoded: bytes) -> Labels:
    """The labels of one series as the sender ordered them. Raises WireError."""
    return tuple(
        read_label(encoded, start, stop)
        for key, start, stop in fields(encoded, 0, len(encoded))
        if key == _LABEL
    )


def read_label(data: bytes, start: int, stop: int) -> tuple[str, str]:
    """The label in data[start:stop]. Raises WireError, UnicodeDecodeError."""
    # Fast path: name and value, each shorter than 128 bytes, in this order.
    if stop - start >= 4 and data[start] == _NAME:
        middle = start + 2 + data[start + 1]
        if middle + 2 <= stop and data[middle] == _VALUE and data[middle + 1] < 0x80:
            value_start = middle + 2
            if data[start + 1] < 0x80 and value_start + data[middle + 1] == stop:
                return data[start + 2 : middle].decode(), data[value_start:stop].decode()
    name = value = ""
    for key, inner, end in fields(data, start, stop):
        if key == _NAME:
            name = data[inner:end].decode()
        elif key == _VALUE:
            value = data[inner:end].decode()
    return name, value
