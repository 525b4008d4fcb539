import pytest
import trio
from trio.testing import MockClock

from web.answer import HttpError
from web.asgi import Message
from web.bodies import PIECE_BYTES, read_body, read_pieces
from web.request import Request


def request(
    *pieces: bytes, length: str | None = None, pause_s: float = 0, end: bool = True
) -> Request:
    """A request whose body comes in pieces; without `end` the client breaks off."""
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    messages.append(
        {"type": "http.request", "body": b"", "more_body": False}
        if end
        else {"type": "http.disconnect"}
    )

    async def receive() -> Message:
        await trio.sleep(pause_s)
        return messages.pop(0)

    headers = [] if length is None else [(b"content-length", length.encode())]
    return Request({"type": "http", "headers": headers}, receive)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_the_pieces_of_a_body(clock: MockClock) -> None:
    assert await read_body(request(b"ab", b"", b"c"), max_bytes=3, timeout_s=1) == b"abc"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param(request(length="11"), 413, id="announced too large"),
        pytest.param(request(b"x" * 6, b"x" * 6), 413, id="too large"),
        pytest.param(request(*[b"x"] * 5, pause_s=10), 408, id="too slow"),
        pytest.param(request(b"x", end=False), 400, id="broken off"),
    ],
)
async def test_a_body_that_is_not_taken(clock: MockClock, asked: Request, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        await read_body(asked, max_bytes=10, timeout_s=30)
    assert caught.value.status_code == status
    assert trio.current_time() <= 40


async def test_an_odd_length_is_not_believed(clock: MockClock) -> None:
    for length in ("x", "-1", "\u00b2"):
        assert await read_body(request(b"a", length=length), max_bytes=1, timeout_s=1) == b"a"


async def test_small_pieces_are_put_together(clock: MockClock) -> None:
    asked = request(*[b"x" * 1000] * 100)
    pieces = await read_pieces(asked, max_bytes=100_000, timeout_s=1)
    assert [len(piece) >= PIECE_BYTES for piece in pieces] == [True, False]
    assert b"".join(pieces) == b"x" * 100_000


async def test_waiting_for_room_is_not_held_against_the_client(clock: MockClock) -> None:
    kept = []

    async def arrived(size: int) -> None:
        await trio.sleep(50)
        kept.append(size)

    asked = request(b"ab", b"c", pause_s=1)
    assert await read_pieces(asked, max_bytes=9, timeout_s=10, arrived=arrived) == [b"abc"]
    assert kept == [2, 1]
    slow = request(b"ab", b"c", pause_s=6)
    with pytest.raises(HttpError) as caught:
        await read_pieces(slow, max_bytes=9, timeout_s=10, arrived=arrived)
    assert caught.value.status_code == 408
