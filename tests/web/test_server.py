"""Real sockets on loopback; no clock here jumps, so the limits are short and nothing waits long."""

import re
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import trio

from tests.web.clients import GET, answer, greet
from web.asgi import AsgiApp, Receive, Scope, Send
from web.limits import ServerLimits
from web.listeners import ListenError
from web.server import Server

T = TypeVar("T")


async def at_once(function: Callable[[], T]) -> T:
    """Instead of a thread."""
    await trio.lowlevel.checkpoint()
    return function()


@asynccontextmanager
async def running(
    app: AsgiApp = greet,
    limits: ServerLimits | None = None,
    address: str = "127.0.0.1:0",
) -> AsyncIterator[tuple[Server, str]]:
    """A server that listens; it is cancelled at the end."""
    server = Server(lambda: app, addresses=[address], limits=limits, run_sync=at_once)
    async with trio.open_nursery() as nursery:
        (bound,) = await nursery.start(server.run)
        yield server, bound
        nursery.cancel_scope.cancel()


async def connect(bound: str) -> trio.SocketStream:
    if bound.startswith("unix:"):
        return await trio.open_unix_socket(bound.removeprefix("unix:"))
    host, _, port = bound.rpartition(":")
    return await trio.open_tcp_stream(host.strip("[]"), int(port), local_address=None)


async def ask(stream: trio.SocketStream, request: bytes = GET) -> bytes:
    """One answer, by its content-length."""
    await stream.send_all(request)
    got = bytearray()
    while not (found := re.search(rb"content-length: (\d+)\r\n.*?\r\n\r\n", got, re.S)):
        got += await _some(stream)
    while len(got) < found.end() + int(found[1]):
        got += await _some(stream)
    return bytes(got)


async def _some(stream: trio.SocketStream) -> bytes:
    piece = await stream.receive_some(65536)
    assert piece, "closed"
    return bytes(piece)


async def read_all(stream: trio.SocketStream) -> bytes:
    got = bytearray()
    with trio.fail_after(5):
        while piece := await stream.receive_some(65536):
            got += piece
    return bytes(got)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("127.0.0.1:0", r"127\.0\.0\.1:\d{2,}", id="IPv4"),
        pytest.param("localhost:0", r"localhost:\d{2,}", id="a name"),
        pytest.param(":0", r":\d{2,}", id="all interfaces"),
        pytest.param("[::1]:0", r"\[::1\]:\d{2,}", id="IPv6"),
    ],
)
async def test_an_address_is_listened_on(address: str, expected: str) -> None:
    if "::1" in address and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    async with running(address=address) as (_, bound):
        assert re.fullmatch(expected, bound)
        host = "127.0.0.1" if bound.startswith(":") else ""
        async with await connect(host + bound) as stream:
            assert (await ask(stream)).endswith(b"hello /path")


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_the_application_sees_both_ends_of_a_connection() -> None:
    async def who(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, f"{scope['client']} {scope['server']}".encode())

    async with running(who) as (_, bound), await connect(bound) as stream:
        got = await ask(stream)
        client = stream.socket.getsockname()
    assert f"('127.0.0.1', {client[1]}) ('127.0.0.1', {bound.rpartition(':')[2]})" in got.decode()


async def test_a_unix_socket_is_listened_on_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    async with running(address=f"unix:{path}") as (_, bound):
        assert bound == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o660
        async with await connect(bound) as stream:
            assert (await ask(stream)).endswith(b"hello /path")
    assert not path.exists()


async def test_the_socket_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with running(address=f"unix:{path}") as (_, bound), await connect(bound) as stream:
        assert (await ask(stream)).endswith(b"hello /path")


async def test_the_socket_of_a_living_process_is_not_taken(tmp_path: Path) -> None:
    address = f"unix:{tmp_path / 'web.sock'}"
    async with running(address=address) as (_, bound):
        with pytest.raises(ListenError, match="in use"):
            await Server(lambda: greet, addresses=[address]).run()
        async with await connect(bound) as stream:
            assert (await ask(stream)).endswith(b"hello /path")


async def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("x")
    with pytest.raises(ListenError, match="File exists"):
        await Server(lambda: greet, addresses=[f"unix:{path}"]).run()
    assert path.read_text() == "x"


async def test_a_port_in_use_is_told_in_one_line() -> None:
    async with running() as (_, bound):
        with pytest.raises(ListenError) as caught:
            await Server(lambda: greet, addresses=[bound]).run()
    assert str(caught.value) == (
        f"cannot listen on {bound}: Address already in use "
        "(is another agent running? Stop it or choose another address)"
    )


async def test_a_failed_address_closes_those_before_it() -> None:
    async with running() as (_, taken):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free = f"127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(ListenError):
            await Server(lambda: greet, addresses=[free, taken]).run()
        async with running(address=free):
            pass


async def test_the_web_part_is_loaded_by_the_first_question_in_a_thread() -> None:
    threads: list[str] = []

    def build() -> AsgiApp:
        threads.append(threading.current_thread().name)
        return greet

    server = Server(build, addresses=["127.0.0.1:0"])
    async with trio.open_nursery() as nursery:
        (bound,) = await nursery.start(server.run)
        silent = await connect(bound)
        await _until(lambda: server.statistics().connections_idle == 1)
        await (await connect(bound)).aclose()  # as who tries whether the port is open
        await _until(lambda: server.statistics().connections_total == 2)
        assert threads == []
        async with trio.open_nursery() as clients:
            for _ in range(5):
                clients.start_soon(_ask_once, bound)
        assert len(threads) == 1
        assert threads[0] != threading.main_thread().name
        assert (await ask(silent)).endswith(b"hello /path")
        await silent.aclose()
        nursery.cancel_scope.cancel()


