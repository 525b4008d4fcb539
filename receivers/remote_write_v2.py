"""Remote write 2.0 as it arrives: brought into the form of 1.0, which the rest of the room reads.

Takes a decompressed `io.prometheus.write.v2.Request`; gives a `prometheus.WriteRequest`.
Source: reference/prometheus.md 1.2 and 1.3.
Invariant: any bytes give a message, WireError or DecodeError; what a small request unfolds to by
naming long symbols often is bounded before it is built.
"""

from pushqueue.wire.message import WireSeries, read_v2, write_v1
from pushqueue.wire.metadata import metadata_message
from receivers.errors import DecodeError
from series.metadata import Metadata, MetricType

PROTO_2 = "io.prometheus.write.v2.Request"

# References are short for what 1.0 spells out: honest requests grow to three or four times their
# size (bench/bench_batcher.py prints both).
UNFOLDS_TO = 8


def to_v1(message: bytes, max_decoded_bytes: int) -> bytes:
    """The same samples and metadata as 1.0; start timestamps of floats are left behind."""
    left = UNFOLDS_TO * max_decoded_bytes
    framed: list[bytes] = []
    families: dict[str, Metadata] = {}
    for series in read_v2(message):
        left -= text_characters(series)
        if left < 0:
            limit = UNFOLDS_TO * max_decoded_bytes
            raise DecodeError("too_large", f"its symbols unfold to more than {limit} bytes")
        framed += write_v1((series,))
        if series.type or series.help or series.unit:
            name = dict(series.labels).get("__name__", "")
            families.setdefault(name, _metadata(name, series))
    return b"".join([*framed, metadata_message(families.values())])


def text_characters(series: WireSeries) -> int:
    own = sum([len(name) + len(value) for name, value in series.labels])
    return own + sum(
        [len(name) + len(value) for each in series.exemplars for name, value in each.labels]
    )


def _metadata(name: str, series: WireSeries) -> Metadata:
    known = series.type <= max(MetricType)
    return Metadata(
        name, MetricType(series.type) if known else MetricType.UNKNOWN, series.help, series.unit
    )
