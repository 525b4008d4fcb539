"""Huge pushes, as senders write them: bodies of about so many bytes when they are open.

Takes a size; gives the body, headers and path of a request for each format. Written by hand from
protobuf's elements, since the SDK's own classes take ten seconds for 32 MiB.
"""

import gzip
import json
import struct
from collections.abc import Callable, Iterator

import attrs
import snappy
import zstandard

from pushqueue.wire.message import Sample, WireSeries, write_v2
from pushqueue.wire.symbols import Symbols
from receivers.remote_write_v2 import PROTO_2
from series.wire import delimited, encode_labels, signed_varint

NOW_MS = 1_795_500_000_000
NOW_NS = NOW_MS * 1_000_000
POINTS_OF_A_METRIC = 1000
_KEYS = ("http.method", "http.route", "http.status_code", "server", "zone")


@attrs.frozen
class Huge:
    """`is_grpc`: the body is one message, to be sent by a gRPC client."""

    name: str
    path: str
    headers: dict[str, str]
    body: bytes
    decoded_bytes: int
    is_grpc: bool = False


def labels(number: int) -> tuple[tuple[str, str], ...]:
    return (
        ("__name__", f"node_filesystem_avail_bytes_{number % 97}"),
        ("device", f"/dev/sd{number}"),
        ("env", "production"),
        ("fstype", "ext4"),
        ("instance", f"10.0.{number % 13}.1:9100"),
        ("job", "node"),
        ("region", "north"),
        ("zone", "a"),
    )


def series_v1() -> Iterator[bytes]:
    number = 0
    while True:
        value = b"\x09" + struct.pack("<d", number) + b"\x10" + signed_varint(NOW_MS)
        yield delimited(b"\x0a", encode_labels(labels(number)) + delimited(b"\x12", value))
        number += 1


def message_v2(size: int) -> bytes:
    """Its references take less than half of what 1.0 spells out."""
    count = size // 75
    one = Sample(struct.pack("<d", 1.0), NOW_MS)
    symbols = Symbols()
    series = [WireSeries(labels=labels(number), samples=(one,)) for number in range(count)]
    framed = b"".join(write_v2(series, symbols))
    return symbols.encode() + framed


def _attribute(key: str, value: str) -> bytes:
    return delimited(b"\x0a", key.encode()) + delimited(b"\x12", delimited(b"\x0a", value.encode()))


def metrics_otlp() -> Iterator[bytes]:
    number = 0
    while True:
        points = []
        for at in range(POINTS_OF_A_METRIC):
            times = struct.pack("<BQBQBq", 0x11, NOW_NS - 10**12, 0x19, NOW_NS, 0x31, at)
            own = [delimited(b"\x3a", _attribute(key, f"{key}-{at}")) for key in _KEYS]
            points.append(delimited(b"\x0a", times + b"".join(own)))
        data = b"".join(points) + b"\x10\x02\x18\x01"
        name = delimited(b"\x0a", b"http.server.requests.%d" % number)
        yield delimited(b"\x12", name + delimited(b"\x3a", data))
        number += 1


def message_otlp(size: int) -> bytes:
    metrics = up_to(size, metrics_otlp())
    resource = delimited(b"\x0a", _attribute("service.name", "shop"))
    return delimited(b"\x0a", delimited(b"\x0a", resource) + delimited(b"\x12", metrics))


def metrics_json() -> Iterator[bytes]:
    number = 0
    while True:
        points = [
            {
                "attributes": [
                    {"key": key, "value": {"stringValue": f"{key}-{at}"}} for key in _KEYS
                ],
                "startTimeUnixNano": str(NOW_NS - 10**12),
                "timeUnixNano": str(NOW_NS),
                "asInt": str(at),
            }
            for at in range(POINTS_OF_A_METRIC)
        ]
        sums = {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": True}
        text = json.dumps({"name": f"http.server.requests.{number}", "sum": sums}).encode()
        yield (b"," if number else b"") + text
        number += 1


def text_json(size: int) -> bytes:
    head = (
        b'{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":'
        b'{"stringValue":"shop"}}]},"scopeMetrics":[{"scope":{"name":"bench"},"metrics":['
    )
    return head + up_to(size, metrics_json()) + b"]}]}]}"


def up_to(size: int, parts: Iterator[bytes]) -> bytes:
    taken = []
    while size > 0:
        part = next(parts)
        taken.append(part)
        size -= len(part)
    return b"".join(taken)


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, 1)


def requests(size: int) -> Iterator[Huge]:
    v1, v2 = up_to(size, series_v1()), message_v2(size)
    write, otlp = "/api/v1/write", "/v1/metrics"
    proto, text = {"content-type": "application/x-protobuf"}, {"content-type": "application/json"}
    two = {"content-type": f"application/x-protobuf;proto={PROTO_2}", "content-encoding": "snappy"}

    def made(
        name: str, path: str, headers: dict[str, str], data: bytes, pack: Callable[[bytes], bytes]
    ) -> Huge:
        return Huge(name, path, headers, pack(data), len(data))

    yield made("remote write 1.0, snappy", write, proto, v1, snappy.compress)
    zstd = {**proto, "content-encoding": "zstd"}
    yield made("remote write 1.0, zstd", write, zstd, v1, zstandard.ZstdCompressor().compress)
    yield made("remote write 2.0, snappy", write, two, v2, snappy.compress)
    del v1, v2
    data = message_otlp(size)
    yield made("OTLP protobuf, plain", otlp, proto, data, bytes)
    yield made("OTLP protobuf, gzip", otlp, {**proto, "content-encoding": "gzip"}, data, zipped)
    yield Huge("OTLP gRPC, gzip", "", {}, data, len(data), is_grpc=True)
    data = text_json(size)
    yield made("OTLP JSON, plain", otlp, text, data, bytes)
    yield made("OTLP JSON, gzip", otlp, {**text, "content-encoding": "gzip"}, data, zipped)
    zeros = bytes(64 * size)
    bomb = {**proto, "content-encoding": "gzip"}
    yield Huge("a bomb, gzip", otlp, bomb, zipped(zeros), size)
    empty = (b"\x0a\x00" * (size // 2), b"\x1a\x00" * (size // 2))
    yield made("empty series, 1.0", write, proto, empty[0], snappy.compress)
    yield made("unknown fields, OTLP", otlp, proto, empty[1], bytes)
