"""The keys of `http_config` and the rules between them.

Source: reference/prometheus.md 3.4 (error texts too), vmagent.md 1.2 (`headers`).
Never: reads a file or a certificate.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import decode, fields_of, key, refused
from agent.config.registry import check, decoder, other_names
from agent.config.scalars import FilePath
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HeaderValues, TlsSettings

# Headers that the agent sets itself.
_RESERVED = frozenset(
    (
        "authorization",
        "host",
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "www-authenticate",
        "accept-encoding",
        "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version",
        "x-prometheus-scrape-timeout-seconds",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    )
)
_TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
_WITH = "configured when a client"
_GRANT_TYPES = ("client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer")
_SIGNATURES = ("RS256", "RS384", "RS512")


@attrs.frozen(kw_only=True)
class ProxySection:
    """The proxy keys, which stand beside others in their block."""

    proxy_url: str = ""
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: Mapping[str, tuple[Secret, ...]] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class OAuth2Section(ProxySection):
    """`oauth2`; `headers` is vmagent's, for the request for a token."""

    client_id: str = ""
    client_secret: Secret = Secret("")
    client_secret_file: FilePath = FilePath("")
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    endpoint_params: Mapping[str, str] = attrs.field(factory=dict)
    tls_config: TlsSettings = TlsSettings()
    grant_type: str = "client_credentials"
    client_certificate_key: Secret = Secret("")
    client_certificate_key_file: FilePath = FilePath("")
    client_certificate_key_id: str = ""
    signature_algorithm: str = "RS256"
    iss: str = ""
    audience: str = ""
    claims: Mapping[str, object] = attrs.field(factory=dict)
    headers: object = refused()


@attrs.frozen(kw_only=True)
class HttpSection(ProxySection):
    """The keys of `http_config` as they stand inline in the blocks that have them."""

    here: Cursor = attrs.field(metadata=key(None), eq=False, repr=False)
    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    bearer_token: Secret = Secret("")
    bearer_token_file: FilePath = FilePath("")
    oauth2: OAuth2Section | None = None
    tls_config: TlsSettings = TlsSettings()
    follow_redirects: bool = True
    enable_http2: bool = True
    http_headers: Mapping[str, HeaderValues] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class FetchSection(HttpSection):
    """The same where something is fetched: in jobs and discoveries, with vmagent's keys."""

    headers: tuple[str, ...] = ()
    proxy_authorization: object = refused()
    proxy_basic_auth: object = refused()
    proxy_bearer_token: object = refused()
    proxy_bearer_token_file: object = refused()
    proxy_headers: object = refused()
    proxy_oauth2: object = refused()
    proxy_tls_config: object = refused()


# Keys of blocks that are often written beside them.
other_names(
    HttpSection,
    {
        **{f"tls_{key}": f"tls_config.{key}" for key in fields_of(TlsSettings)},
        **{key: f"tls_config.{key}" for key in fields_of(TlsSettings)},
        **{key: f"basic_auth.{key}" for key in fields_of(BasicAuth)},
        "credentials": "authorization.credentials",
        "credentials_file": "authorization.credentials_file",
    },
)


def _at_most_one(cursor: Cursor, keys: Sequence[str], names: str) -> bool:
    """Reports when several of the keys are given; at the second one."""
    given = [name for name in keys if cursor.has(name)]
    if len(given) > 1:
        cursor.key_of(given[1]).error(f"at most one of {names} must be configured")
    return len(given) <= 1


@check(BasicAuth)
def _check_basic_auth(value: BasicAuth, cursor: Cursor) -> None:
    _at_most_one(cursor, ("username", "username_file"), "basic_auth username & username_file")
    _at_most_one(cursor, ("password", "password_file"), "basic_auth password & password_file")


@check(Authorization)
def _check_authorization(value: Authorization, cursor: Cursor) -> None:
    names = "authorization credentials & credentials_file"
    _at_most_one(cursor, ("credentials", "credentials_file"), names)
    if value.type.strip().lower() == "basic":
        message = 'authorization type cannot be set to "basic", use "basic_auth" instead'
        cursor.at("type").error(message, value.type)


