"""The application of OTLP's own listeners: gRPC and HTTP on either port.

Takes requests; asks for a credential where one is configured, then hands them on.
Invariant: nothing but OTLP is answered here, no page and no metric.
"""

import attrs

from web.access import BasicCheck, Matches, credentials_of
from web.answer import Response
from web.asgi import AsgiApp, Receive, Scope, Send
from web.push.grpc import answer_grpc, end_call, is_grpc
from web.push.intake import Intake, PushError
from web.push.otlp import JSON, UNAUTHENTICATED, answer_otlp, refused
from web.request import Request

PATHS = ("/v1/metrics", "/opentelemetry/v1/metrics", "/opentelemetry/api/v1/push")


@attrs.frozen(kw_only=True)
class Credentials:
    """What a pusher must show, one of them; nothing if both are None."""

    basic: BasicCheck | None = None
    bearer: Matches | None = None

    async def are_shown(self, header: str) -> bool:
        if self.basic is None and self.bearer is None:
            return True
        scheme, _, token = header.partition(" ")
        if self.bearer is not None and scheme.lower() == "bearer":
            return self.bearer(token.strip())
        shown = credentials_of(header) if self.basic is not None else None
        return self.basic is not None and shown is not None and await self.basic(*shown)


def create_otlp_app(intake: Intake, credentials: Credentials) -> AsgiApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        may_enter = await credentials.are_shown(header)
        if is_grpc(scope):
            if may_enter:
                await answer_grpc(intake, scope, receive, send)
            else:
                await end_call(send, UNAUTHENTICATED, "the credential is missing or wrong")
            return
        answer = await _answer(intake, Request(scope, receive), may_enter=may_enter)
        await answer(scope, receive, send)

    return app


async def _answer(intake: Intake, request: Request, *, may_enter: bool) -> Response:
    if request.path not in PATHS:
        return Response(f"nothing here; POST OTLP metrics to {PATHS[0]}\n", 404)
    if request.method != "POST":
        return Response(
            "POST OTLP metrics here\n", 405, {"allow": "POST"}, "text/plain; charset=utf-8"
        )
    if not may_enter:
        is_json = request.headers.get("content-type", "").startswith(JSON)
        denied = refused(
            PushError(401, "credential", "the credential is missing or wrong"), is_json=is_json
        )
        denied.headers["www-authenticate"] = 'Basic realm="promferry", charset="UTF-8", Bearer'
        return denied
    return await answer_otlp(intake, request)
