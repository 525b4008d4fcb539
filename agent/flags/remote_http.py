"""How flags say to reach a remote: authentication, TLS, headers.

Takes the flags of one URL; gives HttpSettings, and collects what cannot be used together.
Never: opens a file that a flag names, shows a secret.
"""

from agent.config.remotes import RESERVED_HEADERS
from agent.flags.url_flags import UrlFlags
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HeaderValues, HttpSettings, TlsSettings

# vmagent's separator of several texts within one item.
_BETWEEN_HEADERS = "^^"


def http_settings(flags: UrlFlags, userinfo: BasicAuth | None) -> HttpSettings:
    """`userinfo` is what the URL itself says; flags win over it."""
    basic, bearer = _basic_auth(flags), _bearer(flags)
    if basic and bearer:
        reason = "cannot be used together with -remoteWrite.basicAuth for the same URL"
        flags.error("bearerToken", reason)
    return HttpSettings(
        basic_auth=basic or (None if bearer else userinfo),
        authorization=bearer,
        tls=_tls(flags),
        enable_http2=False,
        headers=_headers(flags),
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
