"""Opens connections as the settings say: where to, through what, with which TLS.

Takes an origin; gives a Connection.
Invariant: what is half open is closed when a step fails or is cancelled.
"""

import os
import ssl
from typing import TYPE_CHECKING, TypeAlias

import trio

from transport.connection import Connection
from transport.dial import Connector, connect_in_turn, connect_tcp, connect_unix
from transport.errors import TransportError, reason_of
from transport.handshake import start_tls
from transport.proxy import proxy_for
from transport.settings import HttpSettings, ProxySettings
from transport.socks5 import open_socks5
from transport.tls import TlsContexts
from transport.tunnel import open_tunnel, proxy_authorization
from transport.url import Origin, Url

if TYPE_CHECKING:
    from transport.http2 import Http2Connection

_NO_PROXY = ProxySettings()

AnyConnection: TypeAlias = "Connection | Http2Connection"


class Stages:
    """A deadline that starts anew for the next stage."""

    __slots__ = ("scope", "timeout_s")

    def __init__(self, timeout_s: float) -> None:
        self.scope = trio.CancelScope()
        self.next(timeout_s)

    def next(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.scope.deadline = trio.current_time() + timeout_s


class Dialer:
    """`phase` says what is being waited for, for the message of a time-out."""

    __slots__ = (
        "_connect_timeout_s",
        "_connector",
        "_contexts",
        "_has_proxy",
        "_settings",
        "_unix_socket",
        "phase",
    )

    def __init__(
        self,
        settings: HttpSettings,
        contexts: TlsContexts,
        *,
        connect_timeout_s: float,
        unix_socket: str = "",
        connector: Connector | None = None,
    ) -> None:
        self._settings = settings
        self._contexts = contexts
        self._connect_timeout_s = connect_timeout_s
        self._unix_socket = unix_socket
        self._connector = connector or (
            connect_in_turn if settings.round_robin_dns else connect_tcp
        )
        self._has_proxy = settings.proxy != _NO_PROXY and not unix_socket
        self.phase = ""

    def is_current(self, connection: AnyConnection) -> bool:
        """Nothing that the connection depends on has changed since it was opened."""
        if connection.origin.scheme != "https":
            return True
        http2 = self._settings.offers_http2
        return connection.token is self._contexts.maybe_context(self._settings.tls, http2=http2)

    async def _wait_context(self, *, http2: bool = False) -> ssl.SSLContext:
        return await self._contexts.wait_context(self._settings.tls, http2=http2)

    def proxy(self, origin: Origin) -> Url | None:
        """The proxy that leads to `origin`. Raises TransportError when its URL is bad."""
        # Fast path: no proxy is configured.
        if not self._has_proxy:
            return None
        return proxy_for(self._settings.proxy, origin, os.environ)

    def forwarding(self, origin: Origin) -> bytes | None:
        """None: the server is spoken to. Else a proxy is, and gets these header lines too."""
        proxy = self.proxy(origin)
        if proxy is None or origin.scheme == "https" or proxy.origin.scheme.startswith("socks"):
            return None
        return proxy_authorization(proxy)

    async def open(self, origin: Origin) -> AnyConnection:
        """Raises TransportError. The TLS handshake has a time-out of its own."""
        stages = Stages(self._connect_timeout_s)
        with stages.scope:
            return await self._open(origin, stages)
        message = f"{self.phase} took longer than {stages.timeout_s:g}s"
        raise TransportError("timeout", message)

    async def _open(self, origin: Origin, stages: Stages) -> AnyConnection:
        proxy = self.proxy(origin)
        if proxy is None:
            socket = stream = await self._reach(origin)
        else:
            socket, stream = await self._reach_through(proxy, origin)
        if origin.scheme != "https":
            return Connection(stream, socket, origin, None)
        where = self._unix_socket or origin.authority
        self.phase = f"the TLS handshake with {where}"
        stages.next(self._settings.tls_handshake_timeout_s)
        try:
            context = await self._wait_context(http2=self._settings.offers_http2)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        name = self._settings.tls.server_name or origin.host
        tls = await start_tls(stream, context, name, where)
        if tls.selected_alpn_protocol() == "h2":
            from transport.http2 import Http2Connection  # late: few need it

            return Http2Connection(tls, socket, origin, context)
        return Connection(tls, socket, origin, context)

    async def _reach(self, origin: Origin) -> trio.abc.Stream:
        self.phase = f"connecting to {self._unix_socket or origin.authority}"
        if self._unix_socket:
            return await connect_unix(self._unix_socket)
        return await self._connector(origin.host, origin.port)

    async def _reach_through(
        self, proxy: Url, origin: Origin
    ) -> tuple[trio.abc.Stream, trio.abc.Stream]:
        """The socket to the proxy, and the stream on it that leads to `origin`."""
        name = f"the proxy {proxy.origin}"
        self.phase = f"connecting to {name}"
        try:
            socket = await self._connector(proxy.origin.host, proxy.origin.port)
            self.phase = f"waiting for {name} to connect to {origin.authority}"
            try:
                return socket, await self._pass(socket, proxy, origin)
            except BaseException:
                await trio.aclose_forcefully(socket)
                raise
        except TransportError as exc:
            raise TransportError("proxy", f"{name}: {exc}") from exc
        except trio.BrokenResourceError as exc:
            message = f"{name}: the connection broke: {reason_of(exc)}"
            raise TransportError("proxy", message) from exc

    async def _pass(self, stream: trio.abc.Stream, proxy: Url, origin: Origin) -> trio.abc.Stream:
        """Make the proxy connect to `origin`, unless it will be told with each request."""
        if proxy.origin.scheme == "https":
            context = await self._wait_context()
            stream = await start_tls(stream, context, proxy.origin.host, "it")
        if proxy.origin.scheme.startswith("socks"):
            password = proxy.password.reveal()
            await open_socks5(stream, origin.host, origin.port, proxy.username, password)
        elif origin.scheme == "https":
            await open_tunnel(stream, origin, proxy, self._settings.proxy)
        return stream
