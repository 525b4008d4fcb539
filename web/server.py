"""The listening side: plain trio listeners, a bound on connections, a stop that nobody can hold up.

Takes a function that builds an ASGI application, and addresses; serves until cancelled. The HTTP
machinery is imported and the application built when the first client says something (DESIGN
sections 4 and 7), in a thread: an agent whose pages nobody looks at does not pay 6 MiB for them,
though a monitor may try every minute whether the port is open.
Invariant: cancelling `run` ends every connection within `limits.stop_grace_s`.
Never: knows what is served.
"""

import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import trio

from web.addresses import parse_address
from web.asgi import AsgiApp
from web.limits import ServerLimits
from web.listeners import Opened, open_address
from web.run_sync import RunSync

if TYPE_CHECKING:
    from web.connection import Connection, Peer
    from web.tls import Contexts

logger = logging.getLogger("promferry.web")

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-type: text/plain\r\n"
    b"content-length: 24\r\nconnection: close\r\n\r\ntoo many connections now"
)
# Refused clients that are still told why; the rest are only closed.
_MAX_REFUSALS_AT_ONCE = 32
_REFUSAL_S = 0.2


@attrs.frozen
class ServerStatistics:
    connections: int
    connections_idle: int
    connections_total: int
    evicted_total: int
    refused_total: int
    failed_total: int
    write_timeouts_total: int
    requests_total: int
    handshakes_failed_total: int = 0
    read_bytes_total: int = 0
    written_bytes_total: int = 0


