"""One connection and the exchange of one request for one answer on it.

Takes a stream and request bytes; fills a parser.
Invariant: after a failure or a cancelled exchange the connection is not used again.
"""

import trio

from transport.errors import TransportError, reason_of
from transport.handshake import PERHAPS_A_CERTIFICATE, ssl_cause, tls_error
from transport.parser import ResponseParser
from transport.socket_stream import MORE_BYTES, RECEIVE_BYTES, SocketStream
from transport.url import Origin


class Connection:
    """An open way to `origin`. `token` is what it was opened with; another token means renew."""

    __slots__ = ("_is_fresh", "_socket", "_stream", "origin", "token")

    def __init__(
        self, stream: trio.abc.Stream, socket: trio.abc.Stream, origin: Origin, token: object
    ) -> None:
        self._stream = stream
        self._socket = socket if isinstance(socket, SocketStream) else None
        self.origin = origin
        self.token = token
        self._is_fresh = True

    def is_quiet(self) -> bool:
        """False when the server has closed it, or has spoken unasked, while it was idle."""
        return self._socket is None or self._socket.is_quiet()

    async def exchange(self, request: bytes, parser: ResponseParser) -> None:
        """Send the request, read until `parser` has the answer. Raises TransportError."""
        try:
            await self._stream.send_all(request)
        except trio.BrokenResourceError as exc:
            await self._hear_last_words(exc, parser)
            return
        receive, size = self._stream.receive_some, RECEIVE_BYTES
        while not parser.is_complete:
            try:
                data = await receive(size)
            except trio.BrokenResourceError as exc:
                raise self._error(exc, parser) from exc
            if not data:
                parser.feed_eof()
                break
            parser.feed(data)
            if len(data) == size:  # there is more: fewer and larger steps for a large body
                size = MORE_BYTES
        self._is_fresh = False

    async def abort(self) -> None:
        """Close without ceremony; nothing can block, also when cancelled."""
        await trio.aclose_forcefully(self._stream)

    async def _hear_last_words(self, exc: Exception, parser: ResponseParser) -> None:
        """Sending failed. A server that refuses a large body answers before it has read all of
        it and closes; one that refuses our certificate says so in an alert."""
        try:
            while not parser.is_complete:
                data = await self._stream.receive_some(RECEIVE_BYTES)
                if not data:
                    break
                parser.feed(data)
        except trio.BrokenResourceError as last:
            exc = last if ssl_cause(last) is not None else exc
        except (trio.ClosedResourceError, TransportError):
            pass
        if not parser.is_complete:
            raise self._error(exc, parser) from exc
        parser.is_reusable = False

    def _error(self, exc: BaseException, parser: ResponseParser) -> TransportError:
        status = parser.status if parser.has_head else None
        if ssl_cause(exc) is not None:
            error = tls_error(exc, str(self.origin))
            error.status, error.may_have_arrived = status, True
            return error
        message = f"the connection to {self.origin} broke: {reason_of(exc)}"
        if self._is_fresh and self.origin.scheme == "https" and not parser.wire_bytes:
            # With TLS 1.3 the alert comes when the handshake is over for us, and is often lost.
            message += f" right after the TLS handshake; {PERHAPS_A_CERTIFICATE}"
        return TransportError("closed", message, status=status, may_have_arrived=True)
