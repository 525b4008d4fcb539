import contextlib
import logging

import pytest
import trio
from trio.testing import MockClock

from tests.web.clients import GET, answer, connected, greet
from web.asgi import Receive, Scope, Send
from web.limits import ServerLimits


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_requests_follow_one_another_on_a_connection(clock: MockClock) -> None:
    async with connected(greet) as client:
        for _ in range(3):
            await client.send(GET)
            got = await client.read_until(b"hello /path")
            assert got.startswith(b"HTTP/1.1 200 ")
        assert client.connection.requests == 3


async def test_no_header_tells_what_we_are(clock: MockClock) -> None:
    async with connected(greet) as client:
        await client.send(GET)
        got = await client.read_until(b"hello /path")
    names = [line.partition(b":")[0].lower() for line in got.splitlines()[1:-2]]
    assert names == [b"content-length", b"date"]


async def test_requests_sent_in_one_go_are_answered_in_order(clock: MockClock) -> None:
    async with connected(greet) as client:
        await client.send(GET + GET.replace(b"path", b"next"))
        got = await client.read_until(b"hello /next")
        assert got.count(b"200") == 2
        assert got.index(b"hello /path") < got.index(b"hello /next")


async def test_a_half_closed_client_gets_its_answer(clock: MockClock) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await trio.sleep(20)
        await answer(send, b"late")

    async with connected(slow) as client:
        await client.send(GET)
        await client.stream.send_eof()
        assert (await client.read_all()).endswith(b"late")


async def test_an_offered_upgrade_to_http2_is_not_taken(clock: MockClock) -> None:
    upgrade = b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA\r\n\r\n"
    async with connected(greet) as client:
        await client.send(GET[:-2] + upgrade)
        assert (await client.read_until(b"hello /path")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00" * 20 + b"\r\n\r\n", 400, id="TLS on plain"),
        pytest.param(b"GET /\r\n\r\n", 400, id="no version"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, id="two hosts"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400, id="a bad length"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000, 431, id="a head without end"
        ),
        pytest.param(b"x" * 100_000, 431, id="100 kB without a line end"),
    ],
)
async def test_garbage_is_answered_and_the_connection_closed(
    clock: MockClock, sent: bytes, status: int
) -> None:
    async with connected(greet) as client:
        await client.send(sent)
        got = await client.read_all()
    assert got.startswith(b"HTTP/1.1 %d " % status)
    assert got.count(b"HTTP/1.1") == 1


async def test_garbage_behind_a_request_ends_the_connection_after_its_answer(
    clock: MockClock,
) -> None:
    async with connected(greet) as client:
        await client.send(GET + b"\x00\x01\r\n\r\n")
        got = await client.read_all()
    assert b"hello /path" in got
    assert b"HTTP/1.1 400 " in got


async def test_a_head_that_comes_too_slowly_ends_the_connection(clock: MockClock) -> None:
    async with connected(greet, ServerLimits(idle_timeout_s=60)) as client:
        started = trio.current_time()
        with contextlib.suppress(trio.BrokenResourceError):
            for byte in GET:
                await client.send(bytes([byte]))
                await trio.sleep(10)
        assert trio.current_time() - started <= 70
        assert client.connection.requests == 0


async def test_an_idle_connection_is_closed(clock: MockClock) -> None:
    async with connected(greet, ServerLimits(idle_timeout_s=60)) as client:
        await client.send(GET)
        await client.read_until(b"hello /path")
        answered = trio.current_time()
        assert await client.read_all() == b""
        assert trio.current_time() - answered == pytest.approx(60)


async def test_a_long_answer_is_not_idle(clock: MockClock) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await trio.sleep(3600)
        await answer(send, b"at last")

    async with connected(slow, ServerLimits(idle_timeout_s=60)) as client:
        await client.send(GET)
        assert (await client.read_until(b"at last")).startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_stops_reading_is_cut(clock: MockClock) -> None:
    ended: list[float] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:  # as a stream of events does that never looks whether anybody listens
                await send({"type": "http.response.body", "body": b"x" * 99, "more_body": True})
        finally:
            ended.append(trio.current_time())

    async with connected(endless, ServerLimits(write_timeout_s=30), lockstep=True) as client:
        started = trio.current_time()
        await client.send(GET)
        await client.stream.receive_some(10)
        await trio.sleep(100)
        assert client.connection.timed_out_writing
        assert ended[0] - started <= 31


async def test_a_slow_reader_is_served_while_it_reads(clock: MockClock) -> None:
    async def big(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"x" * 100_000)

    limits = ServerLimits(write_timeout_s=30, write_piece_bytes=1000)
    async with connected(big, limits, lockstep=True) as client:
        await client.send(GET)
        got = 0
        while got < 100_000:
            got += len(await client.stream.receive_some(1000))
            await trio.sleep(20)
        assert trio.current_time() > 1000
        assert not client.connection.timed_out_writing


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Length: 1000000\r\n\r\n", id="of announced length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nF4240\r\n", id="in chunks"),
    ],
)
async def test_an_unread_body_neither_hangs_nor_hides_the_answer(
    clock: MockClock, head: bytes
) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"no", 413)

    async with connected(refuse, ServerLimits(linger_s=1)) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"x" * 50_000)
        assert (await client.read_all()).startswith(b"HTTP/1.1 413 ")
        answered = trio.current_time()
        with contextlib.suppress(trio.BrokenResourceError):
            while True:  # the server listens on for a while, so that its answer is not lost
                await client.send(b"x" * 1000)
                await trio.sleep(0.1)
        assert 0.9 <= trio.current_time() - answered <= 1.2


async def test_a_body_larger_than_the_inbox_waits_for_the_application(clock: MockClock) -> None:
    sizes: list[int] = []

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            await trio.sleep(1)
            message = await receive()
            sizes.append(len(message.get("body", b"")))
            more = message.get("more_body", False)
        await answer(send, str(sum(sizes)).encode())

    async with connected(count) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        await client.send(b"x" * 500_000)
        await client.read_until(b"500000")
    assert len(sizes) > 4


async def test_the_application_learns_that_its_client_has_gone(clock: MockClock) -> None:
    seen: list[str] = []

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        while "http.disconnect" not in seen[-1:]:
            seen.append((await receive())["type"])

    async with connected(wait) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        await trio.sleep(1)
    assert seen == ["http.request", "http.disconnect"]


async def test_a_failing_application_is_answered_500_and_logged(
    clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with connected(fail) as client:
        await client.send(GET)
        assert (await client.read_all()).startswith(b"HTTP/1.1 500 ")
    assert "a page failed: GET /path" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_failure_after_the_answer_began_cuts_it(
    clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        raise ZeroDivisionError

    async with connected(fail) as client:
        await client.send(GET)
        assert (await client.read_all()).endswith(b"abc")
    assert "a page failed" in caplog.text


async def test_cancelling_ends_a_connection_whose_client_does_not_read(clock: MockClock) -> None:
    async def big(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"x" * 1_000_000)

    with trio.move_on_after(5):
        async with connected(big, lockstep=True) as client:
            await client.send(GET)
            await client.stream.receive_some(10)
            await trio.sleep_forever()
    assert trio.current_time() == pytest.approx(5)
