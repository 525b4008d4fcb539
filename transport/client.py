"""The lean HTTP/1.1 client: one origin, one keep-alive connection, one deadline for everything.

Takes a URL and settings; gives Responses.
Not concurrent-safe by design: one task uses it at a time.
"""

from collections.abc import Sequence

import attrs
import trio

from transport.auth import Identity
from transport.channel import Channel
from transport.decoding import decoded, decoded_at_once
from transport.dial import Connector
from transport.dialer import Dialer
from transport.errors import TransportError
from transport.parser import WhenTooLarge
from transport.proof import proof_of
from transport.redirect import MAX_REDIRECTS, STATUSES, redirect_of
from transport.request import Encoder, HeaderRows, Request
from transport.response import Response
from transport.scrub import without_identity
from transport.settings import HttpSettings
from transport.tls import TlsContexts
from transport.url import Url, clean_target, parse_url

# A target's client has no set of its own: 216 bytes, a thousand times.
_NO_NAMES: frozenset[str] = frozenset()


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
    is_connected: bool = False


class Client:
    """Requests to the origin of `url`. Nothing is opened before the first request.

    One connection at a time: where each request is redirected to another origin, each opens two.
    A URL that always redirects is better replaced by where it leads.

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
        self._other: tuple[str, Url] | tuple[None, None] = (None, None)
        configured = _NO_NAMES
        if settings.headers:
            configured = frozenset(name.lower() for name in settings.headers)
        self._dialer = Dialer(
            settings,
            contexts,
            connect_timeout_s=connect_timeout_s,
            unix_socket=unix_socket,
            connector=connector,
        )
        self._channel = Channel(
            self._dialer,
            Encoder(user_agent, keepalive=keepalive, configured=configured),
            keepalive=keepalive,
            max_header_bytes=max_header_bytes,
        )
        self._proof = proof_of(settings, contexts.sources)
        self._requests = self._failures = self._redirects = 0

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
        self._channel.begin()
        with trio.CancelScope(deadline=trio.current_time() + timeout_s):
            try:
                return await self._follow(request)
            except TransportError:
                self._failures += 1
                raise
        self._failures += 1
        raise self._channel.late(timeout_s)

    async def aclose(self) -> None:
        """Close the connection, if one is open. The client can be used again."""
        await self._channel.close()

    def statistics(self) -> ClientStatistics:
        counts = self._channel.counts
        return ClientStatistics(
            self._requests,
            self._failures,
            counts.connects,
            counts.stale_retries,
            self._redirects,
            counts.sent_bytes,
            counts.received_bytes,
            self._channel.is_connected,
        )

    def __repr__(self) -> str:
        url = self._url.place if isinstance(self._url, Url) else "of a bad URL"
        return f"<Client {url} {'connected' if self._channel.is_connected else 'idle'}>"

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
        hops = 0
        while True:
            identity = await self._lines(request) if request.has_identity else b""
            parser = await self._channel.exchange(request, identity)
            body = parser.take_body()
            response = decoded_at_once(parser, body, request.max_body_bytes)
            if response is None:
                response = await decoded(parser, body, request)
            if self._channel.was_resent:
                response = attrs.evolve(response, is_resent=True)
            if response.status >= 400 and identity:
                response = attrs.evolve(response, body=without_identity(response.body, identity))
            if self._proof is not None and request.has_identity:
                self._proof.answered(response)
            # Fast path: no redirect.
            if response.status not in STATUSES or not self._follow_redirects:
                return response
            following = self._redirected(request, response)
            if following is None:
                return response
            request = following
            self._redirects += 1
            hops += 1
            if hops > MAX_REDIRECTS:
                raise _too_many(request, response)

    async def _lines(self, request: Request) -> bytes:
        """The header lines that say who we are."""
        lines = self._identity.lines()
        # Fast path: nothing has to be fetched or signed.
        if self._proof is None:
            return lines
        proof = self._proof.maybe_lines(request)
        if proof is None:
            self._dialer.phase = self._proof.what
            proof = await self._proof.lines(request)
        return lines + proof

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


def _too_many(request: Request, response: Response) -> TransportError:
    message = f"more than {MAX_REDIRECTS} redirects, the last one to {request.url.place}"
    return TransportError("protocol", message, status=response.status, may_have_arrived=True)
