"""Google's access tokens for writing to Cloud Monitoring.

Takes `GoogleIam` settings and the environment; gives a token's lease.
Where credentials are: the file of the settings, GOOGLE_APPLICATION_CREDENTIALS, the file that
gcloud leaves, the metadata service of a machine (GCE_METADATA_HOST names another one).
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from transport.errors import TransportError, shown
from transport.fetch import ENVIRONMENT_PROXY, FORM, Fetch, place_of
from transport.files import Watch
from transport.jwt import signed_jwt
from transport.renewal import Lease
from transport.settings import GoogleIam
from transport.token import lease_of

SCOPE = "https://www.googleapis.com/auth/monitoring.write"
_TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)
_GRANT_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_METADATA = "metadata.google.internal"
_TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105
_LIFETIME_S = 3600  # the longest that Google accepts for an assertion
_WHAT = "Google token"


class GoogleTokens:
    """`wall` gives the time of day in seconds."""

    place = "Google"

    def __init__(
        self,
        settings: GoogleIam,
        fetch: Fetch,
        environment: Mapping[str, str],
        wall: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._environment = environment
        self._wall = wall

    async def lease(self) -> Lease[str]:
        """Raises TransportError (auth)."""
        watch = Watch()
        path = self._path(watch)
        if not path:
            return await self._from_metadata(watch)
        document = _document(watch.text(path, "the Google credentials file"), path)
        kind = document.get("type")
        if kind == "service_account":
            return await self._as_service_account(document, path, watch)
        if kind == "authorized_user":
            return await self._as_user(document, path, watch)
        message = (
            f"{path}: credentials of type {shown(str(kind))} are not supported;"
            " use a service_account or authorized_user file, or a machine's service account"
        )
        raise TransportError("auth", message)

    def _path(self, watch: Watch) -> str:
        """ "" where no file says anything; then a file that comes to be will be noticed."""
        get = self._environment.get
        path = self._settings.credentials_file or get("GOOGLE_APPLICATION_CREDENTIALS", "")
        if path:
            return path
        directory = get("CLOUDSDK_CONFIG") or os.path.join(get("HOME") or "/root", ".config/gcloud")
        path = os.path.join(directory, "application_default_credentials.json")
        watch.note(path)
        return path if os.path.exists(path) else ""

    async def _as_service_account(
        self, document: Mapping[str, Any], path: str, watch: Watch
    ) -> Lease[str]:
        now_s = int(self._wall())
        url = str(document.get("token_uri") or _TOKEN_URL)
        claims: dict[str, object] = {
            "iss": _field(document, "client_email", path),
            "scope": SCOPE,
            "aud": url,
            "iat": now_s,
            "exp": now_s + _LIFETIME_S,
        }
        jwt = signed_jwt(
            claims,
            _field(document, "private_key", path),
            algorithm="RS256",
            key_id=str(document.get("private_key_id") or ""),
            role=f"private_key of {path}",
        )
        form = {"grant_type": _GRANT_JWT_BEARER, "assertion": jwt}
        return await self._post(url, form, watch, jwt)

    async def _as_user(self, document: Mapping[str, Any], path: str, watch: Watch) -> Lease[str]:
        names = ("client_id", "client_secret", "refresh_token")
        form = {name: _field(document, name, path) for name in names}
        secrets = (form["client_secret"], form["refresh_token"])
        url = str(document.get("token_uri") or _TOKEN_URL)
        return await self._post(url, {"grant_type": "refresh_token", **form}, watch, *secrets)

    async def _post(
        self, url: str, form: Mapping[str, str], watch: Watch, *secrets: str
    ) -> Lease[str]:
        answer = await self._fetch(
            "POST", url, headers=(FORM,), body=urlencode(form).encode(), proxy=ENVIRONMENT_PROXY
        )
        return lease_of(answer, place_of(url), what=_WHAT, secrets=secrets, watch=watch)

    async def _from_metadata(self, watch: Watch) -> Lease[str]:
        host = self._environment.get("GCE_METADATA_HOST") or _METADATA
        url = f"http://{host}{_TOKEN_PATH}?{urlencode({'scopes': SCOPE})}"
        try:
            answer = await self._fetch(
                "GET", url, headers=(("Metadata-Flavor", "Google"),), timeout_s=10
            )
        except TransportError as exc:
            message = (
                "no Google credentials found: set credentials_file or"
                f" GOOGLE_APPLICATION_CREDENTIALS ({exc})"
            )
            raise TransportError("auth", message) from exc
        return lease_of(answer, place_of(url), what=_WHAT, watch=watch)


def _document(text: str, path: str) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(text)
    except ValueError as exc:
        # Its text is not told: it holds a key.
        raise TransportError("auth", f"the Google credentials file {path} is not JSON") from exc
    if not isinstance(found, dict):
        raise TransportError("auth", f"the Google credentials file {path} is not a JSON object")
    return found


def _field(document: Mapping[str, Any], name: str, path: str) -> str:
    value = document.get(name)
    if not value or not isinstance(value, str):
        raise TransportError("auth", f"the Google credentials file {path} has no {name}")
    return value
