"""From what the parser read to a Response: the body inflated, other tasks let in between.

Takes a parser that is complete; gives a Response.
"""

import trio

from transport.errors import TransportError, shown
from transport.inflate import Inflation, inflate_short
from transport.parser import ResponseParser
from transport.response import Response

_IDENTITY = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})  # RFC 9110 8.4.1.3: the same


async def decoded(parser: ResponseParser, max_body_bytes: int, *, is_lenient: bool) -> Response:
    """Raises TransportError: too_large, protocol; lenient gives what can be had instead."""
    body = parser.body
    encoding = parser.header("content-encoding").lower()
    is_truncated = parser.is_truncated
    if body and encoding not in _IDENTITY:
        try:
            body, is_cut = await _inflated(body, encoding, max_body_bytes, is_lenient)
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
    # Fast path: a page of some hundred series.
    short = inflate_short(body, max_bytes)
    if short is not None:
        return short, False
    inflation = Inflation(body, max_bytes, is_lenient=is_lenient)
    pieces = []
    for piece in inflation.steps():
        pieces.append(piece)
        await trio.lowlevel.checkpoint()
    return b"".join(pieces), inflation.is_truncated
