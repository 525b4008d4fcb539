"""How to reach a remote host: TLS, authentication, proxies, headers.

The same classes serve scrapes, discovery and remote write (Prometheus' `http_config`, reference
section 3.4). File paths are absolute here; texts are taken as they stand.
"""

from collections.abc import Mapping

import attrs

from transport.secret import Secret


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
    proxy_url: str = ""
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: Mapping[str, tuple[Secret, ...]] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class OAuth2:
    client_id: str
    token_url: str
    client_secret: Secret = Secret("")
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    endpoint_params: Mapping[str, str] = attrs.field(factory=dict)
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
class HeaderValues:
    """One entry of `http_headers`: every value, secret and file's content is sent."""

    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class HttpSettings:
    """`http_config`: at most one of basic_auth, authorization and oauth2 is set."""

    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    oauth2: OAuth2 | None = None
    tls: TlsSettings = TlsSettings()
    proxy: ProxySettings = ProxySettings()
    follow_redirects: bool = True
    enable_http2: bool = True
    headers: Mapping[str, HeaderValues] = attrs.field(factory=dict)
