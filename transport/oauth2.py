"""OAuth 2 tokens of a client without a user: client_credentials and jwt-bearer.

Takes `OAuth2` settings; gives a token's lease.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote_plus, urlencode

from transport.auth import basic_value
from transport.fetch import FORM, Fetch, place_of
from transport.files import Watch
from transport.jwt import assertion_claims, signed_jwt
from transport.renewal import Lease
from transport.response import Response
from transport.settings import OAuth2
from transport.token import lease_of

GRANT_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class OAuth2Tokens:
    """`wall` gives the time of day in seconds, `fetch` asks the server."""

    def __init__(self, settings: OAuth2, fetch: Fetch, wall: Callable[[], float]) -> None:
        self._settings = settings
        self._fetch = fetch
        self._wall = wall
        self._sends_secret_in_body = False
        self.place = place_of(settings.token_url)

    async def lease(self) -> Lease[str]:
        """Raises TransportError (auth)."""
        settings, watch = self._settings, Watch()
        if settings.grant_type == GRANT_JWT_BEARER:
            jwt = self._assertion(watch)
            params = settings.endpoint_params
            form = {"grant_type": GRANT_JWT_BEARER, "assertion": jwt, **params}
            return lease_of(await self._post(form), self.place, secrets=(jwt,), watch=watch)
        secret = settings.client_secret.reveal()
        if settings.client_secret_file:
            secret = watch.text(settings.client_secret_file, "the client secret file")
        answer = await self._post_credentials(secret)
        return lease_of(answer, self.place, secrets=(secret,), watch=watch)

    async def _post_credentials(self, secret: str) -> Response:
        """As Go's client: the secret in Basic first, and if that is refused, in the form."""
        form = {"grant_type": "client_credentials", **self._common_form()}
        client_id = self._settings.client_id
        if not self._sends_secret_in_body:
            # RFC 6749 2.3.1: both are form-encoded first.
            value = basic_value(quote_plus(client_id), quote_plus(secret))
            answer = await self._post(form, ("Authorization", value))
            if answer.status not in (400, 401, 403):
                return answer
        answer = await self._post({**form, "client_id": client_id, "client_secret": secret})
        self._sends_secret_in_body = 200 <= answer.status < 300
        return answer

    def _common_form(self) -> dict[str, str]:
        scopes = self._settings.scopes
        scope = {"scope": " ".join(scopes)} if scopes else {}
        return {**scope, **self._settings.endpoint_params}

    def _assertion(self, watch: Watch) -> str:
        settings = self._settings
        key = settings.client_certificate_key.reveal()
        if settings.client_certificate_key_file:
            path = settings.client_certificate_key_file
            key = watch.text(path, "the client certificate key file")
        return signed_jwt(
            assertion_claims(settings, self._wall()),
            key,
            algorithm=settings.signature_algorithm,
            key_id=settings.client_certificate_key_id,
        )

    async def _post(self, form: Mapping[str, str], *headers: tuple[str, str]) -> Response:
        return await self._fetch(
            "POST",
            self._settings.token_url,
            headers=(FORM, *headers),
            body=urlencode(form).encode(),
            tls=self._settings.tls,
            proxy=self._settings.proxy,
        )
