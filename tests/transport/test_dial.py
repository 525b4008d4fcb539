"""Addresses and their order, and connections over loopback."""

import socket
from collections.abc import Sequence

import pytest
import trio

from transport import dial
from transport.dial import Address, connect_in_turn, connect_tcp, in_turn, resolve
from transport.errors import TransportError
from transport.socket_stream import SocketStream

V4, V6 = socket.AF_INET, socket.AF_INET6


def four(last: int) -> Address:
    return (V4, (f"127.0.0.{last}", 1))


def six(last: int) -> Address:
    return (V6, (f"::{last}", 1, 0, 0))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([four(1)], [four(1)], id="one"),
        pytest.param(
            [six(1), six(2), four(1)], [six(1), four(1), six(2)], id="families take turns"
        ),
        pytest.param(
            [four(1), four(2), six(1), four(3)],
            [four(1), six(1), four(2), four(3)],
            id="the first one's family begins",
        ),
    ],
)
def test_the_order_of_addresses(found: Sequence[Address], expected: Sequence[Address]) -> None:
    assert dial._alternate(found) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("127.0.0.1", (V4, ("127.0.0.1", 9)), id="IPv4"),
        pytest.param("::1", (V6, ("::1", 9, 0, 0)), id="IPv6"),
    ],
)
async def test_a_literal_address_needs_no_name_service(host: str, expected: Address) -> None:
    assert await resolve(host, 9) == [expected]


@pytest.fixture
def listener() -> object:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


async def test_both_ends_are_joined(listener: socket.socket) -> None:
    stream = await connect_tcp("127.0.0.1", listener.getsockname()[1])
    peer, _ = listener.accept()
    with peer:
        peer.sendall(b"hello")
        assert await stream.receive_some() == b"hello"
        await stream.send_all(b"world")
        assert peer.recv(10) == b"world"
    await stream.aclose()
    await stream.aclose()


async def test_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as exc:
        pytest.skip(f"this machine has no IPv6 loopback: {exc}")
    with listener:
        stream = await connect_tcp("::1", listener.getsockname()[1])
        await stream.aclose()


async def test_the_first_address_that_answers_wins(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    closed: Address = (V4, ("127.0.0.1", free_port()))
    open_: Address = (V4, ("127.0.0.1", port))
    stream = await dial._connect_any([closed, open_, closed], "name:1")
    assert stream._sock.getpeername() == ("127.0.0.1", port)
    await stream.aclose()


async def test_when_none_answers_all_are_named() -> None:
    port = free_port()
    addresses: list[Address] = [(V4, ("127.0.0.1", port)), (V4, ("127.0.0.2", port))]
    words = r"name:1 \(127.0.0.1\): Connection refused; .* \(127.0.0.2\): Connection refused"
    with pytest.raises(TransportError, match=words) as caught:
        await dial._connect_any(addresses, "name:1")
    assert caught.value.kind == "connect"


async def test_nobody_listens() -> None:
    port = free_port()
    with pytest.raises(TransportError, match=f"cannot connect to 127.0.0.1:{port}: Connection ref"):
        await connect_tcp("127.0.0.1", port)


async def test_no_such_unix_socket() -> None:
    with pytest.raises(TransportError, match="cannot connect to /no/socket: No such file"):
        await dial.connect_unix("/no/socket")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pair() -> tuple[SocketStream, socket.socket]:
    ours, theirs = socket.socketpair()
    return SocketStream(ours), theirs


async def test_quiet_until_something_comes() -> None:
    stream, peer = pair()
    with peer:
        assert stream.is_quiet()
        peer.sendall(b"x")
        assert not stream.is_quiet()
        assert await stream.receive_some() == b"x"
        assert stream.is_quiet()
    assert not stream.is_quiet()
    assert await stream.receive_some() == b""
    await stream.aclose()


async def test_what_the_kernel_does_not_take_at_once_is_sent_later() -> None:
    stream, peer = pair()
    size = 4 * 2**20
    received = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, bytes(size))
        with peer:
            peer.setblocking(False)
            while received < size:
                await trio.lowlevel.wait_readable(peer)
                received += len(peer.recv(2**20))
    assert received == size
    await stream.aclose()


async def test_a_peer_that_is_gone() -> None:
    stream, peer = pair()
    peer.close()
    with pytest.raises(trio.BrokenResourceError):
        await stream.send_all(bytes(2**20))
    await stream.aclose()


async def test_closing_wakes_who_waits() -> None:
    stream, peer = pair()
    with peer:
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(trio.ClosedResourceError):
                    await stream.receive_some()

            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            stream.close()


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        pytest.param(0, [four(1), four(2), four(3)], id="the first begins"),
        pytest.param(1, [four(2), four(3), four(1)], id="then the second, the others behind it"),
        pytest.param(5, [four(3), four(1), four(2)], id="and so round"),
    ],
)
def test_addresses_in_turn(turn: int, expected: Sequence[Address]) -> None:
    assert in_turn([four(1), four(2), four(3)], turn) == expected


async def test_connections_in_turn(listener: socket.socket) -> None:
    for _ in range(2):
        async with await connect_in_turn("127.0.0.1", listener.getsockname()[1]):
            pass
