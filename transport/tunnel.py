"""Asks an HTTP proxy for a tunnel to a host (RFC 9110 9.3.6, CONNECT).

Takes a stream to the proxy; leaves it as a stream to the host.
"""

import trio

from transport.auth import basic_value, header_line
from transport.errors import TransportError
from transport.parser import ResponseParser
from transport.settings import ProxySettings
from transport.socket_stream import RECEIVE_BYTES
from transport.url import Origin, Url

_MAX_HEADER_BYTES = 16384


def proxy_authorization(proxy: Url) -> bytes:
    """The header line for a proxy whose URL has credentials, else nothing."""
    if not proxy.username and not proxy.password:
        return b""
    value = basic_value(proxy.username, proxy.password.reveal())
    return header_line("Proxy-Authorization", value)


async def open_tunnel(
    stream: trio.abc.Stream, origin: Origin, proxy: Url, settings: ProxySettings
) -> None:
    """Raises TransportError (proxy, protocol, closed)."""
    lines = [
        f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n".encode(),
        proxy_authorization(proxy),
    ]
    for name, secrets in settings.proxy_connect_header.items():
        lines += [header_line(name, secret.reveal()) for secret in secrets]
    await stream.send_all(b"".join((*lines, b"\r\n")))
    # To CONNECT, as to HEAD, an answer is its head: a body of 2xx would be the tunnel's.
    parser = ResponseParser("HEAD", max_header_bytes=_MAX_HEADER_BYTES, max_body_bytes=0)
    while not parser.is_complete:
        data = await stream.receive_some(RECEIVE_BYTES)
        if data:
            parser.feed(data)
        else:
            parser.feed_eof()
    if not 200 <= parser.status < 300:
        raise TransportError("proxy", _refusal(parser.status, origin))


def _refusal(status: int, origin: Origin) -> str:
    text = f"it refuses to connect to {origin.authority} with status {status}"
    return f"{text}; set user and password in the proxy's URL" if status == 407 else text
