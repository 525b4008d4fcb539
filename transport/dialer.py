"""Opens connections as the settings say: where to, through what, with which TLS.

Takes an origin; gives a Connection.
Invariant: what is half open is closed when a step fails or is cancelled.
"""

import os
import ssl

import trio

from transport.connection import Connection
from transport.dial import Connector, connect_tcp, connect_unix
from transport.errors import TransportError, reason_of
from transport.handshake import start_tls
from transport.proxy import proxy_for
from transport.settings import HttpSettings, ProxySettings
from transport.socks5 import open_socks5
from transport.tls import TlsContexts
from transport.tunnel import open_tunnel, proxy_authorization
from transport.url import Origin, Url

_NO_PROXY = ProxySettings()


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
        self._connector = connector or connect_tcp
        self._has_proxy = settings.proxy != _NO_PROXY and not unix_socket
        self.phase = ""

    def token(self, origin: Origin) -> ssl.SSLContext | None:
        """What a connection to `origin` depends on now; it is renewed when this has changed."""
        return self._contexts.context(self._settings.tls) if origin.scheme == "https" else None

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

    async def open(self, origin: Origin) -> Connection:
        """Raises TransportError."""
        context = self.token(origin)
        with trio.CancelScope() as scope:
            scope.deadline = trio.current_time() + self._connect_timeout_s
            return await self._open(origin, context)
        message = f"{self.phase} took longer than {self._connect_timeout_s:g}s"
        raise TransportError("timeout", message)

    async def _open(self, origin: Origin, context: ssl.SSLContext | None) -> Connection:
        proxy = self.proxy(origin)
        if proxy is None:
            socket = stream = await self._reach(origin)
        else:
            socket, stream = await self._reach_through(proxy, origin)
        if context is not None:
            where = self._unix_socket or origin.authority
            self.phase = f"the TLS handshake with {where}"
            name = self._settings.tls.server_name or origin.host
            stream = await start_tls(stream, context, name, where)
        return Connection(stream, socket, origin, context)

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
            context = self._contexts.context(self._settings.tls)
            stream = await start_tls(stream, context, proxy.origin.host, "it")
        if proxy.origin.scheme.startswith("socks"):
            password = proxy.password.reveal()
            await open_socks5(stream, origin.host, origin.port, proxy.username, password)
        elif origin.scheme == "https":
            await open_tunnel(stream, origin, proxy, self._settings.proxy)
        return stream
