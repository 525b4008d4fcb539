"""POSTs a form to a token server, by httpx: rare, and not worth a connection kept.

Takes URL, form, headers, TLS context and proxy; gives status and body.
The caller's cancel scope is the deadline.
"""

import ssl
from collections.abc import Mapping
from typing import Protocol

from transport.errors import TransportError, reason_of
from transport.handshake import tls_error
from transport.url import Url, parse_url

# As Prometheus: no answer with a token in it is larger.
MAX_ANSWER_BYTES = 2**20


class Post(Protocol):
    """`post_form`, or a fake of it."""

    async def __call__(
        self,
        url: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        context: ssl.SSLContext,
        proxy: Url | None,
    ) -> tuple[int, bytes]: ...


async def post_form(
    url: str,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    context: ssl.SSLContext,
    proxy: Url | None,
) -> tuple[int, bytes]:
    """Raises TransportError (auth)."""
    # Imported here: 7 MiB that only OAuth 2 needs.
    import httpx

    try:
        async with (
            httpx.AsyncClient(
                verify=context,
                proxy=proxy.reveal() if proxy else None,
                trust_env=False,
                timeout=None,  # noqa: S113 - the request that needs the token has a deadline
            ) as client,
            client.stream("POST", url, data=dict(form), headers=headers) as response,
        ):
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    break
            return response.status_code, body
    except (httpx.HTTPError, httpx.InvalidURL, ImportError) as exc:
        place = parse_url(url).place
        message = f"the token server {place} cannot be asked: {_reason(exc, place)}"
        raise TransportError("auth", message) from exc


def _reason(exc: BaseException, place: str) -> str:
    # httpcore raises "from None", which leaves the cause in the context.
    while (inner := exc.__cause__ or exc.__context__) is not None:
        exc = inner
    return str(tls_error(exc, place)) if isinstance(exc, ssl.SSLError) else reason_of(exc)