class Server:
    """`build` is called once, late, in a thread; `addresses` as `web.addresses` reads them.

    `tls`: the contexts for each address, None for plain HTTP; addresses beyond are plain.
    Nothing is opened before `run`.
    """

    def __init__(
        self,
        build: Callable[[], AsgiApp],
        *,
        addresses: Sequence[str],
        tls: "Sequence[Contexts | None]" = (),
        limits: ServerLimits | None = None,
        http2: bool = False,
        run_sync: RunSync = trio.to_thread.run_sync,
    ) -> None:
        self._build = build
        self._addresses = [parse_address(address) for address in addresses]
        self._tls = [*tls, *[None] * len(addresses)][: len(addresses)]
        self._limits = limits or ServerLimits()
        self._http2 = http2
        self._run_sync = run_sync
        self._loading = trio.Lock()
        self._connect: Callable[..., Connection] | None = None
        self._terminate: Callable[[], Awaitable[None]] | None = None
        self._connections: dict[Connection, None] = {}
        self._openings: dict[trio.CancelScope, None] = {}  # nothing asked yet; oldest first
        self._waiting = 0
        self._refusals = 0
        self._total = self._evicted = self._refused = self._failed = 0
        self._write_timeouts = self._requests = self._handshakes_failed = 0
        self._read_bytes = self._written_bytes = 0

    async def run(
        self, *, task_status: "trio.TaskStatus[list[str]]" = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen and serve until cancelled. `started` gives the addresses as bound.

        Raises web.listeners.ListenError when an address cannot be listened on, web.tls.TlsError
        when its certificate cannot be used.
        """
        opened: list[Opened] = []
        try:
            for contexts in filter(None, self._tls):
                await contexts.current()
            for address in self._addresses:
                opened.append(await open_address(address))  # noqa: PERF401 - kept for `finally`
            bound = [str(one.bound) for one in opened]
            await self._serve(opened, partial(task_status.started, bound))
        finally:
            with trio.CancelScope(shield=True):  # closing does not wait
                for one in opened:
                    await one.aclose()

    async def _serve(self, opened: Sequence[Opened], started: Callable[[], None]) -> None:
        stopping = trio.Event()
        async with trio.open_nursery() as outer:
            nursery: trio.Nursery = await outer.start(self._hold, stopping)
            started()
            try:
                async with trio.open_nursery() as accepting:
                    for one, contexts in zip(opened, self._tls, strict=True):
                        handle = partial(self._handle, contexts)
                        serve = partial(trio.serve_listeners, handler_nursery=nursery)
                        accepting.start_soon(serve, handle, list(one.listeners))
            finally:
                # Requests under way may end; what hangs is cut when the grace is over.
                nursery.cancel_scope.deadline = trio.current_time() + self._limits.stop_grace_s
                stopping.set()

    async def _hold(
        self, stopping: trio.Event, *, task_status: "trio.TaskStatus[trio.Nursery]"
    ) -> None:
        """Own the connections. Shielded: `stopping` and the deadline end them, in this order."""
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                task_status.started(nursery)
                await stopping.wait()
                for scope in tuple(self._openings):
                    scope.cancel()
                if self._terminate is not None:
                    await self._terminate()
                for connection in tuple(self._connections):
                    connection.end_if_idle()

    def statistics(self) -> ServerStatistics:
        alive = tuple(self._connections)
        return ServerStatistics(
            connections=len(alive) + len(self._openings),
            connections_idle=len(self._openings) + sum(one.idle_since is not None for one in alive),
            connections_total=self._total,
            evicted_total=self._evicted,
            refused_total=self._refused,
            failed_total=self._failed,
            write_timeouts_total=self._write_timeouts,
            requests_total=self._requests + sum(one.requests for one in alive),
            handshakes_failed_total=self._handshakes_failed,
            read_bytes_total=self._read_bytes + sum(one.read_bytes for one in alive),
            written_bytes_total=self._written_bytes + sum(one.written_bytes for one in alive),
        )

    async def _handle(self, contexts: "Contexts | None", stream: trio.SocketStream) -> None:
        self._total += 1
        try:
            if not await self._has_room():
                await self._refuse(stream, speaks_tls=contexts is not None)
            elif contexts is None:
                if self._connect is not None or await self._wait_first_word(stream.socket):
                    await self._run_connection(stream, stream, {})
            else:
                await self._run_encrypted(stream, contexts)
        except Exception as exc:
            # One client's connection must never end the server; counted, told when looked for.
            self._failed += 1
            logger.debug("a connection failed: %r", exc, exc_info=exc)
        finally:
            await trio.aclose_forcefully(stream)

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """A client that has not asked anything: it makes room for others, and ends with a stop."""
        with trio.CancelScope() as scope:
            self._openings[scope] = None
            try:
                yield
            finally:
                del self._openings[scope]

    async def _wait_first_word(self, sock: trio.socket.SocketType) -> bool:
        """Nothing is loaded for who says nothing; False for who goes, or waits for too long."""
        with self._opening(), trio.move_on_after(self._limits.idle_timeout_s), suppress(OSError):
            return bool(await sock.recv(1, socket.MSG_PEEK))
        return False

    async def _run_encrypted(self, stream: trio.SocketStream, contexts: "Contexts") -> None:
        from web.tls_stream import TlsStream  # late: TLS is only for who asks for it

        encrypted = TlsStream(stream, await contexts.current())
        may_enter = False
        with self._opening():
            try:
                certificate = await encrypted.handshake()
                may_enter = certificate is None or contexts.may_enter(certificate)
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                pass
        if not may_enter:
            self._handshakes_failed += 1
            return
        state = {"is_encrypted": True, "has_certificate": certificate is not None}
        await self._run_connection(stream, encrypted, state)

    async def _run_connection(
        self,
        socket_stream: trio.SocketStream,
        stream: trio.abc.HalfCloseableStream,
        state: Mapping[str, object],
    ) -> None:
        self._waiting += 1  # counts as taken while the first one imports
        try:
            connect = self._connect or await self._load()
            client, server = _peers(socket_stream.socket)
            connection = connect(stream=stream, client=client, server=server, state=state)
        finally:
            self._waiting -= 1
        self._connections[connection] = None
        try:
            await connection.run()
        finally:
            del self._connections[connection]
            self._requests += connection.requests
            self._write_timeouts += connection.timed_out_writing
            self._read_bytes += connection.read_bytes
            self._written_bytes += connection.written_bytes

    async def _has_room(self) -> bool:
        taken = len(self._connections) + len(self._openings) + self._waiting
        if taken < self._limits.max_connections:
            return True
        idle = [one for one in self._connections if one.idle_since is not None]
        if not idle and not self._openings:
            return False
        # Idle connections, slow headers, handshakes and the silent among them, keep nobody out.
        if idle:
            min(idle, key=lambda one: one.idle_since or 0.0).end_if_idle()
        else:
            next(iter(self._openings)).cancel()
        self._evicted += 1
        await trio.lowlevel.checkpoint()
        return True

    async def _refuse(self, stream: trio.SocketStream, *, speaks_tls: bool) -> None:
        self._refused += 1
        if speaks_tls or self._refusals >= _MAX_REFUSALS_AT_ONCE:
            return
        self._refusals += 1
        try:
            with trio.move_on_after(_REFUSAL_S):
                await stream.send_all(_BUSY)
                await stream.send_eof()
                while await stream.receive_some(4096):
                    pass  # a close with unread bytes would be a reset, and eat the answer
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self._refusals -= 1

    async def _load(self) -> "Callable[..., Connection]":
        async with self._loading:
            if self._connect is not None:  # another connection has loaded it meanwhile
                return self._connect
            loaded = await self._run_sync(self._import)
            self._connect, self._terminate = loaded
            return loaded[0]

    def _import(self) -> "tuple[Callable[..., Connection], Callable[[], Awaitable[None]]]":
        from web.connection import Connection, protocol_config
        from web.worker import Worker

        context = Worker()
        connect: Any = partial(
            Connection,
            self._build(),
            limits=self._limits,
            config=protocol_config(self._limits),
            context=context,
            http2=self._http2,
        )
        return connect, context.terminated.set


def _peers(sock: trio.socket.SocketType) -> "tuple[Peer, Peer]":
    """Both ends' addresses; None for unix sockets, where the file's rights say who may come."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return None, None
    client, server = sock.getpeername(), sock.getsockname()
    return (client[0], client[1]), (server[0], server[1])
