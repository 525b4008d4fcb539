"""One HTTP/2 connection that looks like an HTTP/1.1 one: a gateway in small.

Takes the bytes of an HTTP/1.1 request; gives its answer to a parser as HTTP/1.1. So redirects,
limits, inflation, identity and retries are those of HTTP/1.1, and the dialer's proxies, time-outs
and addresses serve too.
h2 has the protocol; it is there because hypercorn needs it. One stream at a time.
"""

from collections.abc import Iterator

import trio
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from transport.errors import TransportError, reason_of
from transport.parser import ResponseParser
from transport.socket_stream import MORE_BYTES, SocketStream
from transport.url import Origin

Fields = list[tuple[bytes, bytes]]

# How much of a body a server may send before we have read it (RFC 9113 6.9.2).
_WINDOW_BYTES = 2**20
_FRAME_HEAD_BYTES = 9
_MAX_FRAME_BYTES = 2**14  # what we did not allow to be more (RFC 9113 6.5.2)
_GOAWAY = b"\x07"
_SETTINGS = {
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES,
    SettingCodes.MAX_CONCURRENT_STREAMS: 1,
    SettingCodes.MAX_HEADER_LIST_SIZE: 2**17,  # the parser has the bound that counts
}
# Of one connection, not of one request (RFC 9113 8.2.2).
_HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade", b"host")
)


class Http2Connection:
    """Stands where transport.connection.Connection does."""

    __slots__ = ("_frames", "_h2", "_is_ending", "_socket", "_stream", "origin", "token")

    def __init__(
        self, stream: trio.abc.Stream, socket: trio.abc.Stream, origin: Origin, token: object
    ) -> None:
        self._stream = stream
        self._socket = socket if isinstance(socket, SocketStream) else None
        self.origin = origin
        self.token = token
        self._is_ending = False
        self._frames = _Frames()
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        # Whole, not item by item: items set later wait for an acknowledgement.
        self._h2.local_settings = Settings(client=True, initial_values=_SETTINGS)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_WINDOW_BYTES)

    def is_quiet(self) -> bool:
        """True: what came while it was idle may be a ping, and is heard before the next request."""
        return not self._is_ending

    async def exchange(self, request: bytes, parser: ResponseParser) -> None:
        """Send the request, read until `parser` has the answer. Raises TransportError."""
        answer = _Answer(parser)
        try:
            await self._hear_what_came()
            await self._send(request, answer)
            while not (answer.is_over or parser.is_truncated):
                await self._receive(answer)
            await self._finish(answer)
        except H2Error as exc:
            message = f"HTTP/2 with {self.origin} failed: {reason_of(exc)}"
            raise self._error("protocol", message, answer) from exc
        except trio.BrokenResourceError as exc:
            message = f"the connection to {self.origin} broke: {reason_of(exc)}"
            raise self._error("closed", message, answer) from exc

    async def abort(self) -> None:
        """Close without ceremony; nothing can block, also when cancelled."""
        await trio.aclose_forcefully(self._stream)

    async def _hear_what_came(self) -> None:
        """Pings are answered; the end of the connection is noticed before anything is sent."""
        while self._socket is not None and not self._socket.is_quiet():
            await self._receive(_Answer(None))
            if self._is_ending:
                message = f"{self.origin} has ended the HTTP/2 connection"
                raise TransportError("closed", message)

    async def _send(self, request: bytes, answer: "_Answer") -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        answer.stream_id = stream_id = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream_id, fields_of(head, self.origin), end_stream=not body)
        rest = memoryview(body)
        while rest and not answer.is_over and not answer.is_truncated:
            room = min(
                self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size
            )
            if room <= 0:
                await self._flush(answer)
                await self._receive(answer)
                continue
            piece, rest = rest[:room], rest[room:]
            self._h2.send_data(stream_id, bytes(piece), end_stream=not rest)
        answer.is_sent = not rest
        await self._flush(answer)

    async def _flush(self, answer: "_Answer") -> None:
        data = self._h2.data_to_send()
        if data:
            answer.has_sent = answer.has_sent or bool(answer.stream_id)
            await self._stream.send_all(data)

    async def _receive(self, answer: "_Answer") -> None:
        data = await self._stream.receive_some(MORE_BYTES)
        if not data:
            self._is_ending = True
            if answer.parser is not None:
                answer.is_over = True
                answer.parser.feed_eof()
            return
        for frame in self._frames.split(bytes(data)):
            if frame[3:4] == _GOAWAY:
                self._take_goaway(frame, answer)
                continue
            for event in self._h2.receive_data(frame):
                self._take(event, answer)
        await self._flush(answer)

    def _take(self, event: events.Event, answer: "_Answer") -> None:
        match event:
            case events.DataReceived():
                # What belongs to a request given up is read over, but counts for the window.
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if event.stream_id == answer.stream_id:
                    answer.take_body(event.data)
            case events.ResponseReceived() if event.stream_id == answer.stream_id:
                answer.take_head(event.headers)
            case events.StreamEnded() if event.stream_id == answer.stream_id:
                answer.take_end()
            case events.StreamReset() if event.stream_id == answer.stream_id:
                answer.is_over = answer.is_sent = True
                self._judge_reset(event.error_code, answer)
            case _:  # settings, windows, pings, interim answers: h2 does what is to be done
                pass

    def _take_goaway(self, frame: bytes, answer: "_Answer") -> None:
        """The connection ends, but requests up to the named one are still answered (RFC 9113 6.8).

        h2 would take it for the end of everything, and nginx sends it before its last answer.
        """
        self._is_ending = True
        last_stream_id = int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF
        if answer.stream_id > last_stream_id and not answer.is_over:
            answer.was_ignored = True
            message = f"{self.origin} has ended the HTTP/2 connection"
            raise self._error("closed", message, answer)

    def _judge_reset(self, code: ErrorCodes | int | None, answer: "_Answer") -> None:
        if answer.parser is None or answer.parser.is_complete:
            return
        answer.was_ignored = code == ErrorCodes.REFUSED_STREAM  # RFC 9113 8.7
        name = code.name if isinstance(code, ErrorCodes) else str(code)
        message = f"{self.origin} has reset the HTTP/2 stream ({name})"
        raise self._error("closed", message, answer)

    async def _finish(self, answer: "_Answer") -> None:
        """The answer is there; what is still under way of this request is called off."""
        assert answer.parser is not None
        if self._is_ending:
            answer.parser.is_reusable = False
        elif not (answer.is_over and answer.is_sent):
            self._h2.reset_stream(answer.stream_id, ErrorCodes.CANCEL)
            await self._flush(answer)

    def _error(self, kind: str, message: str, answer: "_Answer") -> TransportError:
        self._is_ending = True
        parser = answer.parser
        return TransportError(
            "closed" if kind == "closed" else "protocol",
            message,
            status=parser.status if parser is not None and parser.has_head else None,
            may_have_arrived=answer.has_sent and not answer.was_ignored,
        )


