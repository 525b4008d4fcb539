"""HTTP/2 clients that leave their calls half done: none of them may hold a connection for ever."""

import pytest
import trio
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    PingAckReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings
from trio.testing import MockClock

from tests.web.clients import Client, answer, connected, greet
from web.asgi import Receive, Scope, Send
from web.limits import ServerLimits

Headers = list[tuple[str, str]]
HEADERS: Headers = [(":method", "POST"), (":path", "/p"), (":scheme", "http"), (":authority", "a")]
LIMITS = ServerLimits(idle_timeout_s=60, write_timeout_s=30)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Caller:
    """An HTTP/2 client at its end of a connection."""

    def __init__(self, client: Client, window: int | None = None) -> None:
        self._client = client
        self.h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        if window is not None:
            told = {SettingCodes.INITIAL_WINDOW_SIZE: window}
            self.h2.local_settings = Settings(client=True, initial_values=told)
        self.h2.initiate_connection()

    async def send(self) -> None:
        await self._client.send(self.h2.data_to_send())

    async def call(
        self, body: bytes = b"", *, is_whole: bool = True, headers: Headers = HEADERS
    ) -> int:
        stream: int = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, headers)
        self.h2.send_data(stream, body, end_stream=is_whole)
        await self.send()
        return stream

    async def read_until_closed(self) -> list[Event]:
        return self.h2.receive_data(await self._client.read_all())


async def wait_for_body(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def test_a_call_that_was_reset_leaves_an_idle_connection(clock: MockClock) -> None:
    async with connected(wait_for_body, LIMITS, http2=True) as client:
        caller = Caller(client)
        stream = await caller.call(b"half", is_whole=False)
        await trio.sleep(5)
        caller.h2.reset_stream(stream)
        await caller.send()
        started = trio.current_time()
        await caller.read_until_closed()
        assert trio.current_time() - started == pytest.approx(60)


async def test_a_client_that_opens_no_window_is_given_up(clock: MockClock) -> None:
    async with connected(greet, LIMITS, http2=True) as client:
        caller = Caller(client, window=0)
        await caller.call()
        started = trio.current_time()
        events = await caller.read_until_closed()
        assert trio.current_time() - started <= 2 * LIMITS.write_timeout_s
        assert client.connection.timed_out_writing
    assert not any(isinstance(event, DataReceived) for event in events)


async def test_others_on_the_connection_go_on_when_one_call_is_reset(clock: MockClock) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await trio.sleep(20)
        await answer(send, b"late")

    async with connected(slow, LIMITS, http2=True) as client:
        caller = Caller(client)
        first, second = await caller.call(), await caller.call()
        caller.h2.reset_stream(first)
        await caller.send()
        ended = {
            e.stream_id for e in await caller.read_until_closed() if isinstance(e, StreamEnded)
        }
        assert ended == {second}


async def test_an_answer_before_the_body_ends_harms_nobody(clock: MockClock) -> None:
    async with connected(greet, LIMITS, http2=True) as client:
        caller = Caller(client)
        stream = await caller.call(b"half", is_whole=False)
        await trio.sleep(1)
        for _ in range(3):  # what is still under way when the answer comes
            caller.h2.send_data(stream, b"more")
            await caller.send()
            await trio.sleep(1)
        other = await caller.call()
        events = await caller.read_until_closed()
        answered = {e.stream_id for e in events if isinstance(e, ResponseReceived)}
        assert answered == {stream, other}


async def test_pings_are_answered_and_keep_no_idle_connection(clock: MockClock) -> None:
    async with connected(greet, LIMITS, http2=True) as client:
        caller = Caller(client)
        await caller.call()
        for _ in range(4):
            await trio.sleep(10)
            caller.h2.ping(b"12345678")
            await caller.send()
        started = trio.current_time()
        events = await caller.read_until_closed()
        assert trio.current_time() - started == pytest.approx(20)
    assert sum(isinstance(event, PingAckReceived) for event in events) == 4


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(":method", "PÖST"), *HEADERS[1:]], id="a method that is not ASCII"),
        pytest.param([HEADERS[0], (":path", "/ö"), *HEADERS[2:]], id="a path that is not ASCII"),
        pytest.param([(":method", "CONNECT"), HEADERS[3]], id="CONNECT"),
    ],
)
async def test_a_call_that_cannot_be_read_costs_itself_alone(
    clock: MockClock, headers: Headers
) -> None:
    async with connected(greet, LIMITS, http2=True) as client:
        caller = Caller(client)
        bad, good = await caller.call(headers=headers), await caller.call()
        events = await caller.read_until_closed()
    assert {e.stream_id for e in events if isinstance(e, StreamReset)} == {bad}
    assert {e.stream_id for e in events if isinstance(e, StreamEnded)} == {good}
