"""Asks token servers and metadata services: rare requests, by a lean client each.

Takes method, URL, headers, body; gives the answer, whatever its status.
Not by httpx: importing it costs 8 MiB and holds up the loop for 0.16 s, and it has no SOCKS.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus

from transport.errors import TransportError, shown
from transport.response import Response
from transport.secret import MASK, Secret
from transport.settings import HttpSettings, ProxySettings, TlsSettings
from transport.url import parse_url

if TYPE_CHECKING:
    from transport.tls import TlsContexts

# As Prometheus: no answer with a token in it is larger.
MAX_ANSWER_BYTES = 2**20

NO_PROXY = ProxySettings()
# What the clouds' own libraries do for everything that is not on this very machine.
ENVIRONMENT_PROXY = ProxySettings(proxy_from_environment=True)
_TLS = TlsSettings()

FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Fetch(Protocol):
    """`Fetcher`, or a fake of it."""

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
    ) -> Response: ...


class Fetcher:
    """A connection for each request."""

    def __init__(self, contexts: "TlsContexts") -> None:
        self._contexts = contexts

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
        """Raises TransportError (auth)."""
        from transport.client import Client  # late: a client may need a token itself

        # Redirects are not followed: the request has a secret in it.
        settings = HttpSettings(tls=tls, proxy=proxy, follow_redirects=False, enable_http2=False)
        client = Client(
            url, settings, contexts=self._contexts, user_agent="promferry", keepalive=False
        )
        try:
            return await client.request(
                method,
                headers=headers,
                body=body,
                timeout_s=timeout_s,
                max_body_bytes=MAX_ANSWER_BYTES,
            )
        except TransportError as exc:
            message = f"{place_of(url)} cannot be asked: {exc}"
            raise TransportError("auth", message) from exc
        finally:
            await client.aclose()


def place_of(url: str) -> str:
    """A URL as messages show it. Never raises: a bad URL is told when it is asked."""
    try:
        return parse_url(url).place
    except TransportError:
        return url.partition("?")[0].rpartition("@")[2]


def words_of(answer: Response, *secrets: str | Secret) -> str:
    """What a server says, for a message: cut, without what we had sent it in confidence."""
    text = answer.body.decode("utf-8", "replace")
    for secret in secrets:
        plain = secret.reveal() if isinstance(secret, Secret) else secret
        if plain:
            text = text.replace(plain, MASK).replace(quote_plus(plain), MASK)
    return shown(" ".join(text.split()))
