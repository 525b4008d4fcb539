"""OAuth 2 tokens of a client without a user: client_credentials and jwt-bearer.

Takes `OAuth2` settings; gives a token, fetched when there is none or it is about to expire.
Invariant: all clients with equal settings share one token, and one of them fetches at a time.
"""

import json
import os
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

import attrs
import trio

from transport.auth import basic_value, text_of
from transport.errors import TransportError, shown
from transport.jwt import assertion_claims, signed_jwt
from transport.proxy import proxy_for
from transport.settings import OAuth2, TlsSettings
from transport.token_request import Post, post_form
from transport.url import parse_url

GRANT_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

# A token is renewed so long before it expires, as Go's client does.
EXPIRY_MARGIN_S = 10.0
# After a failure all who share the token get it for so long, so that a thousand targets do not
# fall upon the token server one after the other; also how old a token must be for a 401 to end it.
HOLD_OFF_S = 5.0


@attrs.frozen
class Token:
    """`type` is the word before the token in Authorization."""

    type: str
    text: str
    fetched_s: float
    expires_s: float


class TokenSource:
    """The token of one setting. `wall` gives the time of day in seconds, `post` asks the server."""

    def __init__(
        self,
        settings: OAuth2,
        context: Callable[[], ssl.SSLContext],
        *,
        wall: Callable[[], float] = time.time,
        post: Post = post_form,
    ) -> None:
        self._settings = settings
        self._context = context
        self._wall = wall
        self._post_form = post
        self._secret = text_of(
            settings.client_secret.reveal(), settings.client_secret_file, "the client secret file"
        )
        self._key = text_of(
            settings.client_certificate_key.reveal(),
            settings.client_certificate_key_file,
            "the client certificate key file",
        )
        self._lock = trio.Lock()
        self._token: Token | None = None
        self._failure: TransportError | None = None
        self._failed_s = 0.0
        self._sends_secret_in_body = False

    @property
    def place(self) -> str:
        """Where the tokens come from, for messages: the URL without query and credentials."""
        return self._settings.token_url.partition("?")[0].rpartition("@")[2]

    def maybe_value(self) -> str | None:
        """The value of Authorization if the token at hand is good for a while."""
        token = self._token
        if token is None or trio.current_time() > token.expires_s - EXPIRY_MARGIN_S:
            return None
        return f"{token.type} {token.text}"

    async def value(self) -> str:
        """The value of Authorization. Raises TransportError (auth)."""
        async with self._lock:
            value = self.maybe_value()  # another client may have fetched it by now
            if value is not None:
                return value
            now_s = trio.current_time()
            if self._failure is not None and now_s - self._failed_s < HOLD_OFF_S:
                raise TransportError("auth", str(self._failure)) from self._failure
            try:
                token = self._token = await self._fetch()
            except TransportError as exc:
                self._failure, self._failed_s = exc, now_s
                raise
            self._failure = None
            return f"{token.type} {token.text}"

    def refused(self) -> None:
        """The server answered 401: fetch anew, unless the token is as good as new."""
        token = self._token
        if token is not None and trio.current_time() - token.fetched_s > HOLD_OFF_S:
            self._token = None

    async def _fetch(self) -> Token:
        if self._settings.grant_type == GRANT_JWT_BEARER:
            status, answer = await self._post(self._assertion_form(), {})
        else:
            status, answer = await self._post_credentials()
        if not 200 <= status < 300:
            what = f"the token server answered {status}: {shown(answer)}"
            raise TransportError("auth", f"no OAuth 2 token from {self.place}: {what}")
        return self._parsed(answer)

    async def _post_credentials(self) -> tuple[int, bytes]:
        """As Go's client: the secret in Basic first, and if that is refused, in the form."""
        form = {"grant_type": "client_credentials", **self._common_form()}
        client_id, secret = self._settings.client_id, self._secret()
        if not self._sends_secret_in_body:
            # RFC 6749 2.3.1: both are form-encoded first.
            value = basic_value(quote_plus(client_id), quote_plus(secret))
            status, answer = await self._post(form, {"Authorization": value})
            if status not in (400, 401, 403):
                return status, answer
        in_form = {**form, "client_id": client_id, "client_secret": secret}
        status, answer = await self._post(in_form, {})
        self._sends_secret_in_body = 200 <= status < 300
        return status, answer

    def _common_form(self) -> dict[str, str]:
        scopes = self._settings.scopes
        scope = {"scope": " ".join(scopes)} if scopes else {}
        return {**scope, **self._settings.endpoint_params}

    def _assertion_form(self) -> dict[str, str]:
        settings = self._settings
        jwt = signed_jwt(
            assertion_claims(settings, self._wall()),
            self._key(),
            algorithm=settings.signature_algorithm,
            key_id=settings.client_certificate_key_id,
        )
        params = settings.endpoint_params
        return {"grant_type": GRANT_JWT_BEARER, "assertion": jwt, **params}

    async def _post(self, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, bytes]:
        url = self._settings.token_url
        proxy = proxy_for(self._settings.proxy, parse_url(url).origin, os.environ)
        return await self._post_form(url, form, headers, context=self._context(), proxy=proxy)

    def _parsed(self, answer: bytes) -> Token:
        now_s = trio.current_time()
        try:
            found: Any = json.loads(answer)
            text, kind = str(found["access_token"]), str(found.get("token_type") or "Bearer")
            lifetime_s = float(found.get("expires_in") or "inf")
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            message = f"no OAuth 2 token from {self.place}: its answer has no access_token"
            raise TransportError("auth", message) from exc
        # Servers write it in any case, and some resource servers know only this one.
        kind = "Bearer" if kind.lower() == "bearer" else kind
        return Token(kind, text, now_s, now_s + lifetime_s)


class TokenSources:
    """One source for each distinct setting. Bounded: the oldest goes first.

    `context_of` gives the TLS context for the token server.
    """

    MAX_SOURCES = 64

    def __init__(self, context_of: Callable[[TlsSettings], ssl.SSLContext]) -> None:
        self._context_of = context_of
        self._sources: list[tuple[OAuth2, TokenSource]] = []

    def source(self, settings: OAuth2) -> TokenSource:
        for known, source in self._sources:  # few, and not hashable
            if known == settings:
                return source
        source = TokenSource(settings, lambda: self._context_of(settings.tls))
        self._sources = [*self._sources[1 - self.MAX_SOURCES :], (settings, source)]
        return source
