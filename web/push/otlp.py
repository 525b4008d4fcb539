"""OTLP metrics in by HTTP, in protobuf and JSON.

Takes a request; gives its answer in the request's own type: 200, with partial_success if single
points are bad, or a google.rpc.Status.
Source: reference/peers.md 2.5. Never 500 for what passes: exporters do not retry that.
"""

import json

from receivers.otlp.receive import OtlpReceiver
from receivers.otlp.translate import Taken
from series.labels import Labels
from series.wire import delimited, varint
from web.admission import Place
from web.answer import Response
from web.push.intake import Intake, PushError, all_steps, extra_labels
from web.request import Request
from web.responses import COMMON_HEADERS, respond_text

KIND = "opentelemetry"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
_MAX_MESSAGE_CHARACTERS = 1000

# google.rpc.Code
INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE, UNAUTHENTICATED = 3, 8, 14, 16
_CODES = {401: UNAUTHENTICATED, 413: RESOURCE_EXHAUSTED, 429: UNAVAILABLE, 503: UNAVAILABLE}


def rpc_code(status: int) -> int:
    """google.rpc.Code for an HTTP status."""
    return _CODES.get(status, INVALID_ARGUMENT)


def rpc_status(code: int, message: str, retry_after_s: int | None) -> bytes:
    """A google.rpc.Status; with RetryInfo where it may be sent again."""
    parts = [b"\x08" + varint(code), delimited(b"\x12", message.encode("utf-8", "replace"))]
    if retry_after_s is not None:
        delay = delimited(b"\x0a", b"\x08" + varint(retry_after_s))
        url = b"type.googleapis.com/google.rpc.RetryInfo"
        parts.append(delimited(b"\x1a", delimited(b"\x0a", url) + delimited(b"\x12", delay)))
    return b"".join(parts)


def partial_message(taken: Taken) -> str:
    told = f"{taken.rejected} points are not taken: {'; '.join(taken.reasons)}"
    return told[:_MAX_MESSAGE_CHARACTERS]


def response_message(taken: Taken) -> bytes:
    """An ExportMetricsServiceResponse; empty on full success."""
    if not taken.rejected:
        return b""
    text = delimited(b"\x12", partial_message(taken).encode("utf-8", "replace"))
    return delimited(b"\x0a", b"\x08" + varint(taken.rejected) + text)


async def take_otlp(
    intake: Intake,
    place: Place,
    body: list[bytes],
    encoding: str,
    *,
    is_json: bool,
    extra: Labels,
) -> Taken:
    """What was taken of a message, put already. Raises PushError, DecodeError."""
    data = await intake.opened(body, encoding, place, intake.max_otlp_bytes)
    receiver: OtlpReceiver = intake.receivers().otlp
    steps = receiver.json(data, extra) if is_json else receiver.protobuf(data, extra)
    taken = await all_steps(steps)
    await intake.put(taken.batches)
    intake.families.add(taken.metadata)
    intake.counts.taken(KIND, taken.points, taken.rejected, len(taken.metadata))
    return taken


async def answer_otlp(intake: Intake, request: Request) -> Response:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (PROTOBUF, JSON):
        intake.counts.refused(KIND, "content_type")
        text = f"{media_type[:80]!r} is not taken; send {PROTOBUF} or {JSON}\n"
        return await respond_text(request, text, status=415)
    is_json = media_type == JSON
    try:
        async with intake.place(KIND) as place:
            extra = extra_labels(request)
            body = await intake.body(request, place, intake.max_otlp_bytes)
            encoding = request.headers.get("content-encoding", "").strip().lower() or "identity"
            taken = await take_otlp(intake, place, body, encoding, is_json=is_json, extra=extra)
    except PushError as exc:
        return refused(exc, is_json=is_json)
    return Response(_answer(taken, is_json=is_json), 200, COMMON_HEADERS, media_type)


def _answer(taken: Taken, *, is_json: bool) -> bytes:
    if not is_json:
        return response_message(taken)
    if not taken.rejected:
        return b"{}"
    partial = {"rejectedDataPoints": str(taken.rejected), "errorMessage": partial_message(taken)}
    return json.dumps({"partialSuccess": partial}).encode()


def refused(exc: PushError, *, is_json: bool) -> Response:
    """The answer to a push that is not taken."""
    code = rpc_code(exc.status)
    if is_json:
        content = json.dumps({"code": code, "message": exc.message, "details": []}).encode()
    else:
        content = rpc_status(code, exc.message, exc.retry_after_s)
    headers = dict(COMMON_HEADERS)
    if exc.retry_after_s is not None:
        headers["retry-after"] = str(exc.retry_after_s)
    return Response(content, exc.status, headers, JSON if is_json else PROTOBUF)
