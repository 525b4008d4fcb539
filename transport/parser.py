"""Reads one HTTP/1.1 answer: the protocol without the network.

Takes the bytes of a connection in any pieces and its end; gives status, headers and the body as
it was sent. llhttp (through httptools) does the grammar of RFC 9112, this file the limits and
what only a client knows: interim answers, the method, bodies that end with the connection.
Invariant: the outcome depends on the bytes alone, never on how they were cut.
Never: waits, reads a clock, inflates.
"""

from typing import Literal

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from transport.errors import TransportError, shown
from transport.response import Headers

WhenTooLarge = Literal["refuse", "cut"]

# The bound is that of the inflated body. What does not compress gets a little larger in gzip:
# 5 bytes for each stored block, 18 for the wrapper, a file name.
_COMPRESSED_SLACK_BYTES = 1024

# Names repeat with every answer, so most are decoded once. Bounded, because servers choose them.
_NAMES: dict[bytes, str] = {}
_MAX_NAMES = 512


def _lower(name: bytes) -> str:
    known = _NAMES.get(name)
    if known is None:
        known = name.decode("latin-1").lower()
        if len(_NAMES) < _MAX_NAMES:
            _NAMES[name] = known
    return known


class ResponseParser:
    """One answer to one request. Feed it until `is_complete`.

    `when_too_large`: "refuse" fails as soon as the body is known to exceed `max_body_bytes`,
    "cut" completes with what fits.
    """

    __slots__ = (
        "_body_bytes",
        "_failure",
        "_head_room",
        "_is_head",
        "_length",
        "_limit",
        "_max_body_bytes",
        "_max_header_bytes",
        "_pieces",
        "_rows",
        "_syntax",
        "_when_too_large",
        "has_head",
        "is_chunked",
        "is_complete",
        "is_reusable",
        "is_truncated",
        "status",
        "wire_bytes",
    )

    def __init__(
        self,
        method: str,
        *,
        max_header_bytes: int,
        max_body_bytes: int,
        when_too_large: WhenTooLarge = "refuse",
    ) -> None:
        self._is_head = method == "HEAD"
        self._max_header_bytes = max_header_bytes
        self._max_body_bytes = max_body_bytes
        self._when_too_large = when_too_large
        self._head_room = max_header_bytes
        self._limit = max_body_bytes
        self._body_bytes = 0
        self._rows: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._length: int | None = None
        self._failure: TransportError | None = None
        self.status = 0
        self.wire_bytes = 0
        self.has_head = False
        self.is_chunked = False
        self.is_complete = False
        self.is_reusable = False
        self.is_truncated = False
        self._syntax = HttpResponseParser(self)
        # Exporters written as shell scripts end their lines with a bare LF, and Go's client,
        # which the peers use, reads them (RFC 9112 2.2 allows it).
        self._syntax.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    @property
    def headers(self) -> Headers:
        return tuple(self._rows)

    def take_body(self) -> bytes:
        """The body as it was sent, given away: a large one is not held twice."""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def drop_body(self) -> None:
        """Let go of what was read: nobody will ask for it."""
        self._pieces = []

    def header(self, name: str) -> str:
        for found, value in self._rows:
            if found == name:
                return value
        return ""

    def feed(self, data: bytes | bytearray) -> None:
        """Take the next bytes. Raises TransportError; the connection is of no use then."""
        self.wire_bytes += len(data)
        if not self.has_head:
            data = self._feed_head(data)
        if data:
            self._feed_syntax(data)

    def feed_eof(self) -> None:
        """The server has closed its side. Raises TransportError unless that ends the body."""
        if self.is_complete:
            self.is_reusable = False
        elif not self.wire_bytes:
            self._fail("closed", "the server closed the connection without an answer")
        elif not self.has_head:
            self._fail("closed", "the server closed the connection within the headers")
        elif self._length is not None:
            part = f"{self._body_bytes} of {self._length}"
            message = f"the server closed the connection after {part} body bytes"
            self._fail("closed", message)
        elif self.is_chunked:
            self._fail("closed", "the server closed the connection before the last chunk")
        self.is_complete = True
        self._raise_failure()

    def _feed_head(self, data: bytes | bytearray) -> bytes | bytearray:
        """Feed what may still be head; give what is left to feed."""
        room = self._head_room
        # Fast path: no more than the bound has come in all, so there is nothing to check.
        if len(data) <= room:
            self._head_room = room - len(data)
            return data
        self._head_room = 0
        if room:
            self._feed_syntax(data[:room])
        if not self.has_head:
            limit = self._max_header_bytes
            self._fail("too_large", f"the answer's headers are larger than {limit} bytes")
            self._raise_failure()
        return data[room:]

    def _feed_syntax(self, data: bytes | bytearray) -> None:
        try:
            self._syntax.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as exc:
            if self.is_complete:
                self.is_reusable = False
            elif self._failure is None:
                message = f"not a valid HTTP answer ({exc}): {shown(data)}"
                self._failure = self._error("protocol", message)
                self._failure.__cause__ = exc
        if self._failure is not None:
            self._raise_failure()

    # What httptools calls, in the order of an answer.

    def on_message_begin(self) -> None:
        if self.is_complete:  # bytes behind the answer that nobody asked for
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        # After the head these are trailers of a chunked body (RFC 9112 7.1.2), which nobody
        # reads here; after the answer they belong to something that was not asked for.
        if not self.has_head:
            self._rows.append((_lower(name), value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        if self.is_complete:
            return
        self.status = status = self._syntax.get_status_code()
        # RFC 9110 15.2: a client must read over interim answers. 101 is one only when asked for.
        if 100 <= status < 200:
            if status == 101:
                self._fail("protocol", "the server switches protocols, which nobody asked for")
            self._rows = []
            return
        self.has_head = True
        self.is_reusable = self._syntax.should_keep_alive()
        self._read_framing()

    def on_body(self, data: bytes) -> None:
        if self.is_complete:
            self.is_reusable = False
            return
        self._body_bytes += len(data)
        excess = self._body_bytes - self._limit
        if excess <= 0:
            self._pieces.append(data)
        else:
            self._overflow(data[:-excess])

    def on_message_complete(self) -> None:
        if self.has_head:
            self.is_complete = True

    def _read_framing(self) -> None:
        for name, value in self._rows:
            if name == "transfer-encoding":
                self.is_chunked = True
                if value.lower() != "chunked":
                    self._fail("protocol", f"unknown Transfer-Encoding {shown(value)}")
            elif name == "content-length":
                self._length = int(value)
            elif name == "content-encoding":
                self._limit += self._max_body_bytes // 1024 + _COMPRESSED_SLACK_BYTES
        if self._is_head:  # RFC 9112 6.3: no body, whatever the headers say; llhttp cannot know
            self.is_complete = True
        elif (
            self._when_too_large == "refuse"
            and (self._length or 0) > self._limit
            and self.status not in (204, 304)  # they have none, whatever the headers say
        ):
            self._refuse_body(f"has {self._length} bytes, ")

    def _overflow(self, fitting: bytes) -> None:
        if self._when_too_large == "refuse":
            self._refuse_body("is ")
            return
        self._pieces.append(fitting)
        self.is_truncated = self.is_complete = True
        self.is_reusable = False

    def _refuse_body(self, size: str) -> None:
        limit = self._max_body_bytes
        self._fail("too_large", f"the answer's body {size}more than the limit of {limit} bytes")

    def _error(
        self, kind: Literal["closed", "protocol", "too_large"], message: str
    ) -> TransportError:
        status = self.status if self.has_head else None
        return TransportError(kind, message, status=status, may_have_arrived=True)

    def _fail(self, kind: Literal["closed", "protocol", "too_large"], message: str) -> None:
        """Note the first failure; callbacks must not raise, or llhttp would hide it."""
        if self._failure is None and not self.is_complete:
            self._failure = self._error(kind, message)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            self.is_reusable = False
            raise self._failure
