"""Undoes `Content-Encoding: gzip`, bounded.

Takes the body as it was sent; gives it inflated, in steps short enough to yield between them.
Invariant: never more than `max_bytes` plus one step's output is held, whatever the body claims.
"""

from collections.abc import Iterator
from typing import Any

from transport.errors import TransportError

# isal inflates three to four times as fast as zlib; where it has no wheel, zlib serves.
_zlib: Any
try:
    from isal import isal_zlib as _zlib
except ImportError:
    import zlib as _zlib

_ZlibError: type[Exception] = _zlib.error

GZIP_WBITS = 31  # a gzip wrapper and the largest window
_MAGIC = b"\x1f\x8b\x08"

# One step's output: zlib, the slower of the two, takes 2.6 ms for it.
STEP_BYTES = 2**20

# Deflate cannot do better than 258 bytes for 2 bits, so the output of a short body is bounded
# without watching it (https://zlib.net/zlib_tech.html, "Maximum Compression Factor").
MAX_RATIO = 1032
_UNWATCHED_BYTES = 16 * 2**20


def inflate_short(data: bytes, max_bytes: int) -> bytes | None:
    """The inflated body if it is plainly one short gzip member, else None: take the long way.

    The module's one-shot function takes half the time of its object, but it ignores what follows
    the first member; so the trailer's size must fit and no second member may be in sight.
    """
    if len(data) * MAX_RATIO > min(max_bytes, _UNWATCHED_BYTES) or data.find(_MAGIC, 3) >= 0:
        return None
    try:
        body: bytes = _zlib.decompress(data, wbits=GZIP_WBITS)
    except _ZlibError:
        return None
    return body if int.from_bytes(data[-4:], "little") == len(body) else None


class Inflation:
    """Takes a gzip body apart step by step, all members of it (RFC 1952 2.2).

    `is_truncated`: there is more than `max_bytes`, and `is_lenient` asked for what fits.
    """

    def __init__(self, data: bytes, max_bytes: int, *, is_lenient: bool = False) -> None:
        self._data = data
        self._max_bytes = max_bytes
        self._is_lenient = is_lenient
        self.is_truncated = False

    def steps(self) -> Iterator[bytes]:
        """Raises TransportError: too_large, or protocol when it is not gzip or ends early.

        A lenient inflation ends there instead of raising.
        """
        try:
            yield from self._strict_steps()
        except TransportError as exc:
            if not self._is_lenient:
                raise
            self.is_truncated = exc.kind == "too_large"

    def _strict_steps(self) -> Iterator[bytes]:
        room = self._max_bytes
        while self._data:
            member: Any = _zlib.decompressobj(wbits=GZIP_WBITS)
            while not member.eof:
                piece = self._step(member, min(STEP_BYTES, room + 1))
                yield piece[:room]
                room -= len(piece)
                if room < 0:
                    limit = self._max_bytes
                    message = f"the inflated body is larger than the limit of {limit} bytes"
                    raise TransportError("too_large", message)
            self._data = member.unused_data

    def _step(self, member: Any, max_bytes: int) -> bytes:
        try:
            piece: bytes = member.decompress(self._data, max_bytes)
        except _ZlibError as exc:
            raise TransportError("protocol", f"the gzip body is damaged: {exc}") from exc
        self._data = member.unconsumed_tail
        if not piece and not self._data and not member.eof:
            raise TransportError("protocol", "the gzip body ends too early")
        return piece
