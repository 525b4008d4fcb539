"""A server that misbehaves in one chosen way: over memory streams and over real sockets alike.

Takes a behaviour (a coroutine with the stream of one connection); serves it to whoever connects.
A verified fake: tests/transport/test_hostile.py runs every behaviour over memory streams on a mock
clock, tests/integration/test_transport_hostile.py the same table over loopback.
"""

import gzip
from collections.abc import Awaitable, Callable
from contextlib import suppress

import attrs
import trio
from trio.testing import memory_stream_pair

Behaviour = Callable[[trio.abc.Stream], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = b"up 1\n"
MAX_HEADER_BYTES = 65536
MAX_BODY_BYTES = 2**20
TIMEOUT_S = 10.0


async def read_request(stream: trio.abc.Stream) -> bytes:
    """The head of the next request; its body, if it has one, is read and forgotten.

    Raises EOFError at the end of the connection.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        data += await _some(stream)
    head, _, body = data.partition(b"\r\n\r\n")
    missing = _content_length(head) - len(body)
    while missing > 0:
        missing -= len(await _some(stream))
    return head


async def _some(stream: trio.abc.Stream) -> bytes:
    data = await stream.receive_some(65536)
    if not data:
        raise EOFError
    return bytes(data)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def page(body: bytes = PAGE, *headers: bytes) -> bytes:
    """A whole, honest answer."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


def gzipped(body: bytes) -> bytes:
    return page(body, b"Content-Encoding: gzip")


def answering(answer: bytes) -> Behaviour:
    """The same bytes to each request; the connection stays open."""

    async def behave(stream: trio.abc.Stream) -> None:
        while True:
            await read_request(stream)
            await stream.send_all(answer)

    return behave


def once(answer: bytes) -> Behaviour:
    """The bytes to the first request, then the end."""

    async def behave(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(answer)

    return behave


def endless(head: bytes, piece: bytes) -> Behaviour:
    async def behave(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(head)
        while True:
            await stream.send_all(piece)

    return behave


def slowly(answer: bytes, delay_s: float = 1.0, at_once: bytes = b"") -> Behaviour:
    """One byte, a while, one byte; before them what comes at once."""

    async def behave(stream: trio.abc.Stream) -> None:
        await read_request(stream)
        await stream.send_all(at_once)
        for index in range(len(answer)):
            await trio.sleep(delay_s)
            await stream.send_all(answer[index : index + 1])

    return behave


async def close_at_once(stream: trio.abc.Stream) -> None:
    return


async def say_nothing(stream: trio.abc.Stream) -> None:
    await read_request(stream)
    await trio.sleep_forever()


async def half_close(stream: trio.abc.Stream) -> None:
    """Ends its own side, goes on listening."""
    await read_request(stream)
    assert isinstance(stream, trio.abc.HalfCloseableStream | trio.StapledStream)
    await stream.send_eof()
    with suppress(EOFError):
        await read_request(stream)


async def refuse_early(stream: trio.abc.Stream) -> None:
    """Answers a large body before it has come, and closes."""
    await _some(stream)
    await stream.send_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")


def bomb(size_bytes: int = 64 * 2**20) -> bytes:
    return gzip.compress(bytes(size_bytes), 9)


@attrs.frozen
class Case:
    """A behaviour and what a client with the limits above makes of it.

    `kind` and `words` of the error; None: the answer is PAGE.
    """

    behaviour: Behaviour
    kind: str | None
    words: str = ""


CASES = {
    "an honest server": Case(answering(page()), None),
    "honest gzip": Case(answering(gzipped(gzip.compress(PAGE))), None),
    "closed at once": Case(close_at_once, "closed", "without an answer|broke"),
    "no answer": Case(say_nothing, "timeout", "no answer"),
    "slow headers": Case(slowly(page()), "timeout", "headers did not come whole"),
    "a slow body": Case(
        slowly(PAGE, 3.0, page(b"")[:-5] + b"5\r\n\r\n"), "timeout", "body did not"
    ),
    "closed within the headers": Case(once(OK + b"A: "), "closed", "within the headers"),
    "half closed": Case(half_close, "closed", "without an answer"),
    "endless headers": Case(endless(OK, b"A: b\r\n" * 5000), "too_large", "headers are larger"),
    "one endless header": Case(
        endless(OK + b"A: ", b"b" * 9999), "too_large", "headers are larger"
    ),
    "100 KB header": Case(
        answering(page(PAGE, b"A: " + b"b" * 100_000)), "too_large", "headers are larger"
    ),
    "endless interim answers": Case(
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 999), "too_large", "headers are larger"
    ),
    "an endless body": Case(endless(OK + b"\r\n", PAGE * 9999), "too_large", "body is more"),
    "endless chunks": Case(
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n"),
        "too_large",
        "body is more",
    ),
    "a 10 GB length": Case(
        answering(OK + b"Content-Length: 10000000000\r\n\r\n"), "too_large", "has 10000000000 bytes"
    ),
    "less than its length": Case(
        once(OK + b"Content-Length: 9\r\n\r\n" + PAGE), "closed", "after 5 of 9"
    ),
    "more than its length": Case(answering(page() + b"more"), None),
    "two answers": Case(answering(page() + page()), None),
    "no last chunk": Case(
        once(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + PAGE + b"\r\n"),
        "closed",
        "last chunk",
    ),
    "a bad chunk": Case(
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "protocol", "chunk"
    ),
    "not HTTP": Case(answering(b"SSH-2.0-OpenSSH\r\n"), "protocol", "SSH-2.0"),
    "another protocol": Case(
        answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        "protocol",
        "switches protocols",
    ),
    "a redirect to itself": Case(
        answering(page(b"", b"Location: /again").replace(b"200 OK", b"302 Found")),
        "protocol",
        "more than 10 redirects",
    ),
    "a gzip bomb": Case(answering(gzipped(bomb())), "too_large", "inflated body is larger"),
    "a small gzip bomb": Case(
        answering(gzipped(gzip.compress(bytes(2**20 + 1)))), "too_large", "inflated body is larger"
    ),
    "compressed garbage": Case(answering(gzipped(b"garbage" * 9)), "protocol", "damaged"),
    "gzip cut short": Case(
        answering(gzipped(gzip.compress(PAGE)[:-5])), "protocol", "ends too early"
    ),
    "gzip with a tail": Case(
        answering(gzipped(gzip.compress(PAGE) + b"tail" * 9)), "protocol", "damaged"
    ),
    "an unknown encoding": Case(
        answering(page(PAGE, b"Content-Encoding: br")), "protocol", "Content-Encoding 'br'"
    ),
    "closed between requests": Case(once(page()), None),
}


@attrs.define
class MemoryServer:
    """`connect` is a client's connector; `open_count` says how many connections are open."""

    behaviour: Behaviour
    nursery: trio.Nursery
    connections: int = 0
    open_count: int = 0

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        ours, theirs = memory_stream_pair()
        self.connections += 1
        self.nursery.start_soon(self._serve, theirs)
        return ours

    async def _serve(self, stream: trio.abc.Stream) -> None:
        self.open_count += 1
        try:
            await serve_stream(self.behaviour, stream)
        finally:
            self.open_count -= 1


async def serve_stream(behaviour: Behaviour, stream: trio.abc.Stream) -> None:
    """One connection, until the behaviour ends or the client goes."""
    async with stream:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
            await behaviour(stream)


async def listen(behaviour: Behaviour, nursery: trio.Nursery) -> int:
    """Serve on a free loopback port as long as `nursery` is open; gives the port."""

    async def handle(stream: trio.abc.Stream) -> None:
        await serve_stream(behaviour, stream)

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, handle, listeners)
    port: int = listeners[0].socket.getsockname()[1]
    return port
