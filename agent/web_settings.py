"""What flags say of the agent's own server: addresses, TLS, credentials, headers, limits.

Takes flag values; gives WebSettings, or raises FlagErrors with every mistake.
Never: opens a file, shows a secret.
"""

import hmac
import os
import socket
from collections.abc import Mapping

import attrs

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.passwords import Password
from agent.flags.values import Values
from web.access import Access, BasicCheck, Matches
from web.addresses import AddressError, parse_address
from web.admission import Admission
from web.endpoints import Area
from web.front_settings import FrontSettings
from web.limits import ServerLimits
from web.tls_settings import VERSIONS, ServerTls

KEYS = {
    "metricsAuthKey": Area.METRICS,
    "configAuthKey": Area.CONFIG,
    "flagsAuthKey": Area.FLAGS,
    "reloadAuthKey": Area.RELOAD,
    "pprofAuthKey": Area.DEBUG,
}
_PASSWORD = "httpAuth.password"  # noqa: S105 - a flag's name
_HEADERS = {
    "http.header.hsts": "strict-transport-security",
    "http.header.csp": "content-security-policy",
    "http.header.frameOptions": "x-frame-options",
}


@attrs.frozen(kw_only=True)
class WebSettings:
    """`tls`: for each address, None for plain HTTP. `passwords` by flag, for whoever keeps them
    fresh; `web_config` is the path of Prometheus' web configuration, "" for none."""

    addresses: tuple[str, ...]
    tls: tuple[ServerTls | None, ...]
    limits: ServerLimits
    front: FrontSettings
    passwords: Mapping[str, Password]
    user: str
    web_config: str
    shutdown_delay_s: float

    def access(self, basic: BasicCheck | None = None) -> Access:
        """`basic`: how to check who is named in the web configuration."""
        keys = {
            area: matches(self.passwords[name])
            for name, area in KEYS.items()
            if name in self.passwords
        }
        own = self._own_check() if self.user else None
        return Access(keys=keys, basic=_either(own, basic) if own and basic else own or basic)

    def _own_check(self) -> BasicCheck:
        is_right = matches(self.passwords[_PASSWORD])

        async def check(user: str, password: str) -> bool:
            is_user = hmac.compare_digest(user.encode(), self.user.encode())
            return is_right(password) and is_user

        return check


def matches(password: Password) -> Matches:
    """Compares with what the password is at that time."""
    return lambda text: hmac.compare_digest(
        text.encode("utf-8", "replace"), password.current().reveal().encode()
    )


def _either(first: BasicCheck, second: BasicCheck) -> BasicCheck:
    async def check(user: str, password: str) -> bool:
        return await first(user, password) or await second(user, password)

    return check


def web_settings(values: Values) -> WebSettings:
    errors: list[FlagError] = []
    addresses = tuple(filter(None, values["httpListenAddr"]))
    settings = WebSettings(
        addresses=_checked(addresses, errors),
        tls=tuple(_tls(values, index, errors) for index in range(len(addresses))),
        limits=ServerLimits(
            idle_timeout_s=values["http.idleConnTimeout"],
            stop_grace_s=values["http.maxGracefulShutdownDuration"],
        ),
        front=_front(values, errors),
        passwords={name: Password(values[name]) for name in (_PASSWORD, *KEYS) if values[name]},
        user=_user(values, errors),
        web_config=values["web.config.file"],
        shutdown_delay_s=values["http.shutdownDelay"],
    )
    if errors:
        raise FlagErrors(errors)
    return settings


def _checked(addresses: tuple[str, ...], errors: list[FlagError]) -> tuple[str, ...]:
    for address in addresses:
        try:
            parse_address(address)
        except AddressError as exc:
            errors.append(FlagError(name="httpListenAddr", reason=exc.reason, text=address))
    return addresses


def _user(values: Values, errors: list[FlagError]) -> str:
    user: str = values["httpAuth.username"]
    if bool(user) != bool(values[_PASSWORD]):
        given, missing = ("username", "password") if user else ("password", "username")
        reason = f"needs -httpAuth.{missing} beside it, or nobody would be asked"
        errors.append(FlagError(name=f"httpAuth.{given}", reason=reason))
    return user


def _front(values: Values, errors: list[FlagError]) -> FrontSettings:
    headers = {header: values[flag] for flag, header in _HEADERS.items() if values[flag]}
    for flag, header in _HEADERS.items():
        if header in headers and not headers[header].isprintable():
            errors.append(FlagError(name=flag, reason="is no value of a header"))
    if not values["http.header.disableServerHostname"]:
        headers["x-server-hostname"] = socket.gethostname()
    prefix = values["http.pathPrefix"].strip("/")
    return FrontSettings(
        path_prefix=f"/{prefix}" if prefix else "",
        headers=headers,
        compresses=not values["http.disableResponseCompression"],
        keeps_alive=not values["http.disableKeepAlive"],
        max_connection_s=values["http.connTimeout"] or float("inf"),
    )


def _tls(values: Values, index: int, errors: list[FlagError]) -> ServerTls | None:
    if not values.for_url("tls", index):
        if values.for_url("mtls", index):
            errors.append(FlagError(name="mtls", reason="needs -tls beside it"))
        return None
    files = {name: values.for_url(f"tls{name}File", index) for name in ("Cert", "Key")}
    for name, path in files.items():
        if not path:
            reason = "is missing; -tls needs a certificate and its key"
            errors.append(FlagError(name=f"tls{name}File", reason=reason))
    version = values.for_url("tlsMinVersion", index) or "TLS12"
    if version not in VERSIONS:
        reason = f"must be one of {', '.join(VERSIONS)}"
        errors.append(FlagError(name="tlsMinVersion", reason=reason, text=version))
    suites = values["tlsCipherSuites"]
    return ServerTls(
        cert_file=files["Cert"],
        key_file=files["Key"],
        min_version=version,
        cipher_suites=tuple(suite for suite in suites if suite),
        client_certificates="required" if values.for_url("mtls", index) else "",
        client_ca_file=values.for_url("mtlsCAFile", index),
    )


def admission_of(values: Values) -> Admission:
    """What pushes may cost; vmagent takes two for each processor."""
    largest = max(values["maxInsertRequestSize"], values["opentelemetry.maxRequestSize"])
    return Admission(
        capacity=values["maxConcurrentInserts"] or 2 * (os.cpu_count() or 1),
        max_wait_s=values["insert.maxQueueDuration"],
        max_request_bytes=largest,
        max_total_bytes=2 * largest,
    )