async def _ask_once(bound: str) -> None:
    async with await connect(bound) as stream:
        assert (await ask(stream)).endswith(b"hello /path")


async def test_http2_is_spoken_where_it_is_asked_for() -> None:
    """Without TLS, by prior knowledge, as gRPC clients do."""
    server = Server(lambda: greet, addresses=["127.0.0.1:0"], http2=True, run_sync=at_once)
    async with trio.open_nursery() as nursery:
        (bound,) = await nursery.start(server.run)
        async with httpx.AsyncClient(http1=False, http2=True) as session:
            for _ in range(3):
                answer = await session.get(f"http://{bound}/path")
                assert (answer.http_version, answer.text) == ("HTTP/2", "hello /path")
        await _until(lambda: server.statistics().connections == 0)
        await _ask_once(bound)
        nursery.cancel_scope.cancel()


async def test_idle_connections_never_keep_anybody_out() -> None:
    async with running(limits=ServerLimits(max_connections=5)) as (server, bound):
        idle = [await connect(bound) for _ in range(5)]
        await _until(lambda: server.statistics().connections == 5)
        await idle[0].send_all(GET[:10])  # a slow head is idle as well
        for _ in range(20):
            await _ask_once(bound)
        statistics = server.statistics()
        assert statistics.connections <= 6
        assert statistics.refused_total == 0
        assert statistics.evicted_total >= 1
        assert statistics.requests_total == 20
        for stream in idle:
            await stream.aclose()


async def _until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(5):
        while not condition():  # noqa: ASYNC110 - the server has no event for this
            await trio.sleep(0.001)


async def test_when_all_connections_are_busy_the_next_gets_503() -> None:
    release = trio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await answer(send, b"done")

    async with running(wait, ServerLimits(max_connections=2)) as (server, bound):
        async with trio.open_nursery() as clients:
            for _ in range(2):
                stream = await connect(bound)
                clients.start_soon(_expect_done, stream)
            await _until(lambda: server.statistics().requests_total == 2)
            async with await connect(bound) as refused:
                got = await ask(refused)
            assert got.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 5" in got
            release.set()
        assert server.statistics().refused_total == 1


async def _expect_done(stream: trio.SocketStream) -> None:
    async with stream:
        assert (await ask(stream)).endswith(b"done")


async def test_a_flood_of_connections_costs_a_bounded_number_of_tasks() -> None:
    async with running(limits=ServerLimits(max_connections=50)) as (server, bound):
        streams = [await connect(bound) for _ in range(150)]
        await _until(lambda: server.statistics().connections_total == 150)
        # An evicted one is gone a turn of the loop after the one that took its place came.
        await _until(lambda: server.statistics().connections <= 51)
        await _ask_once(bound)
        for stream in streams:
            await stream.aclose()


async def test_stopping_lets_a_request_end_and_nobody_else_in() -> None:
    started = trio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        started.set()
        await trio.sleep(0.02)
        await answer(send, b"done")

    server = Server(lambda: slow, addresses=["127.0.0.1:0"], run_sync=at_once)
    async with trio.open_nursery() as outer:
        stop = trio.CancelScope()
        bound = await outer.start(partial(_run_in, stop, server))
        stream = await connect(bound)
        await stream.send_all(GET)
        await started.wait()
        stop.cancel()
        assert (await read_all(stream)).endswith(b"done")
        await stream.aclose()
        with pytest.raises(OSError, match="connect"):
            await connect(bound)


async def _run_in(
    stop: trio.CancelScope, server: Server, *, task_status: "trio.TaskStatus[str]"
) -> None:
    with stop:
        async with trio.open_nursery() as nursery:
            (bound,) = await nursery.start(server.run)
            task_status.started(bound)


async def test_who_has_said_nothing_is_cut_at_once_by_a_stop() -> None:
    server = Server(lambda: greet, addresses=["127.0.0.1:0"])
    with trio.fail_after(1):  # the grace of requests under way is 2 s
        async with trio.open_nursery() as nursery:
            (bound,) = await nursery.start(server.run)
            silent = await connect(bound)
            await _until(lambda: server.statistics().connections == 1)
            nursery.cancel_scope.cancel()
    assert await read_all(silent) == b""
    await silent.aclose()


async def test_no_client_can_hold_up_a_stop() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})

    streams = []
    limits = ServerLimits(stop_grace_s=0.02)
    async with running(endless, limits) as (server, bound):
        for request in (
            GET,
            GET[:10],
            b"",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        ):
            streams.append(await connect(bound))
            await streams[-1].send_all(request)
        await _until(lambda: server.statistics().requests_total == 2)
        began = trio.current_time()
    assert trio.current_time() - began < 1  # 5 s are promised
    for stream in streams:
        await stream.aclose()


async def test_a_client_that_resets_its_connection_harms_nobody() -> None:
    async with running() as (server, bound):
        for request in (b"", GET[:10], GET):
            stream = await connect(bound)
            await stream.send_all(request)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await stream.aclose()
        await _ask_once(bound)
        await _until(lambda: server.statistics().connections <= 1)
