"""A TLS stream that can be half-closed, as the connection wants it.

Takes a socket and a context; gives a stream after the handshake.
Invariant: the handshake ends within its deadline.
"""

import ssl

import trio

from web.tls import HANDSHAKE_TIMEOUT_S


class TlsStream(trio.abc.HalfCloseableStream):
    """What is sent and received is encrypted on `socket_stream`."""

    def __init__(self, socket_stream: trio.SocketStream, context: ssl.SSLContext) -> None:
        self._socket_stream = socket_stream
        # https_compatible: an answer tells its length, so nobody waits for a farewell.
        self._tls: trio.SSLStream[trio.SocketStream] = trio.SSLStream(
            socket_stream, context, server_side=True, https_compatible=True
        )

    async def handshake(self) -> object:
        """The client's verified certificate, None if it showed none.

        Raises trio.TooSlowError and trio.BrokenResourceError.
        """
        with trio.fail_after(HANDSHAKE_TIMEOUT_S):
            await self._tls.do_handshake()
        return self._tls.getpeercert() or None

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._tls.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._tls.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._tls.receive_some(max_bytes)

    async def send_eof(self) -> None:
        await self._socket_stream.send_eof()

    async def aclose(self) -> None:
        await self._tls.aclose()
