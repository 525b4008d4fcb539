"""How flags say to reach a remote: authentication, TLS, headers.

Takes the flags of one URL; gives HttpSettings, and collects what cannot be used together.
Never: opens a file that a flag names, shows a secret.
"""

from agent.config.remotes import RESERVED_HEADERS
from agent.flags.remote_identity import oauth2, sigv4
from agent.flags.url_flags import UrlFlags
from transport.errors import TransportError
from transport.proxy import SCHEMES as PROXY_SCHEMES
from transport.secret import Secret
from transport.settings import (
    Authorization,
    BasicAuth,
    HeaderValues,
    HttpSettings,
    ProxySettings,
    TlsSettings,
)
from transport.url import parse_url
from transport.userinfo import with_userinfo

# vmagent's separator of several texts within one item.
_BETWEEN_HEADERS = "^^"


def http_settings(flags: UrlFlags, userinfo: BasicAuth | None) -> HttpSettings:
    """`userinfo` is what the URL itself says; flags win over it."""
    basic, bearer = _basic_auth(flags), _bearer(flags)
    tokens, signature = oauth2(flags), sigv4(flags)
    headers = _headers(flags)
    has_own = any(name.lower() == "authorization" for name in headers)
    ways = {
        "basicAuth.*": basic is not None,
        "bearerToken": bearer is not None,
        "oauth2.*": tokens is not None,
        "aws.useSigv4": signature is not None,
        "headers": has_own,
    }
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) > 1:
        reason = f"cannot be used together with -remoteWrite.{given[0]} for the same URL"
        flags.error(given[1], reason)
    return with_userinfo(
        HttpSettings(
            basic_auth=basic,
            authorization=bearer,
            oauth2=tokens,
            sigv4=signature,
            tls=_tls(flags),
            proxy=_proxy(flags),
            tls_handshake_timeout_s=flags.number("tlsHandshakeTimeout") or float("inf"),
            enable_http2=False,
            headers=headers,
        ),
        None if has_own else userinfo,
    )


def _basic_auth(flags: UrlFlags) -> BasicAuth | None:
    flags.at_most_one("basicAuth.username", "basicAuth.usernameFile")
    flags.at_most_one("basicAuth.password", "basicAuth.passwordFile")
    basic = BasicAuth(
        username=flags.text("basicAuth.username"),
        username_file=flags.path("basicAuth.usernameFile"),
        password=Secret(flags.text("basicAuth.password")),
        password_file=flags.path("basicAuth.passwordFile"),
    )
    return basic if basic != BasicAuth() else None


def _bearer(flags: UrlFlags) -> Authorization | None:
    flags.at_most_one("bearerToken", "bearerTokenFile")
    bearer = Authorization(
        credentials=Secret(flags.text("bearerToken")),
        credentials_file=flags.path("bearerTokenFile"),
    )
    return bearer if bearer != Authorization() else None


def _tls(flags: UrlFlags) -> TlsSettings:
    cert, key = flags.path("tlsCertFile"), flags.path("tlsKeyFile")
    if bool(cert) != bool(key):
        given, missing = ("Cert", "Key") if cert else ("Key", "Cert")
        flags.error(f"tls{given}File", f"needs -remoteWrite.tls{missing}File beside it")
    return TlsSettings(
        ca_file=flags.path("tlsCAFile"),
        cert_file=cert,
        key_file=key,
        server_name=flags.text("tlsServerName"),
        insecure_skip_verify=flags.is_on("tlsInsecureSkipVerify"),
    )


def _proxy(flags: UrlFlags) -> ProxySettings:
    url = flags.text("proxyURL")
    if url:
        try:
            parse_url(url, PROXY_SCHEMES)
        except TransportError as exc:
            flags.error("proxyURL", str(exc))
    return ProxySettings(proxy_url=url)


def _headers(flags: UrlFlags) -> dict[str, HeaderValues]:
    headers: dict[str, HeaderValues] = {}
    for line in filter(None, flags.text("headers").split(_BETWEEN_HEADERS)):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        reason = _header_reason(name, colon, value)
        if reason:
            flags.error("headers", reason)
            continue
        before = headers.get(name, HeaderValues()).secrets
        headers[name] = HeaderValues(secrets=(*before, Secret(value)))
    return headers


def _header_reason(name: str, colon: str, value: str) -> str:
    """Why a header cannot be sent, "" if it can. The value is never shown."""
    if not colon or not name:
        return "a header is written name:value"
    if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        return f"{name[:80]!r} is not the name of a header"
    if name.lower() in RESERVED_HEADERS:
        return f"{name} is set by the agent itself"
    if not value.isprintable():
        return f"the value of {name} has characters that a header cannot have"
    return ""
