"""The client against hostile servers over real sockets, all at once, a thousand rounds.

What must be left behind: nothing, neither descriptors nor tasks nor memory. The mock-clock twin
is tests/transport/test_hostile.py, which checks words and time.
"""

import gc
import os
import resource

import pytest
import trio

from tests import hostile_server
from tests.hostile_server import CASES, Case
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings
from transport.tls import TlsContexts

ROUNDS = 1000 // len(CASES) + 1
# Cases that end by their deadline would take for ever with an honest one.
SHORT_TIMEOUT_S = 0.05
LONG_TIMEOUT_S = 30.0


def new_client(port: int) -> Client:
    return Client(
        f"http://127.0.0.1:{port}/metrics",
        HttpSettings(),
        contexts=TlsContexts(),
        user_agent="test",
        max_header_bytes=hostile_server.MAX_HEADER_BYTES,
    )


async def outcome(client: Client, timeout_s: float) -> str | None:
    """The kind of the failure; None for the page."""
    try:
        response = await client.request(
            "GET", timeout_s=timeout_s, max_body_bytes=hostile_server.MAX_BODY_BYTES
        )
    except TransportError as exc:
        return exc.kind
    assert response.body == hostile_server.PAGE
    return None


async def try_case(name: str, case: Case, wrong: list[str]) -> None:
    timeout_s = SHORT_TIMEOUT_S if case.kind == "timeout" else LONG_TIMEOUT_S
    async with trio.open_nursery() as server:
        client = new_client(await hostile_server.listen(case.behaviour, server))
        for _ in range(ROUNDS):
            kind = await outcome(client, timeout_s)
            if kind != case.kind:
                wrong.append(f"{name}: {kind} instead of {case.kind}")
        await client.aclose()
        server.cancel_scope.cancel()


async def try_all_at_once() -> list[str]:
    wrong: list[str] = []
    async with trio.open_nursery() as nursery:
        for name, case in CASES.items():
            nursery.start_soon(try_case, name, case, wrong)
    return wrong


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_thousand_rounds_leave_nothing_behind() -> None:
    trio.run(try_all_at_once)  # what is loaded once is loaded
    gc.collect()
    before, peak_before = descriptors(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert trio.run(try_all_at_once) == []
    assert descriptors() == before
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before
    assert grown_kib < 8 * 1024


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(hostile_server.once(hostile_server.page()), id="closed while idle"),
        pytest.param(
            hostile_server.answering(hostile_server.page() + b"\r\ngarbage"), id="garbage behind it"
        ),
    ],
)
async def test_an_idle_connection_that_went_bad_is_noticed_before_it_is_used(
    behaviour: hostile_server.Behaviour,
) -> None:
    async with trio.open_nursery() as server:
        client = new_client(await hostile_server.listen(behaviour, server))
        for _ in range(5):
            assert await outcome(client, LONG_TIMEOUT_S) is None
            await trio.sleep(0.02)
        assert client.statistics().connects == 5
        assert client.statistics().stale_retries == 0
        await client.aclose()
        server.cancel_scope.cancel()


async def test_garbage_that_comes_later_is_noticed_before_the_next_request() -> None:
    async def speak_unasked(stream: trio.abc.Stream) -> None:
        await hostile_server.read_request(stream)
        await stream.send_all(hostile_server.page())
        await trio.sleep(0.01)
        await stream.send_all(hostile_server.page(b"poison 1\n"))
        await trio.sleep_forever()

    async with trio.open_nursery() as server:
        client = new_client(await hostile_server.listen(speak_unasked, server))
        for _ in range(3):
            assert await outcome(client, LONG_TIMEOUT_S) is None
            await trio.sleep(0.05)
        await client.aclose()
        server.cancel_scope.cancel()


async def test_a_refusal_that_comes_before_all_is_sent_is_heard() -> None:
    async with trio.open_nursery() as server:
        client = new_client(await hostile_server.listen(hostile_server.refuse_early, server))
        heard: list[object] = []
        for _ in range(10):
            try:
                response = await client.request(
                    "POST",
                    body=bytes(30 * 2**20),
                    timeout_s=LONG_TIMEOUT_S,
                    max_body_bytes=1000,
                )
                heard.append(response.status)
            except TransportError as exc:
                heard.append(exc.kind)
        # The kernel may throw the answer away when the server resets the connection.
        assert set(heard) <= {413, "closed"}
        assert 413 in heard
        await client.aclose()
        server.cancel_scope.cancel()


async def test_a_unix_socket(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "exporter.sock")
    sock = trio.socket.socket(trio.socket.AF_UNIX)
    await sock.bind(path)
    sock.listen()
    behaviour = hostile_server.answering(hostile_server.page())

    async def handle(stream: trio.SocketStream) -> None:
        await hostile_server.serve_stream(behaviour, stream)

    async with trio.open_nursery() as server:
        server.start_soon(trio.serve_listeners, handle, [trio.SocketListener(sock)])
        client = Client(
            "http://exporter/metrics",
            HttpSettings(),
            contexts=TlsContexts(),
            user_agent="test",
            unix_socket=path,
        )
        assert await outcome(client, LONG_TIMEOUT_S) is None
        assert await outcome(client, LONG_TIMEOUT_S) is None
        assert client.statistics().connects == 1
        await client.aclose()
        server.cancel_scope.cancel()
