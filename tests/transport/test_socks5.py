"""The dialogue of SOCKS 5, byte by byte as RFC 1928 and 1929 write it."""

import pytest
import trio
from trio.testing import memory_stream_pair

from transport.errors import TransportError
from transport.socks5 import handshake, open_socks5

Turn = tuple[bytes, bytes]

GREETING = b"\x05\x01\x00"
CONNECT_A = b"\x05\x01\x00\x03\x01a\x00\x50"
BOUND = b"\x05\x00\x00\x01", b"\x7f\x00\x00\x01\x04\x38"


def play(host: str, port: int, user: tuple[str, str], turns: list[Turn]) -> list[bytes]:
    """What is left to answer when the dialogue has ended; each turn's request is checked."""
    dialogue = handshake(host, port, *user)
    step = next(dialogue)
    for request, reply in turns:
        assert step == (request, len(reply))
        try:
            step = dialogue.send(reply)
        except StopIteration:
            return [reply for _, reply in turns[turns.index((request, reply)) + 1 :]]
    raise AssertionError(f"it goes on with {step}")


@pytest.mark.parametrize(
    ("host", "user", "turns"),
    [
        pytest.param(
            "a",
            ("", ""),
            [(GREETING, b"\x05\x00"), (CONNECT_A, BOUND[0]), (b"", BOUND[1])],
            id="a name goes unresolved",
        ),
        pytest.param(
            "10.0.0.1",
            ("", ""),
            [
                (GREETING, b"\x05\x00"),
                (b"\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x50", BOUND[0]),
                (b"", BOUND[1]),
            ],
            id="an IPv4 address",
        ),
        pytest.param(
            "::1%lo",
            ("", ""),
            [
                (GREETING, b"\x05\x00"),
                (b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x00\x50", b"\x05\x00\x00\x04"),
                (b"", bytes(18)),
            ],
            id="an IPv6 address, and one in the answer",
        ),
        pytest.param(
            "a",
            ("u", "pw"),
            [
                (b"\x05\x02\x00\x02", b"\x05\x02"),
                (b"\x01\x01u\x02pw", b"\x01\x00"),
                (CONNECT_A, b"\x05\x00\x00\x03"),
                (b"", b"\x02"),
                (b"", b"xy\x00\x50"),
            ],
            id="user and password; a name in the answer",
        ),
        pytest.param(
            "a",
            ("u", "pw"),
            [(b"\x05\x02\x00\x02", b"\x05\x00"), (CONNECT_A, BOUND[0]), (b"", BOUND[1])],
            id="user and password offered, not wanted",
        ),
    ],
)
def test_dialogues(host: str, user: tuple[str, str], turns: list[Turn]) -> None:
    assert play(host, 80, user, turns) == []


@pytest.mark.parametrize(
    ("user", "turns", "words"),
    [
        pytest.param(("", ""), [(GREETING, b"HT")], "does not speak SOCKS 5", id="not SOCKS"),
        pytest.param(("", ""), [(GREETING, b"\x05\xff")], "wants authentication", id="no user"),
        pytest.param(("", ""), [(GREETING, b"\x05\x02")], "wants auth", id="what was not offered"),
        pytest.param(
            ("u", "p"),
            [(b"\x05\x02\x00\x02", b"\x05\x02"), (b"\x01\x01u\x01p", b"\x01\x01")],
            "refuses user and password",
            id="a wrong password",
        ),
        pytest.param(
            ("", ""),
            [(GREETING, b"\x05\x00"), (CONNECT_A, b"\x05\x05\x00\x01")],
            "cannot connect to a:80: connection refused",
            id="nobody there",
        ),
        pytest.param(
            ("", ""),
            [(GREETING, b"\x05\x00"), (CONNECT_A, b"\x05\x63\x00\x01")],
            "code 99",
            id="an unknown reason",
        ),
        pytest.param(
            ("", ""),
            [(GREETING, b"\x05\x00"), (CONNECT_A, b"\x05\x00\x00\x09")],
            "not SOCKS 5",
            id="an unknown kind of address",
        ),
        pytest.param(("u" * 256, "p"), [(b"\x05\x02\x00\x02", b"\x05\x02")], "too long", id="long"),
    ],
)
def test_refusals(user: tuple[str, str], turns: list[Turn], words: str) -> None:
    with pytest.raises(TransportError, match=words) as caught:
        play("a", 80, user, turns)
    assert caught.value.kind == "proxy"


async def test_a_proxy_that_closes(nursery: trio.Nursery) -> None:
    ours, theirs = memory_stream_pair()
    await theirs.send_all(b"\x05")
    await theirs.send_eof()
    with pytest.raises(TransportError, match="closed the connection"):
        await open_socks5(ours, "a", 80, "", "")


async def test_nothing_behind_the_answer_is_read(nursery: trio.Nursery) -> None:
    ours, theirs = memory_stream_pair()
    await theirs.send_all(b"\x05\x00" + b"".join(BOUND) + b"the host's")
    await open_socks5(ours, "a", 80, "", "")
    assert await ours.receive_some() == b"the host's"
