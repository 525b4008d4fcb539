"""A server of tokens and credentials in memory: answers as told, remembers what it was asked.

It stands where `transport.fetch.Fetcher` does.
"""

import json
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

import attrs
import trio

from transport.fetch import NO_PROXY
from transport.response import Response
from transport.settings import ProxySettings, TlsSettings

_TLS = TlsSettings()


@attrs.frozen
class Asked:
    """One question. `form` is the body's, if it is one; header names in lower case."""

    method: str
    url: str
    form: dict[str, str]
    headers: dict[str, str]
    proxy: str
    body: bytes = attrs.field(default=b"", eq=False)


Reply = Callable[[Asked], Response]


def reply(status: int = 200, body: bytes | str = b"", **headers: str) -> Response:
    rows = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = body.encode() if isinstance(body, str) else body
    return Response(status, rows, body, len(body))


def token(text: str = "t1", **more: object) -> Response:
    return reply(200, json.dumps({"access_token": text, "token_type": "bearer", **more}))


@attrs.define
class FakeFetch:
    """`seconds`: how long (on the mock clock) each answer takes."""

    answer: Reply
    seconds: float = 1
    asked: list[Asked] = attrs.field(factory=list)

    async def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        tls: TlsSettings = _TLS,
        proxy: ProxySettings = NO_PROXY,
        timeout_s: float = 30,
    ) -> Response:
        names = {name.lower(): value for name, value in headers}
        is_form = "form" in names.get("content-type", "")
        form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}
        asked = Asked(method, url, form, names, proxy.proxy_url, body)
        self.asked.append(asked)
        await trio.sleep(self.seconds)
        return self.answer(asked)
