"""A request and its bytes: the constant part built once, the rest joined for each request.

Takes method, URL, headers, body; gives what goes to the wire in one write.
Invariant: a header of the configuration replaces one of the same name that the caller gave.
"""

from functools import lru_cache

import attrs

from transport.auth import header_line
from transport.parser import WhenTooLarge
from transport.url import Url

HeaderRows = tuple[tuple[str, str], ...]

# Methods whose requests say how long their body is even if it is empty (RFC 9110 8.6).
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@attrs.frozen
class Request:
    """One request to one place; a redirect makes the next one.

    `has_identity`: credentials and configured headers may be sent to this place.
    """

    method: str
    url: Url
    headers: HeaderRows
    body: bytes
    has_identity: bool
    max_body_bytes: int
    when_too_large: WhenTooLarge


class Encoder:
    """Remembers the constant part of the last request, which is that of the next one mostly."""

    __slots__ = ("_configured", "_first", "_keepalive", "_key", "_rest", "_user_agent")

    def __init__(self, user_agent: str, *, keepalive: bool, configured: frozenset[str]) -> None:
        self._user_agent = user_agent
        self._keepalive = keepalive
        self._configured = configured  # names of the configuration's headers, in lower case
        self._key: tuple[object, ...] | None = None
        self._first = self._rest = b""

    def encode(self, request: Request, identity: bytes, forwarding: bytes | None = None) -> bytes:
        """The whole request. `forwarding`: a proxy's header lines, None if there is no proxy.

        A proxy that forwards wants the absolute form (RFC 9112 3.2.2).
        """
        is_absolute = forwarding is not None
        key = (request.method, request.url, request.headers, request.has_identity, is_absolute)
        if key != self._key:
            self._build(request, is_absolute)
            self._key = key
        lines = (self._first, self._rest, forwarding or b"", identity)
        body = request.body
        if body or request.method in _WITH_BODY:
            return b"".join((*lines, b"Content-Length: %d\r\n\r\n" % len(body), body))
        return b"".join((*lines, b"\r\n"))

    def _build(self, request: Request, is_absolute: bool) -> None:
        url = request.url
        target = str(url) if is_absolute else url.target
        dropped = self._configured if request.has_identity else _NOBODY
        host, self._rest = _head(self._user_agent, self._keepalive, request.headers, dropped)
        line = f"{request.method} {target} HTTP/1.1\r\n".encode()
        self._first = line + (header_line("Host", url.origin.host_header) if host else b"")


_NOBODY: frozenset[str] = frozenset()


# A thousand clients of one job send the same but for line and host: they hold the same bytes.
@lru_cache(maxsize=64)
def _head(
    user_agent: str, keepalive: bool, headers: HeaderRows, dropped: frozenset[str]
) -> tuple[bool, bytes]:
    """Whether `Host` is still to be said, and all other lines that do not change."""
    rows = {
        "user-agent": ("User-Agent", user_agent),
        "accept-encoding": ("Accept-Encoding", "gzip"),
    }
    if not keepalive:
        rows["connection"] = ("Connection", "close")
    for name, value in headers:
        rows[name.lower()] = (name, value)
    says_host = "host" in rows or "host" in dropped
    lines = [header_line(*row) for name, row in rows.items() if name not in dropped]
    return not says_host, b"".join(lines)
