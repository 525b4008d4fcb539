"""Reads a request's body within a bound and a deadline.

Takes the request; gives the bytes, whole or in pieces, or an HTTP error that says what was wrong.
Invariant: holds at most `max_bytes`, waits at most `timeout_s` in all.
"""

from collections.abc import Awaitable, Callable

import trio

from web.answer import HttpError
from web.request import Request

# Smaller pieces are put together: each costs as much again as an object.
PIECE_BYTES = 65_536


async def read_body(request: Request, *, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body. Raises HttpError 413, 408, or 400 when the client breaks off."""
    return b"".join(await read_pieces(request, max_bytes=max_bytes, timeout_s=timeout_s))


async def read_pieces(
    request: Request,
    *,
    max_bytes: int,
    timeout_s: float,
    arrived: Callable[[int], Awaitable[None]] | None = None,
) -> list[bytes]:
    """The same in pieces, since joining 32 MiB takes 16 ms; all but the last are PIECE_BYTES or
    more. `arrived` is called with the size of what is about to be kept, and may make the client
    wait, which is not held against it."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    pieces: list[bytes] = []
    open_piece = bytearray()
    size = 0
    with trio.move_on_after(timeout_s) as waiting:
        while True:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise HttpError(400, "the client broke off before the end of the body")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > max_bytes:
                raise _too_large(max_bytes)
            if arrived is not None and part:
                left_s = waiting.deadline - trio.current_time()
                waiting.deadline = float("inf")
                await arrived(len(part))
                waiting.deadline = trio.current_time() + left_s
            open_piece += part
            is_last = not message.get("more_body", False)
            if open_piece and (is_last or len(open_piece) >= PIECE_BYTES):
                pieces.append(bytes(open_piece))
                open_piece.clear()
            if is_last:
                return pieces
    raise HttpError(408, f"the body was not complete after {timeout_s:g} s")


def _too_large(max_bytes: int) -> HttpError:
    return HttpError(413, f"the body is larger than {max_bytes} bytes; send smaller requests")
