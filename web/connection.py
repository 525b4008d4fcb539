"""One client's connection: hypercorn's protocol over our own stream handling.

Takes a stream and an ASGI application; serves requests until the client, a deadline or a stop
ends it. hypercorn's own `TCPServer` is not used: it shields its writes (a client that stops
reading cannot be ended), its hand-over to the application blocks for ever when the application
finishes before it has read the body, and its read time-out also ends waiting clients.
Invariant: every await here ends by a deadline, by the application's end or by cancellation.
Imported by the first question only.
"""

import contextlib
import sys
from collections.abc import Mapping
from math import inf
from typing import Any

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import ConnectionState

from web.applications import Applications
from web.asgi import AsgiApp
from web.http1 import h11_protocol
from web.limits import ServerLimits
from web.turns import take_turn
from web.worker import Worker

Peer = tuple[str, int] | None
_READ_BYTES = 65536


def protocol_config(limits: ServerLimits) -> Config:
    """hypercorn's settings: no logs of its own, no header that tells what we are."""
    config = Config()
    config.accesslog = config.errorlog = None
    config.include_server_header = False
    config.h11_max_incomplete_size = limits.max_header_bytes
    # A goodbye after so many requests would take the answers of those under way with it.
    config.keep_alive_max_requests = sys.maxsize
    return config


_H11Protocol: Any = h11_protocol()


class Http1Protocol(_H11Protocol):  # type: ignore[misc]
    """HTTP/1.1 alone: an offered upgrade to h2c is not taken, as the RFC allows."""

    async def _check_protocol(self, event: h11.Request) -> None:
        return


def _http2_protocol() -> Any:
    from web.http2 import Http2Protocol  # late: see web.http1

    return Http2Protocol


class Connection:
    """Serves one stream. `client` and `server` are addresses, None for unix sockets."""

    def __init__(
        self,
        app: AsgiApp,
        stream: trio.abc.HalfCloseableStream,
        *,
        limits: ServerLimits,
        config: Config,
        context: Worker,
        client: Peer,
        server: Peer,
        state: Mapping[str, object] | None = None,
        http2: bool = False,
    ) -> None:
        self._app = app
        self._stream = stream
        self._limits = limits
        self._config = config
        self._context = context
        self._client, self._server = client, server
        # What the application reads as scope["state"].
        self._state = {**(state or {}), "opened_at": trio.current_time()}
        self._http2 = http2
        self._send_lock = trio.Lock()
        self._reading = trio.CancelScope()
        self._closing = False
        self._is_deaf = False  # a write failed: nothing more is written
        self.idle_since: float | None = None
        self.requests = self.read_bytes = self.written_bytes = 0
        self.timed_out_writing = False

    def end_if_idle(self) -> None:
        """Close now if no request is under way."""
        if self.idle_since is not None:
            self.idle_since = None
            self._reading.cancel()

    async def run(self) -> None:
        """Serve until the end; the stream is closed then, also on cancellation."""
        try:
            async with trio.open_nursery() as nursery:
                # Any: hypercorn types ASGI messages and task groups closer than it uses them.
                make: Any = _http2_protocol() if self._http2 else Http1Protocol
                self._protocol = make(
                    self._app,
                    self._config,
                    self._context,
                    Applications(
                        nursery,
                        lambda: self._is_deaf,
                        # Writing has its own deadlines where the protocol has no windows.
                        patience_s=self._limits.write_timeout_s if self._http2 else inf,
                        give_up=self._give_up,
                    ),
                    ConnectionState(self._state),
                    bool(self._state.get("is_encrypted")),
                    self._client,
                    self._server,
                    self._protocol_send,
                )
                await self._protocol.initiate()
                self._became_idle()
                await self._read()
                if self._http2:
                    nursery.cancel_scope.deadline = (
                        trio.current_time() + self._limits.write_timeout_s
                    )
        finally:
            await trio.aclose_forcefully(self._stream)

    async def _read(self) -> None:
        is_half_closed = False
        with self._reading, contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await self._stream.receive_some(_READ_BYTES):
                self.read_bytes += len(data)
                if not self._closing:  # else: lingering, see ServerLimits.linger_s
                    await take_turn()
                    await self._protocol.handle(RawData(bytes(data)))
                    self._check_streams()
            is_half_closed = not self._closing
        await take_turn()  # clients that leave together are seen off one by one
        if is_half_closed:
            await self._protocol.handle(RawData(b""))
        # A half-closed client still gets its answer: the application goes on to its end.
        await self._protocol.handle(Closed())

    async def _protocol_send(self, event: Event) -> None:
        match event:
            case RawData():
                await self._write(event.data)
            case Updated(idle=True):
                self._became_idle()
            case Updated(idle=False):
                self.idle_since = None
                self._reading.deadline = inf
                self.requests += 1
            case Closed():
                await self._close()

    def _check_streams(self) -> None:
        # A call that its client has reset (its deadline has passed) ends without an event; the
        # connection would count as busy for ever.
        is_noted = self.idle_since is not None or self._closing
        if self._http2 and not is_noted and self._protocol.is_idle_http2:
            self._became_idle()

    def _became_idle(self) -> None:
        self.idle_since = trio.current_time()
        self._reading.deadline = self.idle_since + self._limits.idle_timeout_s

    async def _write(self, data: bytes) -> None:
        size = self._limits.write_piece_bytes
        async with self._send_lock:
            if self._is_deaf:
                return
            try:
                for start in range(0, len(data), size):
                    with trio.fail_after(self._limits.write_timeout_s):
                        await self._stream.send_all(data[start : start + size])
                self.written_bytes += len(data)
                return
            except trio.TooSlowError:
                self.timed_out_writing = True
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            self._is_deaf = True
        # The client is gone or does not read: what it sends is of no interest either.
        self._reading.cancel()
        await self._protocol.handle(Closed())

    def _give_up(self) -> None:
        self.timed_out_writing = self._is_deaf = True
        self._reading.cancel()

    async def _close(self) -> None:
        self._closing = True
        self.idle_since = None
        self._reading.deadline = trio.current_time() + self._limits.linger_s
        try:
            await self._stream.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            self._reading.cancel()
        await self._protocol.handle(Closed())
