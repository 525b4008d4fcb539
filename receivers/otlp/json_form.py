"""OTLP metrics in JSON: the same points, read leniently.

Takes the text; puts points into a `Request`. Not `json_format`, which reads hex ids as base64.
Source: OTLP's JSON encoding (peers.md 2.5): lowerCamelCase keys, unknown ones ignored, 64-bit
integers as texts or numbers, enums as numbers or names, ids in hex, "NaN" and "Infinity".
Invariant: any text is read or raises JsonError.
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from math import isfinite
from typing import Any

from receivers.otlp.json_nodes import (
    PIECE_BYTES,
    JsonError,
    Node,
    elements,
    inner,
    said,
    whole,
)
from receivers.otlp.known import Resource, Scope
from receivers.otlp.labels import Attributes
from receivers.otlp.points import (
    Buckets,
    ExponentialPoint,
    Form,
    HistogramPoint,
    Metric,
    NumberPoint,
    Point,
    PointExemplar,
    SummaryPoint,
    Temporality,
)
from receivers.otlp.texts import Value, value_text
from receivers.otlp.translate import Request
from series.labels import Labels

_DOUBLE = struct.Struct("<d")
_MAX_DEPTH = 32
_FORMS = {
    "gauge": Form.GAUGE,
    "sum": Form.SUM,
    "histogram": Form.HISTOGRAM,
    "exponentialHistogram": Form.EXPONENTIAL,
    "summary": Form.SUMMARY,
}
_TEMPORALITIES: dict[object, Temporality] = {
    1: Temporality.DELTA,
    2: Temporality.CUMULATIVE,
    "AGGREGATION_TEMPORALITY_DELTA": Temporality.DELTA,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": Temporality.CUMULATIVE,
}


def read_json(text: bytes, request: Request, extra: Labels = ()) -> Iterator[None]:
    """Stops now and then, as the reader of protobuf does. Raises JsonError, UnfoldsError."""
    top = yield from whole(text)
    for one in elements(text, top, "resourceMetrics"):
        if one is None:
            yield
            continue
        attributes = _attributes(_object(said(one), "resource"))
        resource = request.known.resource(attributes, extra)
        for inside in elements(text, one, "scopeMetrics"):
            if inside is None:
                yield
                continue
            scope = _scope(resource, said(inside))
            for each in elements(text, inside, "metrics"):
                if each is not None:
                    yield from _read_metric(text, request, scope, each)
                yield


def _scope(resource: Resource, owner: dict[str, Any]) -> Scope:
    told = _object(owner, "scope")
    return resource.scope(
        _text(told, "name"), _text(told, "version"), _text(owner, "schemaUrl"), _attributes(told)
    )


def _read_metric(text: bytes, request: Request, scope: Scope, node: Node) -> Iterator[None]:
    form, data = Form.NONE, None
    for key, each in _FORMS.items():
        found = yield from inner(text, node, key)
        if found is not None:
            form, data = each, found
    metric = _metric(said(node), form, said(data) if data is not None else {})
    known = scope.metric(metric)
    count = 0
    for point in elements(text, data, "dataPoints") if data is not None else ():
        if point is None:
            yield
            continue
        if not isinstance(point, dict):
            raise JsonError(
                f"a data point of {metric.name[:80]!r} is longer than {PIECE_BYTES} bytes"
            )
        count += 1
        request.found(1)
        request.put(known, _READERS[form](point))
        if count % 50 == 0:
            yield
    if not count and known.failure:
        request.reject(metric.name, known.failure, 1)


def _list(owner: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = owner.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise JsonError(f"{key} is not a list of objects")
    return found


def _object(owner: dict[str, Any], key: str) -> dict[str, Any]:
    found = owner.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise JsonError(f"{key} is not an object")
    return found


def _text(owner: dict[str, Any], key: str) -> str:
    found = owner.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise JsonError(f"{key} is not a string")
    # A lone half of a pair cannot be written as UTF-8.
    return found.encode("utf-8", "replace").decode()


def _integer(owner: dict[str, Any], key: str, low: int = 0, high: int = 2**64) -> int:
    found = owner.get(key)
    return 0 if found is None else _whole(found, key, low, high)


def _whole(found: object, key: str, low: int = 0, high: int = 2**64) -> int:
    number: int | None = None
    if isinstance(found, str) and len(found) <= 24 and found.removeprefix("-").isascii():
        number = int(found) if found.removeprefix("-").isdecimal() else None
    elif isinstance(found, int) and not isinstance(found, bool):
        number = found
    elif isinstance(found, float) and isfinite(found) and found == int(found):
        number = int(found)
    if number is None or not low <= number < high:
        raise JsonError(f"{key} is not an integer in its range: {str(found)[:40]!r}")
    return number


def _double(found: object, key: str) -> float:
    if isinstance(found, str):
        try:
            return float(found.replace("Infinity", "inf"))
        except ValueError:
            pass
    elif isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return float(found)
        except OverflowError:
            pass
    raise JsonError(f"{key} is not a number: {str(found)[:40]!r}")


def _some_double(owner: dict[str, Any], key: str) -> float | None:
    found = owner.get(key)
    return None if found is None else _double(found, key)


def _numbers(owner: dict[str, Any], key: str) -> list[Any]:
    found = owner.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise JsonError(f"{key} is not a list")
    return found


def _attributes(owner: dict[str, Any], key: str = "attributes") -> Attributes:
    return tuple(
        [
            (_text(one, "key"), value_text(_value(_object(one, "value"), 0)))
            for one in _list(owner, key)
        ]
    )


def _value(told: dict[str, Any], depth: int) -> Value:
    if depth > _MAX_DEPTH:
        raise JsonError(f"values nest deeper than {_MAX_DEPTH}")
    for key, found in told.items():
        if found is None:
            continue
        match key:
            case "stringValue":
                return _text(told, key)
            case "boolValue":
                return bool(found)
            case "intValue":
                return _integer(told, key, -(2**63), 2**63)
            case "doubleValue":
                return _double(found, key)
            case "bytesValue":
                return _bytes(told, key)
            case "arrayValue":
                return [_value(one, depth + 1) for one in _list(_object(told, key), "values")]
            case "kvlistValue":
                pairs = _list(_object(told, key), "values")
                return {
                    _text(one, "key"): _value(_object(one, "value"), depth + 1) for one in pairs
                }
    return None


def _bytes(told: dict[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_text(told, key))
    except (binascii.Error, ValueError) as exc:
        raise JsonError(f"{key} is not base64") from exc


def _hex(told: dict[str, Any], key: str) -> bytes:
    try:
        return bytes.fromhex(_text(told, key))
    except ValueError as exc:
        raise JsonError(f"{key} is not hex") from exc


def _metric(told: dict[str, Any], form: Form, data: dict[str, Any]) -> Metric:
    types = dict(_attributes(told, "metadata")) if told.get("metadata") else {}
    temporality = data.get("aggregationTemporality")
    return Metric(
        name=_text(told, "name"),
        unit=_text(told, "unit"),
        description=_text(told, "description"),
        form=form,
        temporality=_TEMPORALITIES.get(temporality, Temporality.UNSPECIFIED)
        if isinstance(temporality, int | str)
        else Temporality.UNSPECIFIED,
        is_monotonic=bool(data.get("isMonotonic")),
        prometheus_type=types.get("prometheus.type", ""),
    )


def _common(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "attributes": _attributes(told),
        "time_ns": _integer(told, "timeUnixNano"),
        "start_ns": _integer(told, "startTimeUnixNano"),
        "is_stale": bool(_integer(told, "flags") & 1),
        "exemplars": tuple([_exemplar(one) for one in _list(told, "exemplars")]),
    }


def _number(told: dict[str, Any]) -> float:
    if told.get("asInt") is not None:
        return float(_integer(told, "asInt", -(2**63), 2**63))
    return _some_double(told, "asDouble") or 0.0


def _exemplar(told: dict[str, Any]) -> PointExemplar:
    return PointExemplar(
        value=_number(told),
        time_ns=_integer(told, "timeUnixNano"),
        trace_id=_hex(told, "traceId"),
        span_id=_hex(told, "spanId"),
        attributes=_attributes(told, "filteredAttributes"),
    )


def _number_point(told: dict[str, Any]) -> Point:
    return NumberPoint(value=_DOUBLE.pack(_number(told)), **_common(told))


def _histogram_point(told: dict[str, Any]) -> Point:
    return HistogramPoint(
        count=_integer(told, "count"),
        sum=_some_double(told, "sum"),
        counts=tuple([_whole(one, "bucketCounts") for one in _numbers(told, "bucketCounts")]),
        bounds=tuple([_double(one, "explicitBounds") for one in _numbers(told, "explicitBounds")]),
        **_common(told),
    )


def _exponential_point(told: dict[str, Any]) -> Point:
    return ExponentialPoint(
        count=_integer(told, "count"),
        sum=_some_double(told, "sum"),
        scale=_integer(told, "scale", -(2**31), 2**31),
        zero_count=_integer(told, "zeroCount"),
        zero_threshold=_some_double(told, "zeroThreshold") or 0.0,
        positive=_buckets(_object(told, "positive")),
        negative=_buckets(_object(told, "negative")),
        **_common(told),
    )


def _buckets(told: dict[str, Any]) -> Buckets:
    counts = [_whole(one, "bucketCounts") for one in _numbers(told, "bucketCounts")]
    return Buckets(_integer(told, "offset", -(2**31), 2**31), tuple(counts))


def _summary_point(told: dict[str, Any]) -> Point:
    return SummaryPoint(
        count=_integer(told, "count"),
        sum=_some_double(told, "sum") or 0.0,
        quantiles=tuple(
            [
                (_some_double(one, "quantile") or 0.0, _some_double(one, "value") or 0.0)
                for one in _list(told, "quantileValues")
            ]
        ),
        **_common(told),
    )


_READERS = {
    Form.GAUGE: _number_point,
    Form.SUM: _number_point,
    Form.HISTOGRAM: _histogram_point,
    Form.EXPONENTIAL: _exponential_point,
    Form.SUMMARY: _summary_point,
}
