"""The client's side of SOCKS 5 (RFC 1928) with user and password (RFC 1929).

Takes a host, a port and credentials; gives what to send and how many bytes to await.
The host's name goes to the proxy unresolved, as Go's client does for socks5 and socks5h alike.
Invariant: no byte behind the proxy's answer is read, it belongs to the host.
Never, but for the loop at the end: touches the network.
"""

import ipaddress
from collections.abc import Generator

import trio

from transport.errors import TransportError

_NO_AUTHENTICATION, _PASSWORD, _NONE_ACCEPTABLE = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4

_REASONS = {  # RFC 1928 section 6
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}

# What to send (may be nothing) and how many bytes of answer to give back.
Step = tuple[bytes, int]


def handshake(
    host: str, port: int, username: str = "", password: str = ""
) -> Generator[Step, bytes, None]:
    """The dialogue, step by step. Raises TransportError (proxy)."""
    methods = bytes((_NO_AUTHENTICATION, _PASSWORD) if username else (_NO_AUTHENTICATION,))
    version, method = yield bytes((5, len(methods))) + methods, 2
    if version != 5:
        raise TransportError("proxy", "it does not speak SOCKS 5")
    if method == _PASSWORD and username:
        # RFC 1929's version is 1.
        _, status = yield b"\x01" + _text(username) + _text(password), 2
        if status != 0:
            raise TransportError("proxy", "it refuses user and password of the proxy's URL")
    elif method != _NO_AUTHENTICATION:
        raise TransportError("proxy", "it wants authentication; set user and password in its URL")
    yield from _connect(host, port)


def _connect(host: str, port: int) -> Generator[Step, bytes, None]:
    request = b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big")
    version, reply, _, kind = yield request, 4
    if version != 5:
        raise TransportError("proxy", "it does not speak SOCKS 5")
    if reply != 0:
        reason = _REASONS.get(reply, f"code {reply}")
        raise TransportError("proxy", f"it cannot connect to {host}:{port}: {reason}")
    # The bound address: of no use, but to be read over.
    if kind == _NAME:
        (length,) = yield b"", 1
    elif kind in (_IPV4, _IPV6):
        length = 4 if kind == _IPV4 else 16
    else:
        raise TransportError("proxy", "its answer is not SOCKS 5")
    yield b"", length + 2


def _text(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 255:
        raise TransportError("proxy", "user or password is too long for SOCKS 5 (255 bytes)")
    return bytes((len(encoded),)) + encoded


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bytes((_NAME,)) + _text(host)
    return bytes((_IPV4 if address.version == 4 else _IPV6,)) + address.packed


async def open_socks5(
    stream: trio.abc.Stream, host: str, port: int, username: str, password: str
) -> None:
    """Run the dialogue on `stream`. Raises TransportError (proxy)."""
    dialogue = handshake(host, port, username, password)
    to_send, wanted = next(dialogue)
    while True:
        if to_send:
            await stream.send_all(to_send)
        answer = b""
        while len(answer) < wanted:
            data = await stream.receive_some(wanted - len(answer))
            if not data:
                raise TransportError("proxy", "it closed the connection in the SOCKS dialogue")
            answer += data
        try:
            to_send, wanted = dialogue.send(answer)
        except StopIteration:
            return
