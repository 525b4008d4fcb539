"""The tables of Prometheus' own handler of remote write, as our own data.

Each row names what Prometheus answers; where an agent must differ, the row says so: it keeps no
samples, so order and duplicates are for the remote to judge.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import snappy

from receivers.remote_write_v2 import PROTO_2
from series.batch import Batch
from series.histogram import Histogram
from tests.pushqueue import protos_v2
from tests.receivers import protos
from tests.web.push.pushing import KeptSink, intake
from tests.web.snapshots import target, views
from web.app import create_app

TYPE_1 = "application/x-protobuf"
TYPE_2 = f"{TYPE_1};proto={PROTO_2}"
NOW_MS = 1_795_500_000_000
NATIVE: dict[str, Any] = {
    "schema": 2,
    "zero_threshold": 1e-128,
    "zero_count_int": 0,
    "count_int": 3,
    "sum": 20,
    "positive_spans": [{"offset": 0, "length": 1}],
    "positive_deltas": [1],
    "negative_spans": [{"offset": 0, "length": 1}],
    "negative_deltas": [2],
}
FLOAT: dict[str, Any] = {
    "schema": 2,
    "zero_threshold": 1e-128,
    "zero_count_float": 0,
    "count_float": 3,
    "sum": 20,
    "positive_spans": [{"offset": 0, "length": 1}],
    "positive_counts": [1],
    "negative_spans": [{"offset": 0, "length": 1}],
    "negative_counts": [2],
}
SYMBOLS = ["", "__name__", "test_metric1", "b", "c", "d", "e", "trace_id", "x", "help", "unit"]


def at(told: dict[str, Any], stamp_ms: int) -> dict[str, Any]:
    return {**told, "timestamp": NOW_MS + stamp_ms}


def series(*references: int, stamp_ms: int = 1, **more: Any) -> dict[str, Any]:
    """With one sample, two histograms of either kind, an exemplar, metadata."""
    return {
        "labels_refs": list(references),
        "samples": [{"value": 1.0, "timestamp": NOW_MS + stamp_ms}],
        "histograms": [at(NATIVE, 1), at(FLOAT, 2), at(NATIVE, 3), at(FLOAT, 4)],
        "exemplars": [{"labels_refs": [7, 8], "value": 1, "timestamp": NOW_MS}],
        "metadata": {"type": 2, "help_ref": 9, "unit_ref": 10},
        **more,
    }


GOOD = [series(1, 2, 3, 4), series(1, 2, 5, 6)]


def sample(stamp_ms: int = 1, value: float = 1.0) -> dict[str, Any]:
    return {"value": value, "timestamp": NOW_MS + stamp_ms}


def packed(rows: list[dict[str, Any]]) -> bytes:
    message = protos_v2.Request(symbols=SYMBOLS, timeseries=rows).SerializeToString()
    body: bytes = snappy.compress(message)
    return body


def packed_1(*rows: dict[str, Any]) -> bytes:
    named = [{"labels": [{"name": "__name__", "value": "test_metric"}], **row} for row in rows]
    body: bytes = snappy.compress(protos.WriteRequest(timeseries=named).SerializeToString())
    return body


@asynccontextmanager
async def handler(sink: KeptSink) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(views(target()), intake=intake(sink))
    transport = httpx.ASGITransport(app=app, client=("10.0.0.9", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent:8429") as session:
        yield session


async def write(body: bytes, headers: dict[str, str]) -> tuple[httpx.Response, KeptSink]:
    sink = KeptSink()
    async with handler(sink) as session:
        return await session.post("/api/v1/write", content=body, headers=headers), sink


def written(answer: httpx.Response) -> tuple[int, ...]:
    kinds = ("samples", "histograms", "exemplars")
    told = [answer.headers.get(f"x-prometheus-remote-write-{kind}-written", "-1") for kind in kinds]
    return tuple(map(int, told))


SNAPPY = {"content-encoding": "snappy"}
VERSION = {"x-prometheus-remote-write-version": "2.0.0"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"content-type": TYPE_1, **SNAPPY, **VERSION}, 204, id="all headers"),
        pytest.param({"content-type": TYPE_1, **SNAPPY}, 204, id="no version"),
        pytest.param({}, 204, id="no headers"),
        pytest.param({**SNAPPY, **VERSION}, 204, id="no content type"),
        pytest.param({"content-type": TYPE_1, **VERSION}, 204, id="no content encoding"),
        pytest.param({"content-type": "yolo", **SNAPPY}, 415, id="another content type"),
        pytest.param({"content-type": f"{TYPE_1};proto=yolo"}, 415, id="another message"),
        pytest.param(
            {"content-type": TYPE_1, "content-encoding": "zstd"},
            400,  # 415 there; VictoriaMetrics' agents send zstd, so what is wrong is the body
            id="another encoding than the body's",
        ),
        pytest.param({"content-type": TYPE_1, "content-encoding": "gzip"}, 415, id="gzip"),
    ],
)
async def test_headers_of_version_one(headers: dict[str, str], status: int) -> None:
    answer, sink = await write(packed_1({"samples": [sample()]}), headers)
    assert answer.status_code == status
    assert bool(sink.batches) is (status == 204)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"content-type": TYPE_2, **SNAPPY, **VERSION}, 204, id="all headers"),
        pytest.param({"content-type": TYPE_2, **SNAPPY}, 204, id="no version"),
        # As there when both versions are taken: an empty message of 1.0.
        pytest.param({}, 204, id="no headers"),
        pytest.param({**SNAPPY, **VERSION}, 204, id="no content type"),
        pytest.param({"content-type": TYPE_2, **VERSION}, 204, id="no content encoding"),
        pytest.param({"content-type": "yolo", **SNAPPY}, 415, id="another content type"),
        pytest.param({"content-type": f"{TYPE_1};proto=yolo"}, 415, id="another message"),
        pytest.param({"content-type": TYPE_2, "content-encoding": "br"}, 415, id="brotli"),
    ],
)
async def test_headers_of_version_two(headers: dict[str, str], status: int) -> None:
    answer, sink = await write(packed(GOOD), headers)
    assert answer.status_code == status
    assert bool(sink.batches) is (headers.get("content-type") == TYPE_2 and status == 204)


@pytest.mark.parametrize(
    ("rows", "status", "counts", "why"),
    [
        pytest.param(GOOD, 204, (2, 8, 2), "", id="all of it"),
        pytest.param(
            [{"labels_refs": [3, 3], "samples": [sample()]}, *GOOD],
            400,
            (2, 8, 2),
            "no metric name",
            id="no metric name",
        ),
        pytest.param(
            [{"labels_refs": [1, 0], "samples": [sample()]}, *GOOD],
            400,
            (2, 8, 2),
            "no metric name",
            id="an empty metric name",
        ),
        pytest.param(
            [{"labels_refs": [1, 2, 3, 3, 3, 3], "samples": [sample()]}, *GOOD],
            400,
            (2, 8, 2),
            "a label comes twice",
            id="a label twice",
        ),
        pytest.param(
            [{"labels_refs": [1, 2, 3], "samples": [sample()]}, *GOOD],
            400,
            (2, 8, 2),
            "an odd number of label references: 3",
            id="an odd number of references",
        ),
        pytest.param(
            [{"labels_refs": [1, 999], "samples": [sample()]}, *GOOD],
            400,
            (2, 8, 2),
            "reference 999 is beyond the 11 symbols",
            id="a reference beyond the symbols",
        ),
        pytest.param(
            [{"labels_refs": [1, 2], "exemplars": [{"value": 1.0, "timestamp": 1}]}, *GOOD],
            400,
            (2, 8, 2),
            "an exemplar without a sample",
            id="only exemplars, without a sample of the series in the request",
        ),
        pytest.param(
            [series(1, 2, 3, 4, samples=[sample(1), sample(0, 2.0)]), GOOD[1]],
            204,  # 400 there
            (3, 8, 2),
            "",
            id="samples out of order go on",
        ),
        pytest.param(
            [series(1, 2, 3, 4, samples=[sample(1), sample(1)]), GOOD[1]],
            204,  # 400 there
            (3, 8, 2),
            "",
            id="a sample twice goes on",
        ),
        pytest.param(
            [
                series(1, 2, 3, 4, histograms=[*GOOD[0]["histograms"], at(FLOAT, 1)]),
                GOOD[1],
            ],
            204,  # 400 there
            (2, 9, 2),
            "",
            id="histograms out of order go on",
        ),
        pytest.param(
            [
                series(1, 2, 3, 4, histograms=[*GOOD[0]["histograms"], at(FLOAT, 4)]),
                GOOD[1],
            ],
            204,  # 400 there
            (2, 9, 2),
            "",
            id="a histogram twice goes on",
        ),
    ],
)
async def test_partial_writes_of_version_two(
    rows: list[dict[str, Any]], status: int, counts: tuple[int, ...], why: str
) -> None:
    answer, sink = await write(packed(rows), {"content-type": TYPE_2, **SNAPPY})
    assert (answer.status_code, written(answer)) == (status, counts), answer.text
    assert why in answer.text
    assert sum(len(batch) for batch in sink.batches) == counts[0] + counts[1]


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        pytest.param({"samples": [sample(-NOW_MS)]}, True, id="a sample of 1970 goes on"),
        pytest.param(
            {"samples": [{"value": 1, "timestamp": 2**63 - 1}]}, False, id="one beyond all time"
        ),
        pytest.param({"histograms": [at(NATIVE, -NOW_MS)]}, True, id="a histogram of 1970 goes on"),
        pytest.param(
            {"histograms": [{**NATIVE, "timestamp": 2**63 - 1}]},
            False,
            id="a histogram beyond all time",
        ),
    ],
)
async def test_times_of_version_one(row: dict[str, Any], taken: bool) -> None:
    """400 for all of them there; here what cannot be a time is left out and counted."""
    answer, sink = await write(packed_1(row), {"content-type": TYPE_1, **SNAPPY})
    assert answer.status_code == 204
    assert bool(sink.batches) is taken


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(
            {**NATIVE, "zero_count_int": 1, "count_int": 10},
            "its buckets hold 4 observations, its count is 10",
            id="a count that does not match",
        ),
        pytest.param(
            {
                "schema": -53,
                "count_int": 10,
                "sum": 20,
                "zero_count_int": 1,
                "positive_spans": [{"offset": 0, "length": 1}],
                "positive_deltas": [10],
                "custom_values": [1.0],
            },
            "there is no zero bucket",
            id="custom buckets with a zero count",
        ),
    ],
)
async def test_histograms_are_validated(told: dict[str, Any], why: str) -> None:
    rows = [{"labels_refs": [1, 2], "histograms": [at(told, 1)]}]
    answer, sink = await write(packed(rows), {"content-type": TYPE_2, **SNAPPY})
    assert (answer.status_code, written(answer)) == (400, (0, 0, 0))
    assert why in answer.text
    assert not sink.batches


def only_histogram(batches: list[Batch]) -> Histogram:
    (batch,) = batches
    assert batch.histograms is not None
    return batch.histograms[0]


@pytest.mark.parametrize("version", [1, 2])
async def test_a_schema_that_is_too_fine_is_made_coarser(version: int) -> None:
    told = {
        "schema": 10,
        "count_int": 5,
        "positive_spans": [{"offset": -1, "length": 2}],
        "positive_deltas": [1, 2],
        "negative_spans": [{"offset": 0, "length": 1}],
        "negative_deltas": [1],
        "timestamp": NOW_MS,
    }
    rows = [{"labels_refs": [1, 2], "histograms": [told]}]
    body = packed(rows) if version == 2 else packed_1({"histograms": [told]})
    content_type = TYPE_2 if version == 2 else TYPE_1
    answer, sink = await write(body, {"content-type": content_type, **SNAPPY})
    assert answer.status_code == 204
    got = only_histogram(sink.batches)
    assert (got.schema, got.positive_buckets, got.negative_buckets) == (8, (4,), (1,))
    assert [(one.offset, one.length) for one in got.positive_spans] == [(0, 1)]
    assert [(one.offset, one.length) for one in got.negative_spans] == [(0, 1)]
