"""Tokens of Microsoft Entra ID (Azure AD) for Azure Monitor's remote write.

Takes `AzureAD` settings and the environment; gives a token's lease.
Endpoints are the cloud's own, or what AZURE_AUTHORITY_HOST, IDENTITY_ENDPOINT, IMDS_ENDPOINT and
AZURE_POD_IDENTITY_AUTHORITY_HOST say, as in Azure's own libraries.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import assert_never
from urllib.parse import urlencode

import attrs

from transport.azure_machine import MachineTokens
from transport.fetch import ENVIRONMENT_PROXY, FORM, Fetch, place_of
from transport.files import Watch
from transport.jwt import LIFETIME_S, signed_jwt
from transport.renewal import Lease
from transport.secret import Secret
from transport.settings import (
    AzureAD,
    AzureCertificate,
    AzureOAuth,
    AzureSdk,
    AzureWay,
    ManagedIdentity,
    WorkloadIdentity,
)
from transport.token import lease_of

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@attrs.frozen
class Cloud:
    authority: str
    scope: str


CLOUDS = {
    "AzurePublic": Cloud(
        "https://login.microsoftonline.com", "https://monitor.azure.com//.default"
    ),
    "AzureChina": Cloud("https://login.chinacloudapi.cn", "https://monitor.azure.cn//.default"),
    "AzureGovernment": Cloud(
        "https://login.microsoftonline.us", "https://monitor.azure.us//.default"
    ),
}


class AzureTokens:
    """`wall` gives the time of day in seconds."""

    def __init__(
        self,
        settings: AzureAD,
        fetch: Fetch,
        environment: Mapping[str, str],
        wall: Callable[[], float],
    ) -> None:
        cloud = CLOUDS[settings.cloud]
        self._scope = settings.scope or cloud.scope
        authority = environment.get("AZURE_AUTHORITY_HOST") or cloud.authority
        self._authority = authority if "://" in authority else f"https://{authority}"
        self._fetch = fetch
        self._wall = wall
        self._way = _resolved(settings.way, environment)
        self._machine = MachineTokens(self._scope, fetch, environment, wall)
        is_machine = isinstance(self._way, ManagedIdentity)
        self.place = self._machine.place if is_machine else place_of(self._authority)

    async def lease(self) -> Lease[str]:
        """Raises TransportError (auth)."""
        way, watch = self._way, Watch()
        match way:
            case ManagedIdentity():
                return await self._machine.lease(way)
            case WorkloadIdentity():
                jwt = watch.text(way.token_file, "the workload identity token file")
                form = {"client_assertion_type": _JWT_BEARER, "client_assertion": jwt}
                return await self._post(way.tenant_id, way.client_id, form, watch, jwt)
            case AzureOAuth():
                secret = way.client_secret.reveal()
                form = {"client_secret": secret}
                return await self._post(way.tenant_id, way.client_id, form, watch, secret)
            case AzureCertificate():
                jwt = self._assertion(way, watch)
                form = {"client_assertion_type": _JWT_BEARER, "client_assertion": jwt}
                return await self._post(way.tenant_id, way.client_id, form, watch, jwt)
            case AzureSdk():
                raise AssertionError("resolved when it was made")
            case _:
                assert_never(way)

    def _url(self, tenant_id: str) -> str:
        return f"{self._authority.rstrip('/')}/{tenant_id}/oauth2/v2.0/token"

    async def _post(
        self, tenant_id: str, client_id: str, proof: Mapping[str, str], watch: Watch, secret: str
    ) -> Lease[str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "scope": self._scope,
            **proof,
        }
        url = self._url(tenant_id)
        answer = await self._fetch(
            "POST", url, headers=(FORM,), body=urlencode(form).encode(), proxy=ENVIRONMENT_PROXY
        )
        what = "Azure token"
        return lease_of(answer, place_of(url), what=what, secrets=(secret,), watch=watch)

    def _assertion(self, way: AzureCertificate, watch: Watch) -> str:
        from transport.azure_certificate import load  # late: an optional dependency, few need it

        certificate = load(way, watch)
        now_s = int(self._wall())
        claims: dict[str, object] = {
            "aud": self._url(way.tenant_id),
            "iss": way.client_id,
            "sub": way.client_id,
            "jti": secrets.token_hex(16),
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + LIFETIME_S,
        }
        return signed_jwt(
            claims,
            certificate.key_pem.reveal(),
            algorithm="PS256",
            header=certificate.header,
            role=f"the key of {way.certificate_file}",
        )


def _resolved(way: AzureWay, environment: Mapping[str, str]) -> AzureWay:
    """What `sdk` means here and now: the first of what Azure's own libraries would try."""
    if not isinstance(way, AzureSdk):
        return way
    get = environment.get
    client_id, tenant_id = get("AZURE_CLIENT_ID", ""), way.tenant_id or get("AZURE_TENANT_ID", "")
    if not (client_id and tenant_id):
        return ManagedIdentity(client_id=client_id)
    if get("AZURE_CLIENT_SECRET"):
        secret = Secret(get("AZURE_CLIENT_SECRET", ""))
        return AzureOAuth(client_id=client_id, tenant_id=tenant_id, client_secret=secret)
    if get("AZURE_CLIENT_CERTIFICATE_PATH"):
        return AzureCertificate(
            client_id=client_id,
            tenant_id=tenant_id,
            certificate_file=get("AZURE_CLIENT_CERTIFICATE_PATH", ""),
            certificate_password=Secret(get("AZURE_CLIENT_CERTIFICATE_PASSWORD", "")),
        )
    if get("AZURE_FEDERATED_TOKEN_FILE"):
        path = get("AZURE_FEDERATED_TOKEN_FILE", "")
        return WorkloadIdentity(client_id=client_id, tenant_id=tenant_id, token_file=path)
    return ManagedIdentity(client_id=client_id)
