"""Good messages of every pushed format, with everything in them: what fuzzing begins with."""

import json
from typing import Any

from tests.conformance.receiver.message import message_1, message_2, sent
from tests.conformance.receiver.test_beside_samples import CASES as BESIDE
from tests.conformance.receiver.test_histograms import CUSTOM, FLOAT, GOOD
from tests.receivers.otlp.requests import (
    NOW_MS,
    NOW_NS,
    as_json,
    attributes,
    gauge,
    point,
    request_of,
    total,
)

_EXEMPLAR: dict[str, Any] = {
    "asDouble": 3.0,
    "timeUnixNano": str(NOW_NS),
    "traceId": "AAECAwQFBgcICQoLDA0ODw==",
    "spanId": "AAECAwQFBgc=",
    "filteredAttributes": attributes({"user": "x"}),
}
_HISTOGRAM: dict[str, Any] = {
    "count": "6",
    "sum": 4.5,
    "explicitBounds": [0.5, 10],
    "bucketCounts": ["1", "2", "3"],
    "exemplars": [_EXEMPLAR],
}
_EXPONENTIAL: dict[str, Any] = {
    "count": "5",
    "sum": 2.5,
    "scale": 9,
    "zeroCount": "1",
    "positive": {"offset": -1, "bucketCounts": ["1", "3"]},
    "negative": {"offset": 4, "bucketCounts": ["1", "0", "0", "0", "3"]},
    "startTimeUnixNano": str(NOW_NS - 10**9),
}
_SUMMARY: dict[str, Any] = {
    "count": "9",
    "sum": 2.0,
    "quantileValues": [{"quantile": 0.5, "value": 3.0}],
}
_RESOURCE = {"service.name": "shop", "service.instance.id": "a", "host.name": "h"}
_REQUESTS = (
    request_of(
        gauge("a.b", point(asDouble=1.5, attributes=attributes({"k": "v", "x.y": "z"})), unit="s"),
        total("c", point(asInt="3", exemplars=[_EXEMPLAR]), description="all of them"),
        resource=_RESOURCE,
    ),
    request_of(
        {
            "name": "h",
            "histogram": {"aggregationTemporality": 2, "dataPoints": [point(**_HISTOGRAM)]},
        },
        {
            "name": "e",
            "exponentialHistogram": {
                "aggregationTemporality": 2,
                "dataPoints": [point(**_EXPONENTIAL)],
            },
        },
        {"name": "s", "summary": {"dataPoints": [point(**_SUMMARY)]}},
        total("bad", point(asInt="1"), temporality=1),
        resource=_RESOURCE,
    ),
)
OTLP = tuple([one.SerializeToString() for one in _REQUESTS])
OTLP_JSON = tuple([json.dumps(as_json(one)).encode() for one in _REQUESTS])

_SERIES = (
    sent("up", 1.0, 0.0, labels={"job": "a", "instance": "b:1"}),
    sent("up", 1.0, labels={"job": "c"}),
    GOOD,
    sent("custom", histograms=((0, CUSTOM),)),
    sent("float", histograms=((0, FLOAT),)),
    *[one for case in BESIDE[:3] for one in case.series],
)
WRITE_1 = (message_1(_SERIES, NOW_MS), message_1(_SERIES[:2], NOW_MS))
WRITE_2 = (message_2(_SERIES, NOW_MS), message_2(_SERIES[:2], NOW_MS))
