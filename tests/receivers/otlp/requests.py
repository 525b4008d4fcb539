"""Requests as opentelemetry-proto builds them, and what the receiver makes of them, readable.

The oracle: google.protobuf writes the bytes; its JSON, with ids in hex, is the other form.
"""

import base64
import json
import struct
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from receivers.otlp.receive import OtlpReceiver, drain
from receivers.otlp.settings import Translation
from receivers.otlp.translate import Taken
from series.batch import Batch
from series.labels import readable
from series.stale import STALE_NAN_BITS

NOW_MS = 1_795_500_000_000
NOW_NS = NOW_MS * 1_000_000
Message = ExportMetricsServiceRequest


def request_of(*metrics: dict[str, Any], resource: dict[str, str] | None = None) -> Message:
    """A request of metrics in JSON's form of protobuf."""
    told = {
        "resourceMetrics": [
            {
                "resource": {"attributes": attributes(resource or {"service.name": "shop"})},
                "scopeMetrics": [
                    {"scope": {"name": "lib", "version": "1"}, "metrics": list(metrics)}
                ],
            }
        ]
    }
    return json_format.ParseDict(told, ExportMetricsServiceRequest())


def attributes(pairs: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in pairs.items()]


def point(**more: Any) -> dict[str, Any]:
    return {"timeUnixNano": str(NOW_NS), **more}


def gauge(name: str, *points: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "gauge": {"dataPoints": list(points)}, **more}


def total(name: str, *points: dict[str, Any], temporality: int = 2, **more: Any) -> dict[str, Any]:
    data = {
        "dataPoints": list(points),
        "aggregationTemporality": temporality,
        "isMonotonic": more.pop("monotonic", True),
    }
    return {"name": name, "sum": data, **more}


def take(message: Message, translation: Translation | None = None, *, form: str = "wire") -> Taken:
    receiver = OtlpReceiver(translation or Translation())
    if form == "wire":
        return drain(receiver.protobuf(message.SerializeToString()))
    return drain(receiver.json(json.dumps(as_json(message)).encode()))


def as_json(message: Message) -> dict[str, Any]:
    """OTLP's JSON: as protobuf's, but for ids."""
    told = json_format.MessageToDict(message)
    _mend(told)
    return told


def _mend(told: Any) -> None:
    if isinstance(told, list):
        for one in told:
            _mend(one)
    elif isinstance(told, dict):
        for key, value in told.items():
            if key in ("traceId", "spanId"):
                told[key] = base64.b64decode(value).hex().upper()
            else:
                _mend(value)


def rows(taken: Taken) -> dict[str, Any]:
    """Each float by its series: a number, "stale", or a list of them where there are several."""
    found: dict[str, Any] = {}
    for batch in taken.batches:
        if batch.histograms is not None:
            continue
        for at, value in enumerate(values(batch)):
            series = readable(batch.layout.templates[at].labels())
            found[series] = [*_listed(found[series]), value] if series in found else value
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def values(batch: Batch) -> list[Any]:
    bits = struct.unpack(f"<{len(batch)}Q", batch.values.tobytes())
    return [
        "stale" if one == STALE_NAN_BITS else value
        for one, value in zip(bits, batch.values, strict=True)
    ]
