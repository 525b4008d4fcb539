"""How to reach a remote host: TLS, authentication, proxies, headers.

The same classes serve scrapes, discovery and remote write (Prometheus' `http_config`, reference
section 3.4). File paths are absolute here; texts are taken as they stand.
"""

from collections.abc import Mapping

import attrs

from transport.secret import Secret


def _without_userinfo(url: str) -> str:
    """How a URL is shown that may have a password in it."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator:
        return repr(url.rpartition("@")[2])
    return repr(f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}")


@attrs.frozen(kw_only=True)
class TlsSettings:
    """`tls_config`. `ca`, `cert`, `key` are PEM texts, `*_file` paths that are re-read."""

    ca: str = ""
    ca_file: str = ""
    cert: str = ""
    cert_file: str = ""
    key: Secret = Secret("")
    key_file: str = ""
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: str = ""  # TLS10, TLS11, TLS12, TLS13; empty: the library's default (TLS12)
    max_version: str = ""


@attrs.frozen(kw_only=True)
class BasicAuth:
    username: str = ""
    username_file: str = ""
    password: Secret = Secret("")
    password_file: str = ""


@attrs.frozen(kw_only=True)
class Authorization:
    type: str = "Bearer"
    credentials: Secret = Secret("")
    credentials_file: str = ""


@attrs.frozen(kw_only=True)
class ProxySettings:
    proxy_url: str = attrs.field(default="", repr=_without_userinfo)
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: Mapping[str, tuple[Secret, ...]] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class OAuth2:
    client_id: str
    token_url: str = attrs.field(repr=_without_userinfo)
    client_secret: Secret = Secret("")
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    endpoint_params: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    tls: TlsSettings = TlsSettings()
    proxy: ProxySettings = ProxySettings()
    grant_type: str = "client_credentials"
    client_certificate_key: Secret = Secret("")
    client_certificate_key_file: str = ""
    client_certificate_key_id: str = ""
    signature_algorithm: str = "RS256"
    iss: str = ""
    audience: str = ""
    claims: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SigV4:
    """`sigv4`: requests signed for Amazon. What is empty comes from Amazon's usual places."""

    region: str = ""
    access_key: str = ""
    secret_key: Secret = Secret("")
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    use_fips_sts_endpoint: bool = False
    service: str = "aps"
    sts_endpoint: str = ""


@attrs.frozen(kw_only=True)
class ManagedIdentity:
    """The machine's own identity; without `client_id` the one assigned by the system."""

    client_id: str = ""


@attrs.frozen(kw_only=True)
class WorkloadIdentity:
    """A token of Kubernetes, exchanged for one of Azure."""

    client_id: str = ""
    tenant_id: str = ""
    token_file: str = "/var/run/secrets/azure/tokens/azure-identity-token"  # noqa: S105 (a path)


@attrs.frozen(kw_only=True)
class AzureOAuth:
    client_id: str = ""
    client_secret: Secret = Secret("")
    tenant_id: str = ""


@attrs.frozen(kw_only=True)
class AzureCertificate:
    """A certificate instead of a secret: PEM (its key in it or beside it) or PKCS 12."""

    client_id: str = ""
    tenant_id: str = ""
    certificate_file: str = ""
    certificate_key_file: str = ""
    certificate_password: Secret = Secret("")
    send_certificate_chain: bool = False


@attrs.frozen(kw_only=True)
class AzureSdk:
    """What the environment says, as Azure's own libraries find it."""

    tenant_id: str = ""


AzureWay = ManagedIdentity | WorkloadIdentity | AzureOAuth | AzureCertificate | AzureSdk


@attrs.frozen(kw_only=True)
class AzureAD:
    """`azuread`. Empty `scope`: that of the cloud's metrics."""

    way: AzureWay
    cloud: str = "AzurePublic"
    scope: str = ""


@attrs.frozen(kw_only=True)
class GoogleIam:
    """`google_iam`. Empty: Google's application default credentials."""

    credentials_file: str = ""


@attrs.frozen(kw_only=True)
class HeaderValues:
    """One entry of `http_headers`: every value, secret and file's content is sent."""

    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class HttpSettings:
    """`http_config`: at most one of basic_auth to google_iam is set.

    `enable_http2`: what the configuration allows. `offers_http2`: HTTP/2 is offered to servers
    by TLS. Both are one for remotes; scrapes never offer it, because a page by HTTP/2 costs many
    times what it costs by HTTP/1.1, and every server speaks that.
    `round_robin_dns`: each connection begins with another address of the host.
    """

    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    oauth2: OAuth2 | None = None
    sigv4: SigV4 | None = None
    azuread: AzureAD | None = None
    google_iam: GoogleIam | None = None
    tls: TlsSettings = TlsSettings()
    proxy: ProxySettings = ProxySettings()
    follow_redirects: bool = True
    enable_http2: bool = True
    offers_http2: bool = False
    round_robin_dns: bool = False
    tls_handshake_timeout_s: float = 20
    headers: Mapping[str, HeaderValues] = attrs.field(factory=dict)