class _Frames:
    """Cuts what comes into whole frames (RFC 9113 4.1)."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def split(self, data: bytes) -> Iterator[bytes]:
        data = self._rest + data
        start = 0
        while len(data) - start >= _FRAME_HEAD_BYTES:
            length = int.from_bytes(data[start : start + 3], "big")
            end = start + _FRAME_HEAD_BYTES + length
            if end > len(data) and length <= _MAX_FRAME_BYTES:
                break
            # A frame that is too large is passed on as it is: h2 refuses it by its head.
            yield data[start:end]
            start = end
        self._rest = data[start:]


class _Answer:
    """One answer, told to a parser as HTTP/1.1. Without a parser nobody listens."""

    __slots__ = (
        "_is_chunked",
        "has_sent",
        "is_over",
        "is_sent",
        "parser",
        "stream_id",
        "was_ignored",
    )

    def __init__(self, parser: ResponseParser | None) -> None:
        self.parser = parser
        self.stream_id = 0
        self.is_over = False  # the server has ended the stream
        self.is_sent = False  # we have
        self.has_sent = False
        self.was_ignored = False  # the server says that it has not acted on the request
        self._is_chunked = False

    @property
    def is_truncated(self) -> bool:
        return self.parser is not None and self.parser.is_truncated

    def take_head(self, headers: "list[tuple[bytes, bytes]]") -> None:
        assert self.parser is not None
        found = dict(headers)
        has_body = found.get(b":status") not in (b"204", b"304")
        self._is_chunked = has_body and b"content-length" not in found
        self.parser.feed(head_of(headers, is_chunked=self._is_chunked))

    def take_body(self, data: bytes) -> None:
        if data and self.parser is not None and not self.parser.is_complete:
            self.parser.feed(b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data)

    def take_end(self) -> None:
        self.is_over = True
        parser = self.parser
        if parser is not None and not parser.is_complete:
            if self._is_chunked:
                parser.feed(b"0\r\n\r\n")
            if not parser.is_complete:
                parser.feed_eof()


def fields_of(head: bytes, origin: Origin) -> Fields:
    """The head of an HTTP/1.1 request as the fields of HTTP/2 (RFC 9113 8.3.1)."""
    line, *rows = head.split(b"\r\n")
    method, target, _ = line.split(b" ")
    authority = origin.host_header.encode()
    fields = [
        (b":method", method),
        (b":scheme", origin.scheme.encode()),
        (b":authority", authority),
        (b":path", target),
    ]
    for row in rows:
        name, _, value = row.partition(b": ")
        name = name.lower()
        if name not in _HOP_BY_HOP:
            fields.append((name, value))
    return fields


def head_of(headers: "list[tuple[bytes, bytes]]", *, is_chunked: bool) -> bytes:
    """The fields of an HTTP/2 answer as the head of HTTP/1.1. Raises TransportError.

    A line's end in a value, which h2 lets pass, would become a header of its own (RFC 9113 10.3).
    """
    lines: list[bytes] = []
    for name, value in headers:
        if any(byte in value or byte in name for byte in (b"\r", b"\n", b"\0")):
            raise TransportError("protocol", "a header of the HTTP/2 answer has control characters")
        if name == b":status":
            lines.insert(0, b"HTTP/1.1 %b \r\n" % value)
        elif not name.startswith(b":") and name not in _HOP_BY_HOP:
            lines.append(b"%b: %b\r\n" % (name, value))
    if is_chunked:
        lines.append(b"Transfer-Encoding: chunked\r\n")
    return b"".join((*lines, b"\r\n"))
