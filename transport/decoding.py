"""From what the parser read to a Response: the body inflated, other tasks let in between.

Takes a parser that is complete and the body it read; gives a Response.
"""

import trio

from transport.errors import TransportError, shown
from transport.inflate import Inflation, inflate_short
from transport.parser import ResponseParser
from transport.request import Request
from transport.response import Response

_IDENTITY = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})  # RFC 9110 8.4.1.3: the same


def decoded_at_once(parser: ResponseParser, body: bytes, max_body_bytes: int) -> Response | None:
    """The Response if little work makes it, as for a page of some hundred series; else None."""
    encoding = parser.header("content-encoding")
    if encoding and body:
        short = inflate_short(body, max_body_bytes) if encoding == "gzip" else None
        if short is None:
            return None
        body = short
    return Response(parser.status, parser.headers, body, parser.wire_bytes, parser.is_truncated)


async def decoded(parser: ResponseParser, body: bytes, request: Request) -> Response:
    """Raises TransportError: too_large, protocol; "cut" gives what can be had instead."""
    encoding = parser.header("content-encoding").lower()
    is_lenient = request.when_too_large == "cut"
    is_truncated = parser.is_truncated
    if body and encoding not in _IDENTITY:
        try:
            body, is_cut = await _inflated(body, encoding, request.max_body_bytes, is_lenient)
        except TransportError as exc:
            exc.status, exc.may_have_arrived = parser.status, True
            raise
        is_truncated |= is_cut
    return Response(parser.status, parser.headers, body, parser.wire_bytes, is_truncated)


async def _inflated(
    body: bytes, encoding: str, max_bytes: int, is_lenient: bool
) -> tuple[bytes, bool]:
    if encoding not in _GZIP:
        if is_lenient:
            return body, False
        message = f"unknown Content-Encoding {shown(encoding)}; only gzip was offered"
        raise TransportError("protocol", message)
    inflation = Inflation(body, max_bytes, is_lenient=is_lenient)
    pieces = []
    for piece in inflation.steps():
        pieces.append(piece)
        await trio.lowlevel.checkpoint()
    return b"".join(pieces), inflation.is_truncated
