"""A server of HTTP/2 in memory, over TLS, that does as told.

Takes a function that acts on the server's side of a connection for each request.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress

import attrs
import trio
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import H2Error
from trio.testing import memory_stream_pair


@attrs.frozen
class Asked:
    connection: int
    headers: dict[str, str]
    body: bytes


@attrs.define
class Reply:
    """The server's side of one request."""

    h2: H2Connection
    stream_id: int
    asked: Asked
    keeps_open: bool = True
    goodbye: bool = False  # before the answer

    def answer(self, status: int = 200, body: bytes = b"", *rows: tuple[str, str]) -> None:
        self.h2.send_headers(self.stream_id, [(":status", str(status)), *rows], end_stream=not body)
        if body:
            self.h2.send_data(self.stream_id, body, end_stream=True)


@attrs.define
class Http2Server:
    """`act` is called when a request is whole; `act_at_head` as soon as it begins."""

    nursery: trio.Nursery
    context: ssl.SSLContext
    act: Callable[[Reply], None]
    act_at_head: Callable[[Reply], None] | None = None
    reads: bool = True  # gives way for more of a body
    connections: int = 0
    asked: list[Asked] = attrs.field(factory=list)
    first: bytes = b""  # to be sent before what h2 has to say

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        ours, theirs = memory_stream_pair()
        self.connections += 1
        self.nursery.start_soon(self._serve, theirs, self.connections)
        return ours

    async def _serve(self, stream: trio.abc.Stream, number: int) -> None:
        tls = trio.SSLStream(stream, self.context, server_side=True, https_compatible=True)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, H2Error):
            await tls.do_handshake()
            await self._converse(tls, number)
        await trio.aclose_forcefully(stream)

    async def _converse(self, tls: trio.abc.Stream, number: int) -> None:
        h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        h2.initiate_connection()
        heads: dict[int, dict[str, str]] = {}
        bodies: dict[int, bytes] = {}
        await tls.send_all(h2.data_to_send())
        while data := await tls.receive_some(65536):
            for event in h2.receive_data(data):
                keeps_open = self._take(h2, event, heads, bodies, number)
                first, self.first = self.first, b""
                await tls.send_all(first + h2.data_to_send())
                if not keeps_open:
                    return

    def _take(
        self,
        h2: H2Connection,
        event: events.Event,
        heads: dict[int, dict[str, str]],
        bodies: dict[int, bytes],
        number: int,
    ) -> bool:
        match event:
            case events.RequestReceived():
                heads[event.stream_id] = {str(name): str(value) for name, value in event.headers}
                bodies[event.stream_id] = b""
                if self.act_at_head is not None:
                    asked = Asked(number, heads[event.stream_id], b"")
                    self.act_at_head(Reply(h2, event.stream_id, asked))
            case events.DataReceived():
                bodies[event.stream_id] += event.data
                if self.reads:
                    h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case events.StreamEnded():
                asked = Asked(number, heads[event.stream_id], bodies[event.stream_id])
                self.asked.append(asked)
                reply = Reply(h2, event.stream_id, asked)
                self.act(reply)
                if reply.goodbye:
                    last = event.stream_id.to_bytes(4, "big")
                    self.first = b"\0\0\x08\x07\0" + bytes(4) + last + bytes(4)
                return reply.keeps_open
            case _:
                pass
        return True
