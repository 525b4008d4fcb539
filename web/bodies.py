"""Reads a request's body within a bound and a deadline.

Takes the request; gives the bytes, or an HTTP error that says what was wrong.
Invariant: holds at most `max_bytes`, waits at most `timeout_s` in all.
"""

from collections.abc import Awaitable, Callable

import trio

from web.answer import HttpError
from web.request import Request


async def read_body(
    request: Request,
    *,
    max_bytes: int,
    timeout_s: float,
    arrived: Callable[[int], Awaitable[None]] | None = None,
) -> bytes:
    """The whole body. Raises HttpError 413, 408, or 400 when the client breaks off.

    `arrived` is called with the size of each piece, and may make the client wait.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    with trio.move_on_after(timeout_s):
        while True:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise HttpError(400, "the client broke off before the end of the body")
            piece = message.get("body", b"")
            if len(body) + len(piece) > max_bytes:
                raise _too_large(max_bytes)
            if arrived is not None and piece:
                await arrived(len(piece))
            body += piece
            if not message.get("more_body", False):
                return bytes(body)
    raise HttpError(408, f"the body was not complete after {timeout_s:g} s")


def _too_large(max_bytes: int) -> HttpError:
    return HttpError(413, f"the body is larger than {max_bytes} bytes; send smaller requests")
