"""HTTP/2 of hypercorn, begun by the client's preface, and what it does not think of.

Takes what hypercorn's `ProtocolWrapper` takes; gives it the same interface.
Invariant: what a client still sends for a stream that has been answered already is nothing to
anybody; hypercorn looks for the stream, and the whole connection would end with a KeyError. A call
that cannot be read costs itself alone.
Imported when a listener speaks HTTP/2: h2 and hpack are 2.3 MiB.
"""

from contextlib import suppress
from typing import Any

from h2.errors import ErrorCodes
from h2.events import RequestReceived
from hypercorn.events import Event, RawData
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Trailers
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H2CProtocolRequiredError, H2ProtocolAssumedError
from priority.priority import MissingStreamError


class _Gone:
    """In place of a stream that has ended."""

    async def handle(self, event: object) -> None:
        """Nobody wants it any more."""


class _Streams(dict[int, Any]):
    def __missing__(self, _stream_id: int) -> _Gone:
        return _GONE


_GONE = _Gone()


class _Http2(H2Protocol):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.streams = _Streams()

    async def _create_stream(self, request: RequestReceived) -> None:
        told = dict(request.headers or ())
        method, path = told.get(b":method", b""), told.get(b":path", b"")
        if method == b"CONNECT" or not path or not (method + path).isascii():
            # These would end the connection in a mistake; so they end their stream.
            self.connection.reset_stream(request.stream_id, ErrorCodes.PROTOCOL_ERROR)
            return
        await super()._create_stream(request)

    async def stream_send(self, event: StreamEvent) -> None:
        await super().stream_send(event)
        if isinstance(event, Trailers):
            # They end the stream. hypercorn forgets it when its sending task has nothing better to
            # do, which is never while calls keep coming; at a thousand the connection would end.
            self.stream_buffers.pop(event.stream_id, None)
            with suppress(MissingStreamError):
                self.priority.remove_stream(event.stream_id)

    async def _send_data(self, stream_id: int) -> None:
        with suppress(KeyError):  # forgotten meanwhile
            await super()._send_data(stream_id)


class Http2Protocol(ProtocolWrapper):
    """HTTP/1.1 until the client says that it speaks HTTP/2."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._given = given

    @property
    def is_idle_http2(self) -> bool:
        """No call is under way. hypercorn tells of every end of a call but a reset."""
        return isinstance(self.protocol, H2Protocol) and self.protocol.idle

    async def handle(self, event: Event) -> None:
        try:
            await self.protocol.handle(event)
        except H2ProtocolAssumedError as begun:
            await self._go_on(begun.data)
        except H2CProtocolRequiredError as begun:
            await self._go_on(begun.data, begun.headers, begun.settings)

    async def _go_on(self, data: bytes, *upgrade: Any) -> None:
        self.protocol = _Http2(*self._given)
        await self.protocol.initiate(*upgrade)
        if data:
            await self.protocol.handle(RawData(data))
