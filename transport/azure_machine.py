"""Tokens of the identity that Azure gives a machine: a VM, an App Service, a host with Arc.

Takes a scope and the environment, which says what kind of machine it is; gives a token's lease.
No proxy: these addresses lead no further than the host.
"""

import os
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from transport.errors import TransportError
from transport.fetch import Fetch, place_of
from transport.files import read_file
from transport.renewal import Lease
from transport.response import Response
from transport.settings import ManagedIdentity
from transport.token import lease_of

_IMDS = "http://169.254.169.254"
_REALM = re.compile(r'basic\s+realm="?([^"]+)"?', re.IGNORECASE)
# Where Arc's agent puts the proof that we may read files of its group; nothing else is read,
# whatever a server says.
ARC_TOKENS = "/var/opt/azcmagent/tokens"
_MAX_KEY_BYTES = 4096
_METADATA = ("Metadata", "true")
_WHAT = "Azure token"


class MachineTokens:
    """`wall` gives the time of day in seconds."""

    def __init__(
        self,
        scope: str,
        fetch: Fetch,
        environment: Mapping[str, str],
        wall: Callable[[], float],
        *,
        arc_tokens: str = ARC_TOKENS,
    ) -> None:
        self._resource = scope.removesuffix("/.default")
        self._fetch = fetch
        self._wall = wall
        self._arc_tokens = arc_tokens
        self._secret = environment.get("IDENTITY_HEADER", "")
        endpoint = environment.get("IDENTITY_ENDPOINT", "")
        self._is_app_service = bool(endpoint and self._secret)
        self._is_arc = bool(endpoint and environment.get("IMDS_ENDPOINT"))
        if self._is_app_service or self._is_arc:
            self._url = endpoint
        else:
            base = environment.get("AZURE_POD_IDENTITY_AUTHORITY_HOST") or _IMDS
            self._url = f"{base.rstrip('/')}/metadata/identity/oauth2/token"
        self.place = place_of(self._url)

    async def lease(self, identity: ManagedIdentity) -> Lease[str]:
        """Raises TransportError (auth)."""
        if self._is_app_service:
            answer = await self._get("2019-08-01", identity, ("X-IDENTITY-HEADER", self._secret))
        elif self._is_arc:
            answer = await self._ask_arc()
        else:
            answer = await self._get("2018-02-01", identity, _METADATA)
        secrets = (self._secret,)
        return lease_of(answer, self.place, what=_WHAT, secrets=secrets, wall_s=self._wall())

    async def _get(
        self, version: str, identity: ManagedIdentity, *headers: tuple[str, str]
    ) -> Response:
        query = {"api-version": version, "resource": self._resource}
        if identity.client_id:
            query["client_id"] = identity.client_id
        return await self._fetch("GET", f"{self._url}?{urlencode(query)}", headers=headers)

    async def _ask_arc(self) -> Response:
        """Arc answers 401 with the name of a file that only its group can read."""
        anyone = ManagedIdentity()  # Arc has one identity
        answer = await self._get("2020-06-01", anyone, _METADATA)
        found = _REALM.search(answer.header("www-authenticate") or "")
        if answer.status != 401 or found is None:
            return answer
        key = self._arc_key(found[1])
        return await self._get("2020-06-01", anyone, _METADATA, ("Authorization", f"Basic {key}"))

    def _arc_key(self, path: str) -> str:
        directory, name = os.path.split(path)
        if directory != self._arc_tokens or not name.endswith(".key"):
            message = f"Arc names a file that is not one of {self._arc_tokens}/*.key"
            raise TransportError("auth", message)
        content = read_file(path, kind="auth", role="Arc's key file")
        if len(content) > _MAX_KEY_BYTES:
            raise TransportError("auth", f"Arc's key file {path} is too large")
        return content.decode("latin-1").strip()
