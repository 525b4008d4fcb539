"""What is answered: a status, headers and a body, as one ASGI call.

Takes text or bytes; sends them. `HttpError` is an answer that a handler gives by raising it.
"""

from collections.abc import Mapping
from http import HTTPStatus

from web.asgi import Receive, Scope, Send

_BODILESS = (204, 304)


class HttpError(Exception):
    """`detail`: what the client is told."""

    def __init__(
        self, status_code: int, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code = status_code
        self.detail = detail or HTTPStatus(status_code).phrase
        self.headers = headers
        super().__init__(f"{status_code}: {self.detail}")


class Response:
    """`headers` have names in lower case; the length and the type are added."""

    def __init__(
        self,
        content: str | bytes = b"",
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "",
    ) -> None:
        self.body = content.encode() if isinstance(content, str) else content
        self.status_code = status_code
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        if status_code not in _BODILESS:
            self.headers.setdefault("content-length", str(len(self.body)))
        if media_type:
            self.headers.setdefault("content-type", media_type)

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body})
