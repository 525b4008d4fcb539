"""Opens byte streams to hosts: names resolved anew each time, all addresses tried.

Takes a host and a port, or the path of a unix socket; gives a connected stream.
Invariant: a socket that did not become the result is closed, also when cancelled.
"""

import itertools
import socket
from collections.abc import Awaitable, Callable, Sequence

import trio

from transport.errors import TransportError, reason_of
from transport.socket_stream import SocketStream

# How a client gets from host and port to a stream; tests give memory streams.
Connector = Callable[[str, int], Awaitable[trio.abc.Stream]]

Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]

# RFC 8305 section 5: the next address is tried when the one before has not answered for so long.
ATTEMPT_DELAY_S = 0.25

# A resolver that hangs keeps its thread for long (30 s and more), and an abandoned thread keeps
# its token: with the threads of its own, name service cannot starve the queue's disk calls.
_RESOLVER_THREADS = 16
_limiter: trio.lowlevel.RunVar[trio.CapacityLimiter] = trio.lowlevel.RunVar("resolver_limiter")


# Which address begins, with `round_robin_dns`: the connections of the whole process take turns.
_turns = itertools.count()


async def connect_tcp(host: str, port: int) -> SocketStream:
    """Raises TransportError (resolve, connect)."""
    return await _connect(await resolve(host, port), host, port)


async def connect_in_turn(host: str, port: int) -> SocketStream:
    """The same, beginning with another address each time. Raises TransportError."""
    return await _connect(in_turn(await resolve(host, port), next(_turns)), host, port)


def in_turn(addresses: Sequence[Address], turn: int) -> list[Address]:
    """Rotated: name service may give them in the same order always."""
    first = turn % len(addresses)
    return [*addresses[first:], *addresses[:first]]


async def _connect(addresses: Sequence[Address], host: str, port: int) -> SocketStream:
    # Fast path: one address, so there is nothing to race.
    if len(addresses) == 1:
        return await _connect_one(addresses[0], f"{host}:{port}")
    return await _connect_any(addresses, f"{host}:{port}")


async def connect_unix(path: str) -> SocketStream:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    trio_socket = trio.socket.from_stdlib_socket(sock)
    try:
        await trio_socket.connect(path)
    except OSError as exc:
        trio_socket.close()
        raise TransportError("connect", f"cannot connect to {path}: {reason_of(exc)}") from exc
    except BaseException:
        trio_socket.close()
        raise
    return _taken_over(trio_socket)


async def resolve(host: str, port: int) -> Sequence[Address]:
    """The addresses of `host`, in the order to try them. Raises TransportError (resolve)."""
    # Fast path: a literal address needs no name service, so no thread.
    literal = _literal(host, port)
    if literal is not None:
        return [literal]
    try:
        found = await trio.to_thread.run_sync(
            _getaddrinfo, host, port, abandon_on_cancel=True, limiter=_resolver_limiter()
        )
    except (OSError, UnicodeError) as exc:
        message = f"cannot resolve {host}: {reason_of(exc)}"
        raise TransportError("resolve", message) from exc
    return _alternate(found)


def _getaddrinfo(host: str, port: int) -> list[Address]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # dict: name service lists an address twice where /etc/hosts does.
    return list(dict.fromkeys((row[0], row[4]) for row in rows))  # type: ignore[misc]


def _literal(host: str, port: int) -> Address | None:
    try:
        flags = socket.AI_NUMERICHOST
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except OSError:
        return None
    return (rows[0][0], rows[0][4])  # type: ignore[return-value]


def _alternate(addresses: Sequence[Address]) -> list[Address]:
    """RFC 8305 section 4: the families take turns, the resolver's first one begins."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    other = [address for address in addresses if address[0] != addresses[0][0]]
    result: list[Address] = []
    for index in range(max(len(first), len(other))):
        result += first[index : index + 1] + other[index : index + 1]
    return result


def _resolver_limiter() -> trio.CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = trio.CapacityLimiter(_RESOLVER_THREADS)
        _limiter.set(limiter)
        return limiter


async def _connect_one(address: Address, name: str) -> SocketStream:
    family, place = address
    try:
        trio_socket = trio.socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:
        raise TransportError("connect", f"cannot open a socket: {reason_of(exc)}") from exc
    try:
        await trio_socket.connect(place)
    except OSError as exc:
        trio_socket.close()
        where = name if name.startswith(place[0]) else f"{name} ({place[0]})"
        raise TransportError("connect", f"cannot connect to {where}: {reason_of(exc)}") from exc
    except BaseException:
        trio_socket.close()
        raise
    return _taken_over(trio_socket)


async def _connect_any(addresses: Sequence[Address], name: str) -> SocketStream:
    """The first connection that stands (RFC 8305 section 5)."""
    winners: list[SocketStream] = []
    failures: list[TransportError] = []

    async def attempt(address: Address, done: trio.Event, race: trio.CancelScope) -> None:
        try:
            stream = await _connect_one(address, name)
        except TransportError as exc:
            failures.append(exc)
            done.set()
            return
        if winners:
            stream.close()
        else:
            winners.append(stream)
        race.cancel()

    try:
        async with trio.open_nursery() as nursery:
            for address in addresses:
                done = trio.Event()
                nursery.start_soon(attempt, address, done, nursery.cancel_scope)
                with trio.move_on_after(ATTEMPT_DELAY_S):
                    await done.wait()
    except BaseException:
        for stream in winners:
            stream.close()
        raise
    if winners:
        return winners[0]
    reasons = "; ".join(dict.fromkeys(str(failure) for failure in failures))
    raise TransportError("connect", reasons) from failures[-1]


def _taken_over(trio_socket: trio.socket.SocketType) -> SocketStream:
    return SocketStream(socket.socket(fileno=trio_socket.detach()))
