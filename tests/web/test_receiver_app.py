from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import attrs
import httpx
import pytest
import snappy
import trio
import trio.testing
import zstandard
from trio.testing import MockClock

from pushqueue.dialect import Written
from receivers.arrivals import ArrivalBook
from receivers.remote_write_v2 import PROTO_2
from receivers.window import Window
from tests.pushqueue import protos_v2
from tests.receivers import protos
from tests.web.snapshots import NOW_MS
from web.receiver_app import MAX_WRITERS, PATHS, create_receiver_app

PROTOBUF = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
WIRE: bytes = protos.WriteRequest(
    timeseries=[
        {
            "labels": [{"name": "__name__", "value": "up"}],
            "samples": [{"value": 1, "timestamp": NOW_MS}],
        }
    ]
).SerializeToString()


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@attrs.frozen
class Receiver:
    session: httpx.AsyncClient
    window: Window
    book: ArrivalBook


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    window, book = Window(), ArrivalBook()
    app = create_receiver_app(window, book, wall_s=lambda: NOW_MS / 1000)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as session:
        session.headers = httpx.Headers({"user-agent": "sender/1.0"})
        yield Receiver(session, window, book)


@pytest.mark.parametrize("path", PATHS)
async def test_remote_write_is_taken(path: str) -> None:
    async with receiving() as receiver:
        answer = await receiver.session.post(path, content=snappy.compress(WIRE), headers=PROTOBUF)
        assert (answer.status_code, answer.content) == (204, b"")
        assert [series.text for series in receiver.window.find()] == ["up"]
        (counted,) = receiver.book.take().items()
    sender, arrivals = counted
    assert sender == "sender/1.0 at 127.0.0.1"
    assert (arrivals.requests, arrivals.samples, len(arrivals.series)) == (1, 1, 1)
    assert arrivals.wire_bytes == len(snappy.compress(WIRE))
    assert arrivals.decoded_bytes == len(WIRE)


async def test_2_0_is_told_what_was_written() -> None:
    series = {
        "labels_refs": [1, 2],
        "samples": [{"value": 1, "timestamp": NOW_MS}],
        "exemplars": [{"labels_refs": [1, 2], "timestamp": NOW_MS}],
    }
    request = protos_v2.Request(symbols=["", "__name__", "up"], timeseries=[series])
    headers = PROTOBUF | {"content-type": f"application/x-protobuf;proto={PROTO_2}"}
    async with receiving() as receiver:
        body = snappy.compress(request.SerializeToString())
        answer = await receiver.session.post(PATHS[0], content=body, headers=headers)
        assert answer.status_code == 204
        assert Written.of(answer.headers.get) == Written(1, 0, 1)
        assert [series.text for series in receiver.window.find()] == ["up"]


async def test_who_asks_for_zstd_is_told_yes() -> None:
    async with receiving() as receiver:
        answer = await receiver.session.get(f"{PATHS[0]}?get_vm_proto_version=1")
        assert (answer.status_code, answer.text) == (200, "1")


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        pytest.param(b"", PROTOBUF, 400, "snappy:", id="nothing"),
        pytest.param(b"garbage", PROTOBUF, 400, "snappy:", id="garbage"),
        pytest.param(snappy.compress(b"\x0f"), PROTOBUF, 400, "protobuf:", id="no protobuf"),
        pytest.param(b"{}", {"content-type": "application/json"}, 415, "content_type:", id="JSON"),
        pytest.param(
            b"x", {**PROTOBUF, "content-encoding": "gzip"}, 415, "content_encoding:", id="gzip"
        ),
        pytest.param(
            zstandard.compress(bytes(40 << 20)),
            {**PROTOBUF, "content-encoding": "zstd"},
            413,
            "too_large:",
            id="a bomb",
        ),
        pytest.param(
            b"x", {**PROTOBUF, "content-length": str(1 << 40)}, 413, "larger than", id="a huge one"
        ),
    ],
)
async def test_what_is_refused_says_why(
    body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    async with receiving() as receiver:
        answer = await receiver.session.post(PATHS[0], content=body, headers=headers)
        assert answer.status_code == status
        assert answer.text.startswith(reason) or reason in answer.text
        (arrivals,) = receiver.book.take().values()
    assert arrivals.refused == 1
    assert str(status) in arrivals.last_refusal


async def test_a_refused_request_leaves_nothing_behind() -> None:
    half = snappy.compress(WIRE + b"\x0a\xff")
    async with receiving() as receiver:
        assert (await receiver.session.post(PATHS[0], content=half, headers=PROTOBUF)).is_error
        assert receiver.window.statistics().samples_total == 0


async def test_too_many_senders_at_once_are_told_to_come_again(
    clock: MockClock,
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"x"
        await trio.sleep(1000)

    async with receiving() as receiver, trio.open_nursery() as nursery:
        for _ in range(MAX_WRITERS):
            nursery.start_soon(partial(receiver.session.post, PATHS[0], content=never()))
        await trio.testing.wait_all_tasks_blocked()
        answer = await receiver.session.post(PATHS[0], content=b"", headers=PROTOBUF)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        await trio.sleep(40)  # the slow ones are sent away
        content = snappy.compress(WIRE)
        answer = await receiver.session.post(PATHS[0], content=content, headers=PROTOBUF)
        assert answer.status_code == 204
        nursery.cancel_scope.cancel()


async def test_a_senders_name_stays_on_its_line() -> None:
    async with receiving() as receiver:
        headers = [*PROTOBUF.items(), (b"user-agent", b"evil\x1b[2J" + b"x" * 500)]
        request = receiver.session.build_request("POST", PATHS[0], content=b"", headers=headers)  # type: ignore[arg-type]
        await receiver.session.send(request)
        (sender,) = receiver.book.take()
    assert sender.isprintable()
    assert len(sender) < 100


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        pytest.param("/", 200, "Series that arrived", id="the page"),
        pytest.param("/?q=zzz", 200, "No series matches", id="a search without result"),
        pytest.param("/api/v1/series?q=UP", 200, '"last_value": "1"', id="JSON"),
        pytest.param("/api/v1/series?limit=0", 200, '"data":[]', id="JSON, nothing wanted"),
        pytest.param("/api/v1/series?limit=x", 400, "limit is a number", id="JSON, bad limit"),
        pytest.param("/metrics", 200, "promferry_receive_samples_total 1\n", id="metrics"),
        pytest.param("/-/healthy", 200, "healthy", id="health"),
        pytest.param("/api/v1/write", 405, "POST remote write here", id="GET where POST is meant"),
        pytest.param("/nix", 404, "/api/v1/write", id="something else"),
    ],
)
async def test_looking_at_what_arrived(path: str, status: int, text: str) -> None:
    async with receiving() as receiver:
        await receiver.session.post(PATHS[0], content=snappy.compress(WIRE), headers=PROTOBUF)
        answer = await receiver.session.get(path)
    assert answer.status_code == status
    assert text in answer.text
