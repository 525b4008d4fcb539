"""The lean HTTP/1.1 client: one origin, one keep-alive connection, one deadline for everything.

Takes a URL and settings; gives Responses.
Invariant: a connection on which anything went wrong, or on which more came than was asked for,
is closed, and so is one whose exchange was cancelled.
Not concurrent-safe by design: one task uses it at a time.
"""

from collections.abc import Sequence

import attrs
import trio

from transport.auth import Identity
from transport.connection import Connection
from transport.decoding import decoded
from transport.dial import Connector
from transport.dialer import Dialer
from transport.errors import TransportError
from transport.parser import ResponseParser, WhenTooLarge
from transport.redirect import MAX_REDIRECTS, STATUSES, redirect_of
from transport.request import Encoder, HeaderRows, Request
from transport.response import Response
from transport.settings import HttpSettings
from transport.tls import TlsContexts
from transport.url import Url, clean_target, parse_url


@attrs.frozen
class ClientStatistics:
    """Counts since the client was made."""

    requests: int
    failures: int
    connects: int
    stale_retries: int
    redirects: int
    sent_bytes: int
    received_bytes: int


class Client:
    """Requests to the origin of `url`. Nothing is opened before the first request.

    `unix_socket`: the path of a socket to connect to instead of the URL's host.
    `connector`: opens byte streams in place of TCP; for tests.
    """

    def __init__(
        self,
        url: str,
        settings: HttpSettings,
        *,
        contexts: TlsContexts,
        user_agent: str,
        max_header_bytes: int = 65536,
        keepalive: bool = True,
        connect_timeout_s: float = 20,
        unix_socket: str = "",
        connector: Connector | None = None,
    ) -> None:
        # A bad URL is told by each request, so that one bad target is a failure like any other.
        self._url: Url | TransportError
        try:
            self._url = parse_url(url)
            self._identity = Identity(settings, self._url.username, self._url.password.reveal())
        except TransportError as exc:
            self._url = exc
            self._identity = Identity(settings)
        self._follow_redirects = settings.follow_redirects
        self._max_header_bytes = max_header_bytes
        self._keepalive = keepalive
        configured = frozenset(name.lower() for name in settings.headers)
        self._encoder = Encoder(user_agent, keepalive=keepalive, configured=configured)
        self._dialer = Dialer(
            settings,
            contexts,
            connect_timeout_s=connect_timeout_s,
            unix_socket=unix_socket,
            connector=connector,
        )
        self._connection: Connection | None = None
        self._other: tuple[str, Url] | tuple[None, None] = (None, None)
        self._parser: ResponseParser | None = None
        self._requests = self._failures = self._connects = 0
        self._stale_retries = self._redirects = 0
        self._sent_bytes = self._received_bytes = 0

    async def request(
        self,
        method: str,
        *,
        target: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeout_s: float,
        max_body_bytes: int,
        when_too_large: WhenTooLarge = "refuse",
    ) -> Response:
        """The answer, redirects followed, its body inflated. Raises TransportError.

        `timeout_s` bounds everything. A body of more than `max_body_bytes` (inflated) is refused,
        or with "cut" given as far as it fits (for the texts of errors).
        """
        self._requests += 1
        request = self._first(method, target, tuple(headers), body, max_body_bytes, when_too_large)
        with trio.CancelScope(deadline=trio.current_time() + timeout_s):
            try:
                return await self._follow(request)
            except TransportError:
                self._failures += 1
                raise
        self._failures += 1
        raise self._late(timeout_s)

    async def aclose(self) -> None:
        """Close the connection, if one is open. The client can be used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.abort()

    def statistics(self) -> ClientStatistics:
        return ClientStatistics(
            self._requests,
            self._failures,
            self._connects,
            self._stale_retries,
            self._redirects,
            self._sent_bytes,
            self._received_bytes,
        )

    def __repr__(self) -> str:
        url = self._url if isinstance(self._url, Url) else "of a bad URL"
        return f"<Client {url} {'connected' if self._connection else 'idle'}>"

    def _first(
        self,
        method: str,
        target: str | None,
        headers: HeaderRows,
        body: bytes,
        max_body_bytes: int,
        when_too_large: WhenTooLarge,
    ) -> Request:
        url = self._url
        if isinstance(url, TransportError):
            self._failures += 1
            raise TransportError(url.kind, str(url)) from url
        if target is not None and target != url.target:
            if target != self._other[0]:
                self._other = (target, attrs.evolve(url, target=clean_target(target)))
            url = self._other[1]
        return Request(method, url, headers, body, True, max_body_bytes, when_too_large)

    async def _follow(self, request: Request) -> Response:
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._exchange(request)
            if response.status not in STATUSES or not self._follow_redirects:
                return response
            following = self._redirected(request, response)
            if following is None:
                return response
            request = following
            self._redirects += 1
        message = f"more than {MAX_REDIRECTS} redirects, the last one to {request.url}"
        raise TransportError("protocol", message, status=response.status, may_have_arrived=True)

    def _redirected(self, request: Request, response: Response) -> Request | None:
        location = response.header("location")
        redirect = redirect_of(response.status, location, request.method, request.url)
        if redirect is None:
            return None
        return attrs.evolve(
            request,
            method=redirect.method,
            url=redirect.url,
            body=request.body if redirect.keeps_body else b"",
            # Once at a stranger's, credentials stay at home even if he sends us back.
            has_identity=request.has_identity and redirect.keeps_identity,
        )

    async def _exchange(self, request: Request) -> Response:
        """One request, one answer. A connection found stale is replaced once, at once."""
        self._parser = None
        data = self._encoder.encode(
            request, self._identity.lines() if request.has_identity else b""
        )
        connection = await self._usable_connection(request)
        if connection is not None:
            try:
                return await self._exchange_on(connection, request, data)
            except TransportError as exc:
                # Only when no byte came: then the server closed it before it saw the request
                # (RFC 9112 9.3.1), or so it must be assumed of a connection that was idle.
                if exc.kind != "closed" or self._parser is None or self._parser.wire_bytes:
                    raise
                self._stale_retries += 1
                self._parser = None
        connection = await self._dialer.open(request.url.origin)
        self._connects += 1
        return await self._exchange_on(connection, request, data)

    async def _usable_connection(self, request: Request) -> Connection | None:
        connection = self._connection
        if connection is None:
            return None
        origin = request.url.origin
        if (
            connection.origin == origin
            and connection.is_quiet()
            and connection.token is self._dialer.token(origin)
        ):
            return connection
        await self.aclose()
        return None

    async def _exchange_on(self, connection: Connection, request: Request, data: bytes) -> Response:
        # Taken out while it is in use: whatever happens, only a clean end puts it back.
        self._connection = None
        self._parser = parser = ResponseParser(
            request.method,
            max_header_bytes=self._max_header_bytes,
            max_body_bytes=request.max_body_bytes,
            when_too_large=request.when_too_large,
        )
        self._sent_bytes += len(data)
        try:
            await connection.exchange(data, parser)
        except BaseException:
            self._received_bytes += parser.wire_bytes
            await connection.abort()
            raise
        self._received_bytes += parser.wire_bytes
        if parser.is_reusable and self._keepalive:
            self._connection = connection
        else:
            await connection.abort()
        is_lenient = request.when_too_large == "cut"
        return await decoded(parser, request.max_body_bytes, is_lenient=is_lenient)

    def _late(self, timeout_s: float) -> TransportError:
        parser = self._parser
        if parser is None:
            return TransportError(
                "timeout", f"{self._dialer.phase} took longer than {timeout_s:g}s"
            )
        if not parser.wire_bytes:
            what = "no answer"
        else:
            part = "body" if parser.has_head else "headers"
            what = f"the answer's {part} had not come whole"
        message = f"{what} within {timeout_s:g}s ({parser.wire_bytes} bytes came)"
        status = parser.status if parser.has_head else None
        return TransportError("timeout", message, status=status, may_have_arrived=True)
