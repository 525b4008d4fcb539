"""Every push protocol's answers: what is taken, what is refused, and how it is worded."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import snappy
import zstandard
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from trio.testing import MockClock

from pushqueue.overload import Refusal
from receivers.remote_write_v2 import PROTO_2
from tests.pushqueue import protos_v2
from tests.receivers.otlp.requests import as_json, gauge, point, request_of, total
from tests.receivers.test_remote_write_receive import message_of, series
from tests.web.push.pushing import MIB, KeptSink, intake
from tests.web.snapshots import target, views
from web.app import create_app
from web.push.grpc import EXPORT
from web.push.intake import Intake
from web.push.listener import Credentials, create_otlp_app

GOOD = request_of(gauge("a", point(asInt="1")))
MIXED = request_of(gauge("a", point(asInt="1")), total("bad", point(asInt="1"), temporality=1))
BODY = GOOD.SerializeToString()
PROTO = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
GZIP = {**PROTO, "content-encoding": "gzip"}
WRITE = {**PROTO, "content-encoding": "snappy"}


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@asynccontextmanager
async def asking(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, client=("10.0.0.9", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent:8429") as session:
        yield session


def agent(taking: Intake) -> Any:
    return create_app(views(target()), intake=taking)


@pytest.mark.parametrize("own", [False, True], ids=["main listener", "own listener"])
@pytest.mark.parametrize(
    "path", ["/v1/metrics", "/opentelemetry/v1/metrics", "/opentelemetry/api/v1/push"]
)
@pytest.mark.parametrize(
    ("headers", "content", "answered"),
    [
        pytest.param(PROTO, BODY, b"", id="protobuf"),
        pytest.param(JSON, json.dumps(as_json(GOOD)).encode(), b"{}", id="JSON"),
        pytest.param({**PROTO, "content-encoding": "gzip"}, gzip.compress(BODY), b"", id="gzip"),
        pytest.param(
            {**PROTO, "content-encoding": "zstd"},
            zstandard.ZstdCompressor().compress(BODY),
            b"",
            id="zstd",
        ),
    ],
)
async def test_otlp_is_taken(
    path: str, headers: dict[str, str], content: bytes, answered: bytes, own: bool
) -> None:
    sink = KeptSink()
    taking = intake(sink)
    app = create_otlp_app(taking, Credentials()) if own else agent(taking)
    async with asking(app) as session:
        answer = await session.post(path, content=content, headers=headers)
    assert (answer.status_code, answer.content) == (200, answered)
    assert answer.headers["content-type"] == headers["content-type"]
    assert sink.series() == ['a{job="shop"}']
    assert taking.counts.statistics().rows == {"opentelemetry": 1}


async def test_an_empty_request_is_fine() -> None:
    async with asking(agent(intake())) as session:
        answer = await session.post("/v1/metrics", content=b"", headers=PROTO)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_partial_success_counts_and_names() -> None:
    sink = KeptSink()
    async with asking(agent(intake(sink))) as session:
        by_proto = await session.post(
            "/v1/metrics", content=MIXED.SerializeToString(), headers=PROTO
        )
        by_json = await session.post("/v1/metrics", json=as_json(MIXED))
    told = ExportMetricsServiceResponse.FromString(by_proto.content).partial_success
    assert told.rejected_data_points == 1
    assert "bad: its temporality is delta" in told.error_message
    assert by_json.json()["partialSuccess"]["rejectedDataPoints"] == "1"
    assert sink.series() == ['a{job="shop"}'] * 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"content": b"\xff\xff"}, 400, id="no protobuf"),
        pytest.param({"content": b"{", "headers": JSON}, 400, id="no JSON"),
        pytest.param({"headers": {"content-type": "text/plain"}}, 415, id="another type"),
        pytest.param({"headers": {**PROTO, "content-encoding": "br"}}, 415, id="another encoding"),
        pytest.param({"headers": GZIP}, 400, id="no gzip"),
        pytest.param({"content": bytes(MIB + 1)}, 413, id="too large"),
        pytest.param(
            {
                "content": gzip.compress(bytes(2 * MIB)),
                "headers": GZIP,
            },
            413,
            id="too large when it is open",
        ),
        pytest.param({"method": "GET"}, 405, id="another method"),
        pytest.param({"params": {"extra_label": "x"}}, 400, id="a bad extra label"),
    ],
)
async def test_otlp_is_refused(change: dict[str, Any], status: int) -> None:
    sink = KeptSink()
    wanted = {"method": "POST", "content": BODY, "headers": PROTO, **change}
    async with asking(agent(intake(sink))) as session:
        answer = await session.request(url="/v1/metrics", **wanted)
    assert answer.status_code == status
    assert not sink.batches
    if status in (400, 413):
        if wanted["headers"] is JSON:
            assert answer.json()["code"] == 3
        else:
            assert answer.content.startswith(b"\x08")  # google.rpc.Status.code


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("path", ["/v1/metrics", "/api/v1/write"])
async def test_full_is_told_with_a_time(path: str, status: int) -> None:
    sink = KeptSink(full=Refusal(status, "memory is full"))
    async with asking(agent(intake(sink))) as session:
        answer = await session.post(path, content=BODY, headers=PROTO)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "5")
    assert b"memory is full" in answer.content


@pytest.mark.parametrize(
    ("is_safe", "status"),
    [
        pytest.param(True, 200, id="on the disk"),
        pytest.param(False, 503, id="the disk fails"),
    ],
)
async def test_durable_acknowledgement(is_safe: bool, status: int) -> None:
    taking = intake(KeptSink(is_safe=is_safe), is_durable=True)
    async with asking(agent(taking)) as session:
        answer = await session.post("/v1/metrics", content=BODY, headers=PROTO)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    ["/api/v1/write", "/api/v1/push", "/api/v1/receive", "/prometheus/api/v1/write"],
)
async def test_remote_write_is_taken(path: str) -> None:
    sink = KeptSink()
    body = snappy.compress(message_of(series("up", 1.0)))
    async with asking(agent(intake(sink))) as session:
        answer = await session.post(
            path, content=body, headers=WRITE, params={"extra_label": "site=x"}
        )
        asked = await session.get(path, params={"get_vm_proto_version": "1"})
        nothing = await session.get(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (asked.status_code, asked.text, nothing.status_code) == (200, "1", 405)
    assert sink.series() == ['up{site="x"}']


@pytest.mark.parametrize(
    ("references", "status", "written"),
    [
        pytest.param([[1, 2]], 204, "1", id="taken"),
        pytest.param([[1, 2], [4, 5]], 400, "1", id="one without a name: the other is written"),
        pytest.param([[4, 5]], 400, "0", id="nothing written"),
    ],
)
async def test_version_two_tells_what_was_written(
    references: list[list[int]], status: int, written: str
) -> None:
    body = protos_v2.Request(
        symbols=["", "__name__", "up", "x", "job", "j"],
        timeseries=[
            {"labels_refs": one, "samples": [{"value": 1.0, "timestamp": 1_795_500_000_000}]}
            for one in references
        ],
    ).SerializeToString()
    headers = {**WRITE, "content-type": f"application/x-protobuf;proto={PROTO_2}"}
    async with asking(agent(intake())) as session:
        answer = await session.post("/api/v1/write", content=snappy.compress(body), headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-Prometheus-Remote-Write-Samples-Written"] == written
    assert answer.headers["X-Prometheus-Remote-Write-Histograms-Written"] == "0"
    assert answer.headers["X-Prometheus-Remote-Write-Exemplars-Written"] == "0"


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        pytest.param({**WRITE, "content-type": "text/plain"}, b"", 415, id="another type"),
        pytest.param(
            {**WRITE, "content-type": "application/x-protobuf;proto=x.Y"}, b"", 415, id="a message"
        ),
        pytest.param({**WRITE, "content-encoding": "br"}, b"", 415, id="another encoding"),
        pytest.param(WRITE, b"\xff\xff", 400, id="no snappy"),
        pytest.param(WRITE, snappy.compress(b"\xff\xff"), 400, id="no protobuf"),
        pytest.param(WRITE, snappy.compress(bytes(2 * MIB)), 413, id="too large when it is open"),
    ],
)
async def test_remote_write_is_refused(
    headers: dict[str, str], content: bytes, status: int
) -> None:
    taking = intake()
    async with asking(agent(taking)) as session:
        answer = await session.post("/api/v1/write", content=content, headers=headers)
    assert answer.status_code == status
    assert sum(taking.counts.statistics().refused.values()) == 1


def framed(message: bytes, flag: int = 0) -> bytes:
    return bytes([flag]) + len(message).to_bytes(4, "big") + message


async def call(app: Any, body: bytes, *, path: str = EXPORT, **more: str) -> dict[bytes, bytes]:
    """A gRPC call over ASGI: all headers and trailers of the answer."""
    sent: list[Any] = []
    headers = [(b"content-type", b"application/grpc")]
    headers += [(name.replace("_", "-").encode(), text.encode()) for name, text in more.items()]
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": headers,
        "query_string": b"",
        "server": ("127.0.0.1", 4317),
        "scheme": "http",
    }
    await app(scope, receive, send)
    return {name: value for message in sent for name, value in message.get("headers", [])}


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        pytest.param(framed(BODY), {}, b"0", id="a plain message"),
        pytest.param(
            framed(gzip.compress(BODY), 1), {"grpc_encoding": "gzip"}, b"0", id="a compressed one"
        ),
        pytest.param(framed(BODY), {"grpc_encoding": "gzip"}, b"0", id="compression not used"),
        pytest.param(b"", {}, b"3", id="nothing"),
        pytest.param(framed(BODY)[:-1], {}, b"3", id="cut"),
        pytest.param(framed(BODY) * 2, {}, b"3", id="two messages"),
        pytest.param(framed(BODY, 7), {}, b"3", id="a flag that is none"),
        pytest.param(framed(b"\xff"), {}, b"3", id="no protobuf"),
        pytest.param(framed(BODY, 1), {"grpc_encoding": "br"}, b"12", id="another encoding"),
        pytest.param(framed(bytes(MIB + 100)), {}, b"8", id="too large"),
        pytest.param(framed(BODY), {"path": "/other"}, b"12", id="another method"),
    ],
)
async def test_grpc(body: bytes, more: dict[str, str], status: bytes) -> None:
    sink = KeptSink()
    told = await call(create_otlp_app(intake(sink), Credentials()), body, **more)
    assert told[b"grpc-status"] == status
    assert bool(sink.batches) is (status == b"0")


async def test_grpc_says_when_to_come_back() -> None:
    sink = KeptSink(full=Refusal(503, "memory is full"))
    told = await call(create_otlp_app(intake(sink), Credentials()), framed(BODY))
    assert told[b"grpc-status"] == b"14"
    assert b"grpc-status-details-bin" in told


async def has_password(user: str, password: str) -> bool:
    return (user, password) == ("u", "p")


@pytest.mark.parametrize(
    ("header", "may_enter"),
    [
        pytest.param({}, False, id="nothing shown"),
        pytest.param({"authorization": "Bearer t"}, True, id="the token"),
        pytest.param({"authorization": "Bearer x"}, False, id="another token"),
        pytest.param({"authorization": "Basic dTpw"}, True, id="the password"),
        pytest.param({"authorization": "Basic dTpx"}, False, id="another password"),
    ],
)
async def test_own_listeners_ask(header: dict[str, str], may_enter: bool) -> None:
    app = create_otlp_app(intake(), Credentials(basic=has_password, bearer="t".__eq__))
    told = await call(app, framed(BODY), **header)
    assert told[b"grpc-status"] == (b"0" if may_enter else b"16")
    async with asking(app) as session:
        answer = await session.post("/v1/metrics", content=BODY, headers={**PROTO, **header})
    assert answer.status_code == (200 if may_enter else 401)
