"""OTLP metrics in by gRPC: one unary method over HTTP/2, its status in trailers.

Takes an ASGI request; gives messages of gRPC's framing.
Source: gRPC over HTTP/2; reference/peers.md 2.5 for which status means what to an exporter.
Invariant: every call is answered by a status; the HTTP status is 200, as gRPC wants it.
"""

import base64
from collections.abc import Sequence
from urllib.parse import quote

from receivers.errors import DecodeError
from web.asgi import Receive, Scope, Send
from web.push.intake import Intake, PushError
from web.push.otlp import KIND, response_message, rpc_code, rpc_status, take_otlp
from web.request import Request

EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
OK, UNIMPLEMENTED = 0, 12
_HEAD_BYTES = 5
# What a compressed message may be named; others are answered with the list of these.
_ENCODINGS = ("identity", "gzip", "deflate", "zstd")


def is_grpc(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-type":
            media_type: bytes = value.lower()
            return media_type.startswith(b"application/grpc") and not media_type.startswith(
                b"application/grpc-web"
            )
    return False


async def answer_grpc(intake: Intake, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != EXPORT:
        text = f"{scope['path'][:80]} is not served here; {EXPORT} is"
        await end_call(send, UNIMPLEMENTED, text)
        return
    try:
        message = await _export(intake, Request(scope, receive))
    except PushError as exc:
        code = UNIMPLEMENTED if exc.status == 415 else rpc_code(exc.status)
        await end_call(send, code, exc.message, exc.retry_after_s)
        return
    await end_call(send, OK, "", message=message)


async def _export(intake: Intake, request: Request) -> bytes:
    async with intake.place(KIND) as place:
        body = await intake.body(request, place, intake.max_otlp_bytes + _HEAD_BYTES)
        message, is_compressed = one_message(body)
        encoding = request.headers.get("grpc-encoding", "identity").lower()
        if is_compressed and encoding not in _ENCODINGS:
            raise DecodeError("content_encoding", f"grpc-encoding {encoding[:40]!r} is not known")
        taken = await take_otlp(
            intake,
            place,
            message,
            encoding if is_compressed else "identity",
            is_json=False,
            extra=(),
        )
    return response_message(taken)


def one_message(body: Sequence[bytes]) -> tuple[list[bytes], bool]:
    """The message of a unary call, in pieces, and whether it is compressed. Raises DecodeError."""
    first, *others = body or (b"",)
    if len(first) < _HEAD_BYTES or first[0] > 1:
        raise DecodeError("grpc", "the call has no message, or a broken one", first)
    size = int.from_bytes(first[1:_HEAD_BYTES], "big")
    given = sum(map(len, body)) - _HEAD_BYTES
    if size != given:
        raise DecodeError("grpc", f"one message of {size} bytes was announced, {given} came")
    return [first[_HEAD_BYTES:], *others], bool(first[0])


async def end_call(
    send: Send,
    code: int,
    text: str,
    retry_after_s: int | None = None,
    *,
    message: bytes | None = None,
) -> None:
    status = [(b"grpc-status", b"%d" % code)]
    if code != OK:
        # Percent-encoded, as gRPC has it; details tell exporters when to come back.
        status.append((b"grpc-message", quote(text[:1000], safe=" ").encode()))
        details = base64.b64encode(rpc_status(code, text[:1000], retry_after_s)).rstrip(b"=")
        status.append((b"grpc-status-details-bin", details))
    headers = [
        (b"content-type", b"application/grpc"),
        (b"grpc-accept-encoding", ",".join(_ENCODINGS).encode()),
    ]
    # A status in the head would have to end the stream there, which ASGI has no word for; gRPC's
    # C core, which Python and C++ use, calls it UNKNOWN otherwise and its exporters give up.
    framed = b"" if message is None else b"\x00" + len(message).to_bytes(4, "big") + message
    await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": True})
    await send({"type": "http.response.body", "body": framed})
    await send({"type": "http.response.trailers", "headers": status})
