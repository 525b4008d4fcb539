"""One keep-alive connection at a time, opened when needed, replaced when it is no longer good.

Takes requests for one place or another; gives a parser that has read the answer.
Invariant: a connection on which anything went wrong, or on which more came than was asked for,
is closed, and so is one whose exchange was cancelled.
"""

import attrs

from transport.dialer import AnyConnection, Dialer
from transport.errors import TransportError
from transport.parser import ResponseParser
from transport.request import Encoder, Request
from transport.url import Origin


@attrs.define
class Counts:
    """What a channel has done so far."""

    connects: int = 0
    stale_retries: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


class Channel:
    """`keepalive=False`: a connection for each request."""

    __slots__ = (
        "_connection",
        "_dialer",
        "_encoder",
        "_keepalive",
        "_max_header_bytes",
        "_parser",
        "_was_sent",
        "counts",
        "was_resent",
    )

    def __init__(
        self, dialer: Dialer, encoder: Encoder, *, keepalive: bool, max_header_bytes: int
    ) -> None:
        self._dialer = dialer
        self._encoder = encoder
        self._keepalive = keepalive
        self._max_header_bytes = max_header_bytes
        self._connection: AnyConnection | None = None
        self._parser: ResponseParser | None = None
        self._was_sent = False
        self.was_resent = False  # something went out twice, the first time unanswered
        self.counts = Counts()

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def begin(self) -> None:
        """A new request, redirects included: nothing of it has been sent yet."""
        self._parser = None
        self._was_sent = self.was_resent = False

    async def exchange(self, request: Request, identity: bytes) -> ResponseParser:
        """One request, one answer. A connection found stale is replaced once, at once.

        Raises TransportError. `identity`: the header lines that say who we are.
        """
        self._parser = None
        origin = request.url.origin
        data = self._encoder.encode(request, identity, self._dialer.forwarding(origin))
        # Taken out while it is in use: whatever happens, only a clean end puts it back.
        connection, self._connection = self._connection, None
        if connection is not None and not self._is_good(connection, origin):
            await connection.abort()
            connection = None
        if connection is None:
            return await self._exchange_anew(request, data)
        # Fast path: a connection that is still good.
        try:
            return await self._exchange_on(connection, request, data)
        except TransportError as exc:
            # Only when no byte came: then the server closed it before it saw the request
            # (RFC 9112 9.3.1), or so it must be assumed of a connection that was idle.
            if exc.kind != "closed" or self._parser is None or self._parser.wire_bytes:
                raise
            may_have_arrived = exc.may_have_arrived
        self._parser = None
        self.counts.stale_retries += 1
        self.was_resent = may_have_arrived
        return await self._exchange_anew(request, data)

    async def _exchange_anew(self, request: Request, data: bytes) -> ResponseParser:
        try:
            connection = await self._dialer.open(request.url.origin)
        except TransportError as exc:
            exc.may_have_arrived = self._was_sent
            raise
        self.counts.connects += 1
        return await self._exchange_on(connection, request, data)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.abort()

    def late(self, timeout_s: float) -> TransportError:
        """What the exchange that was just cancelled by its deadline was waiting for."""
        parser, self._parser = self._parser, None
        if parser is None:
            message = f"{self._dialer.phase} took longer than {timeout_s:g}s"
            return TransportError("timeout", message, may_have_arrived=self._was_sent)
        if not parser.wire_bytes:
            what = "no answer"
        else:
            part = "body" if parser.has_head else "headers"
            what = f"the answer's {part} did not come whole"
        message = f"{what} within {timeout_s:g}s ({parser.wire_bytes} bytes came)"
        status = parser.status if parser.has_head else None
        return TransportError("timeout", message, status=status, may_have_arrived=True)

    def _is_good(self, connection: AnyConnection, origin: Origin) -> bool:
        return (
            (connection.origin is origin or connection.origin == origin)
            and connection.is_quiet()
            and self._dialer.is_current(connection)
        )

    async def _exchange_on(
        self, connection: AnyConnection, request: Request, data: bytes
    ) -> ResponseParser:
        self._parser = parser = ResponseParser(
            request.method,
            max_header_bytes=self._max_header_bytes,
            max_body_bytes=request.max_body_bytes,
            when_too_large=request.when_too_large,
        )
        self._was_sent = True
        self.counts.sent_bytes += len(data)
        try:
            await connection.exchange(data, parser)
        except BaseException:
            # llhttp and the parser refer to each other, and the error refers to both: without
            # this, each refused 16 MiB would stay until a rare collection of the old generation.
            parser.drop_body()
            self.counts.received_bytes += parser.wire_bytes
            await connection.abort()
            raise
        self.counts.received_bytes += parser.wire_bytes
        if parser.is_reusable and self._keepalive:
            self._connection = connection
        else:
            await connection.abort()
        self._parser = None  # an idle client holds no body
        return parser