@check(TlsSettings)
def _check_tls(value: TlsSettings, cursor: Cursor) -> None:
    for name in ("ca", "cert", "key"):
        _at_most_one(cursor, (name, f"{name}_file"), f"{name} & {name}_file")
    has_cert = cursor.has("cert") or cursor.has("cert_file")
    has_key = cursor.has("key") or cursor.has("key_file")
    if has_cert and not has_key and cursor.is_sound("key", "key_file"):
        cursor.error(f"exactly one of key or key_file must be {_WITH} certificate is configured")
    if has_key and not has_cert and cursor.is_sound("cert", "cert_file"):
        cursor.error(f"exactly one of cert or cert_file must be {_WITH} key is configured")
    for name in ("min_version", "max_version"):
        _one_of(cursor, name, getattr(value, name), _TLS_VERSIONS)
    if value.min_version and value.max_version and value.max_version < value.min_version:
        cursor.at("max_version").error("max_version must not be below min_version")


def _one_of(cursor: Cursor, name: str, value: str, known: Sequence[str]) -> None:
    if value and value not in known:
        message = f"unknown {name} {value[:80]!r}; known: {', '.join(known)}"
        cursor.at(name).error(message, value)


@check(OAuth2Section)
def _check_oauth2(value: OAuth2Section, cursor: Cursor) -> None:
    _one_of(cursor, "grant_type", value.grant_type, _GRANT_TYPES)
    _one_of(cursor, "signature_algorithm", value.signature_algorithm, _SIGNATURES)
    for name in ("client_id", "token_url"):
        if not getattr(value, name) and cursor.is_sound(name):
            cursor.error(f"oauth2 {name} must be configured")
    keys = ("client_certificate_key", "client_certificate_key_file")
    secrets = ("client_secret", "client_secret_file")
    _at_most_one(cursor, secrets, "oauth2 client_secret & client_secret_file")
    _at_most_one(cursor, keys, "oauth2 client_certificate_key & client_certificate_key_file")
    if value.grant_type == _GRANT_TYPES[1] and not any(cursor.has(name) for name in keys):
        message = "oauth2 client_certificate_key must be configured with grant_type jwt-bearer"
        cursor.error(message)
    _check_proxy(value, cursor)


def _check_proxy(value: ProxySection, cursor: Cursor) -> None:
    if value.proxy_from_environment and (value.proxy_url or value.no_proxy):
        message = "if proxy_from_environment is configured, proxy_url and no_proxy must not be"
        cursor.key_of("proxy_from_environment").error(message)
    if value.no_proxy and not value.proxy_url and not value.proxy_from_environment:
        cursor.key_of("no_proxy").error("if no_proxy is configured, proxy_url must also be")
    if value.proxy_connect_header and not (value.proxy_url or value.proxy_from_environment):
        message = (
            "if proxy_connect_header is configured, proxy_url or proxy_from_environment must be"
        )
        cursor.key_of("proxy_connect_header").error(message)


def check_http(value: HttpSection) -> None:
    """The rules over several keys of an inline `http_config`."""
    cursor = value.here
    bearer = ("bearer_token", "bearer_token_file")
    if not _at_most_one(cursor, bearer, "bearer_token & bearer_token_file"):
        return
    names = "basic_auth, oauth2, bearer_token & bearer_token_file"
    if _at_most_one(cursor, ("basic_auth", "oauth2", *bearer), names):
        others = ("basic_auth", "oauth2", "authorization")
        if _at_most_one(cursor, others, "basic_auth, oauth2 & authorization"):
            names = "authorization & bearer_token (deprecated)"
            _at_most_one(cursor, ("authorization", *bearer), names)
    for name in value.http_headers:
        if name.lower() in _RESERVED:
            cursor.at("http_headers").key_of(name).error(f'setting header "{name}" is not allowed')
    _check_proxy(value, cursor)


def check_url(url: str, cursor: Cursor) -> None:
    """An http(s) URL with a host; reported without the text, which may hold a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        cursor.error(f"not a valid URL: {error}")
        return
    if parts.scheme not in ("http", "https"):
        cursor.error("URL scheme must be 'http' or 'https'")
    elif not host:
        cursor.error("host is missing in URL")


@decoder(HeaderValues)
def _decode_header_values(cursor: Cursor) -> HeaderValues:
    section = decode(cursor, _HeaderSection)
    return HeaderValues(values=section.values, secrets=section.secrets, files=section.files)


@attrs.frozen(kw_only=True)
class _HeaderSection:
    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[FilePath, ...] = ()
