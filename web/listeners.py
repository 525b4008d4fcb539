"""Opens what is listened on: TCP ports and unix sockets.

Takes a parsed address; gives trio listeners and the address as bound, or one clear line.
Invariant: either everything of an address is open or nothing of it.
"""

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Sequence

import attrs
import trio

from web.addresses import ListenAddress, TcpAddress, UnixAddress

BACKLOG = 128
_HINTS = {
    errno.EADDRINUSE: "is another agent running? Stop it or choose another address",
    errno.EACCES: "ports below 1024 and foreign directories need rights that this process lacks",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class ListenError(Exception):
    """An address that cannot be listened on; the cause is kept."""

    def __init__(self, address: ListenAddress, cause: OSError) -> None:
        what = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else str(cause)
        hint = _HINTS.get(cause.errno or 0)
        super().__init__(f"cannot listen on {address}: {what}" + (f" ({hint})" if hint else ""))
        self.address = address
        self.errno = cause.errno


@attrs.frozen(eq=False)
class Opened:
    """Listeners of one address; `bound` is the address with the port that was really taken."""

    bound: ListenAddress
    listeners: Sequence[trio.SocketListener]

    async def aclose(self) -> None:
        for listener in self.listeners:
            await trio.aclose_forcefully(listener)
        if isinstance(self.bound, UnixAddress):
            with contextlib.suppress(OSError):
                os.unlink(self.bound.path)


async def open_address(address: ListenAddress) -> Opened:
    """Listen on `address`. Raises ListenError."""
    try:
        if isinstance(address, UnixAddress):
            return Opened(address, [await _open_unix(address.path)])
        return await _open_tcp(address)
    except OSError as exc:
        raise ListenError(address, exc) from exc


async def _open_tcp(address: TcpAddress) -> Opened:
    hosts = await _hosts(address)
    listeners: list[trio.SocketListener] = []
    port = address.port
    try:
        for host in hosts:
            # A name with several addresses (all interfaces, localhost) and port 0 is one port:
            # the one that the first address was given.
            listeners += await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
            port = port or listeners[0].socket.getsockname()[1]
    except BaseException:
        for listener in listeners:
            await trio.aclose_forcefully(listener)
        raise
    return Opened(TcpAddress(address.host, port), listeners)


async def _hosts(address: TcpAddress) -> list[str]:
    if not address.host:
        return ["0.0.0.0", "::"] if _has_ipv6() else ["0.0.0.0"]  # noqa: S104 - what was asked for
    found = await trio.socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    hosts = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
    return list(hosts)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


async def _open_unix(path: str) -> trio.SocketListener:
    await _remove_stale(path)
    sock = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        await sock.bind(path)
        os.chmod(path, 0o660)  # whoever may write here may change state: owner and group
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return trio.SocketListener(sock)


async def _remove_stale(path: str) -> None:
    """Remove the socket that a killed process left behind; a living one is an error."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        await (await trio.open_unix_socket(path)).aclose()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        os.unlink(path)
        return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
