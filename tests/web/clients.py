"""A connection under test and the client that talks to it, over memory streams.

So the client may be as slow or as rude as a test wants it, on a clock that jumps.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio
from trio.testing import lockstep_stream_pair, memory_stream_pair

from web.asgi import AsgiApp, Receive, Scope, Send
from web.connection import Connection, protocol_config
from web.limits import ServerLimits
from web.worker import Worker

GET = b"GET /path?q=1 HTTP/1.1\r\nHost: here\r\n\r\n"


@attrs.frozen
class Client:
    """The client's end; `connection` is what it talks to."""

    stream: trio.StapledStream  # type: ignore[type-arg]
    connection: Connection

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def read_until(self, end: bytes) -> bytes:
        """What comes, up to and including `end`."""
        got = bytearray()
        while not got.endswith(end):
            piece = await self.stream.receive_some(65536)
            assert piece, f"closed after {bytes(got)!r}"
            got += piece
        return bytes(got)

    async def read_all(self) -> bytes:
        """What comes until the connection is closed."""
        got = bytearray()
        while piece := await self.stream.receive_some(65536):
            got += piece
        return bytes(got)


@asynccontextmanager
async def connected(
    app: AsgiApp,
    limits: ServerLimits | None = None,
    *,
    lockstep: bool = False,
    http2: bool = False,
) -> AsyncIterator[Client]:
    """A client of `app`. At the end the client leaves and the connection must end as well.

    `lockstep`: what is sent is not buffered, as if the client's window were always full.
    """
    limits = limits or ServerLimits()
    ours, theirs = lockstep_stream_pair() if lockstep else memory_stream_pair()
    connection = Connection(
        app,
        theirs,
        limits=limits,
        config=protocol_config(limits),
        context=Worker(),
        client=("127.0.0.1", 1),
        server=("127.0.0.1", 2),
        http2=http2,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        yield Client(ours, connection)
        await ours.aclose()


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path, without looking at the body."""
    await answer(send, f"hello {scope['path']}".encode())
