"""A server in memory that answers as told and remembers what it was asked.

Takes a function from request to answer; gives a connector. It speaks TLS and, as a proxy, passes
on, when asked to.
"""

import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
import trio
from trio.testing import memory_stream_pair

from transport.client import Client
from transport.dial import Connector
from transport.settings import HttpSettings
from transport.tls import TlsContexts


@attrs.frozen
class Received:
    """One request. `place` is what the client connected to; header names in lower case."""

    place: tuple[str, int]
    connection: int
    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for found, value in self.headers if found == name]
        return ", ".join(values) if values else None


PLAIN = HttpSettings()

Answer = Callable[[Received], bytes]


def answer(status: int = 200, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {status} Reason\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@attrs.define
class ScriptedServer:
    """`requests` in the order in which they came; `connections` is how many were opened."""

    nursery: trio.Nursery
    answer: Answer
    context: ssl.SSLContext | None = None
    requests: list[Received] = attrs.field(factory=list)
    connections: int = 0
    open_count: int = 0

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        ours, theirs = memory_stream_pair()
        self.connections += 1
        self.nursery.start_soon(self._serve, theirs, (host, port), self.connections)
        return ours

    async def _serve(
        self, stream: trio.abc.Stream, place: tuple[str, int], connection: int
    ) -> None:
        if self.context is not None:
            stream = trio.SSLStream(stream, self.context, server_side=True, https_compatible=True)
        self.open_count += 1
        try:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
                while True:
                    request = await read_request(stream, place, connection)
                    self.requests.append(request)
                    await stream.send_all(self.answer(request))
        finally:
            self.open_count -= 1
            await trio.aclose_forcefully(stream)


async def read_request(
    stream: trio.abc.Stream, place: tuple[str, int], connection: int
) -> Received:
    """Raises EOFError when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += await _some(stream)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rows = head.decode().split("\r\n")
    pairs = [row.partition(": ") for row in rows]
    headers = tuple((name.lower(), value) for name, _, value in pairs)
    length = int(dict(headers).get("content-length", "0"))
    while len(body) < length:
        body += await _some(stream)
    return Received(place, connection, line, headers, body)


async def _some(stream: trio.abc.Stream) -> bytes:
    data = await stream.receive_some(65536)
    if not data:
        raise EOFError
    return bytes(data)


def client_of(
    server: ScriptedServer,
    url: str = "http://target:9100/metrics?x=1",
    settings: HttpSettings = PLAIN,
    *,
    contexts: TlsContexts | None = None,
    keepalive: bool = True,
    connect_timeout_s: float = 20,
    connector: Connector | None = None,
) -> Client:
    """`connector`: what leads to the server, if not it itself."""
    return Client(
        url,
        settings,
        contexts=contexts or TlsContexts(),
        user_agent="promferry/test",
        keepalive=keepalive,
        connect_timeout_s=connect_timeout_s,
        connector=connector or server.connect,
    )
