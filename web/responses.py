"""Builds answers from pieces, in steps, so that a big one never holds up a scrape.

Takes an iterable of text pieces; gives a whole response, gzipped where the client takes it and
it pays. Between pieces it lets others run after at most STEP_S.
"""

import zlib
from collections.abc import Iterable, Mapping
from time import perf_counter

from web.answer import Response
from web.pages.frame import CONTENT_SECURITY_POLICY
from web.request import Request
from web.turns import take_turn

STEP_S = 0.003  # DESIGN section 4, Threads: any step over a body yields every 3 ms
# Below, gzip saves less than a packet.
_GZIP_FROM_BYTES = 1400
_COMPRESS_STEP_BYTES = 65536

COMMON_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
HTML_HEADERS = {
    **COMMON_HEADERS,
    "content-security-policy": CONTENT_SECURITY_POLICY,
    # Without one a form of ours would come from nowhere (Origin: null) and be refused.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
}
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Pace:
    """Lets others run whenever STEP_S are used up."""

    def __init__(self) -> None:
        self._until = perf_counter() + STEP_S

    async def breathe(self) -> None:
        if perf_counter() >= self._until:
            await take_turn()
            self._until = perf_counter() + STEP_S


async def respond(
    request: Request,
    pieces: Iterable[str | bytes],
    media_type: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer; pages get the content security policy."""
    pace = Pace()
    body = bytearray()
    for piece in pieces:
        body += piece.encode(errors="replace") if isinstance(piece, str) else piece
        await pace.breathe()
    all_headers = dict(HTML_HEADERS if media_type == HTML else COMMON_HEADERS)
    all_headers.update(headers or {})
    all_headers["vary"] = "accept, accept-encoding"
    content = bytes(body)
    if len(content) >= _GZIP_FROM_BYTES and _takes_gzip(request):
        content = await _gzip(content, pace)
        all_headers["content-encoding"] = "gzip"
    return Response(content, status, all_headers, media_type)


def _takes_gzip(request: Request) -> bool:
    offered = request.headers.get("accept-encoding", "").lower().split(",")
    for offer in offered:
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def _gzip(content: bytes, pace: Pace) -> bytes:
    # Level 1: 0.6 ms for each 64 KiB and within 15 % of what level 6 reaches on such text.
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    out = bytearray()
    for start in range(0, len(content), _COMPRESS_STEP_BYTES):
        out += compressor.compress(content[start : start + _COMPRESS_STEP_BYTES])
        await pace.breathe()
    return bytes(out + compressor.flush())


async def respond_text(
    request: Request, text: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return await respond(request, [text], TEXT, status=status, headers=headers)


def wants_html(request: Request) -> bool:
    """A browser asks for text/html; curl, Prometheus and scripts do not."""
    return "text/html" in request.headers.get("accept", "")
