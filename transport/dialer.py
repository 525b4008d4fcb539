"""Opens connections as the settings say: where to, through what, with which TLS.

Takes an origin; gives a Connection.
Invariant: what is half open is closed when a step fails or is cancelled.
"""

import ssl

import trio

from transport.connection import Connection
from transport.dial import Connector, connect_tcp, connect_unix
from transport.errors import TransportError
from transport.handshake import start_tls
from transport.settings import HttpSettings
from transport.tls import TlsContexts
from transport.url import Origin


class Dialer:
    """`phase` says what is being waited for, for the message of a time-out."""

    def __init__(
        self,
        settings: HttpSettings,
        contexts: TlsContexts,
        *,
        connect_timeout_s: float,
        unix_socket: str,
        connector: Connector | None,
    ) -> None:
        self._settings = settings
        self._contexts = contexts
        self._connect_timeout_s = connect_timeout_s
        self._unix_socket = unix_socket
        self._connector = connector or connect_tcp
        self.phase = ""

    def token(self, origin: Origin) -> ssl.SSLContext | None:
        """What a connection to `origin` depends on now; it is renewed when this has changed."""
        return self._contexts.context(self._settings.tls) if origin.scheme == "https" else None

    async def open(self, origin: Origin) -> Connection:
        """Raises TransportError."""
        token = self.token(origin)
        with trio.CancelScope() as scope:
            scope.deadline = trio.current_time() + self._connect_timeout_s
            return await self._open(origin, token)
        message = f"{self.phase} took longer than {self._connect_timeout_s:g}s"
        raise TransportError("timeout", message)

    async def _open(self, origin: Origin, context: ssl.SSLContext | None) -> Connection:
        where = self._unix_socket or origin.authority
        self.phase = f"connecting to {where}"
        if self._unix_socket:
            socket: trio.abc.Stream = await connect_unix(self._unix_socket)
        else:
            socket = await self._connector(origin.host, origin.port)
        stream = socket
        if context is not None:
            self.phase = f"the TLS handshake with {where}"
            name = self._settings.tls.server_name or origin.host
            stream = await start_tls(socket, context, name, where)
        return Connection(stream, socket, origin, context)
