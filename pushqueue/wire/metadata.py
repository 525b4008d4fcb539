"""Metadata of remote write 1.0: `WriteRequest.metadata`, which Prometheus sends apart.

Takes families, gives a message. Source: reference/prometheus.md 1.3 (`MetricMetadata`).
"""

from collections.abc import Iterable

from series.metadata import Metadata
from series.wire import delimited, varint

_METADATA = b"\x1a"  # WriteRequest.metadata: field 3
_TYPE, _FAMILY, _HELP, _UNIT = b"\x08", b"\x12", b"\x22", b"\x2a"


def metadata_message(families: Iterable[Metadata]) -> bytes:
    return b"".join([_framed(family) for family in families])


def _framed(family: Metadata) -> bytes:
    parts = [_TYPE + varint(family.type)] if family.type else []
    for tag, text in ((_FAMILY, family.family), (_HELP, family.help), (_UNIT, family.unit)):
        if text:
            parts.append(delimited(tag, text.encode()))
    return delimited(_METADATA, b"".join(parts))
