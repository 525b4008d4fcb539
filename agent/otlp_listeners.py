"""What flags say of OTLP's own listeners: addresses, TLS, credentials.

Takes flag values; gives settings, or raises FlagErrors with every mistake.
Never: opens a file, shows a secret.
"""

import hmac
from collections.abc import Mapping

import attrs

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.passwords import Password
from agent.flags.values import Values
from agent.web_settings import matches
from web.access import BasicCheck, Matches
from web.addresses import AddressError, parse_address
from web.tls_settings import ServerTls

_ADDRESSES = ("otlp.httpListenAddr", "otlp.grpcListenAddr")
_PASSWORD, _TOKEN = "otlp.httpAuth.password", "otlp.bearerToken"


@attrs.frozen(kw_only=True)
class OtlpListeners:
    """No address: none is opened. Both speak HTTP/1.1, HTTP/2 and gRPC."""

    addresses: tuple[str, ...] = ()
    tls: ServerTls | None = None
    user: str = ""
    passwords: Mapping[str, Password] = attrs.field(factory=dict)

    def basic(self) -> BasicCheck | None:
        if not self.user:
            return None
        is_right = matches(self.passwords[_PASSWORD])

        async def check(user: str, password: str) -> bool:
            is_user = hmac.compare_digest(user.encode(), self.user.encode())
            return is_right(password) and is_user

        return check

    def bearer(self) -> Matches | None:
        return matches(self.passwords[_TOKEN]) if _TOKEN in self.passwords else None


def otlp_listeners(values: Values) -> OtlpListeners:
    errors: list[FlagError] = []
    addresses = []
    for name in _ADDRESSES:
        text = values[name]
        if text and text not in addresses:
            addresses.append(text)
            try:
                parse_address(text)
            except AddressError as exc:
                errors.append(FlagError(name=name, reason=exc.reason, text=text))
    user = values["otlp.httpAuth.username"]
    if bool(user) != bool(values[_PASSWORD]):
        given, missing = ("username", "password") if user else ("password", "username")
        reason = f"needs -otlp.httpAuth.{missing} beside it, or nobody would be asked"
        errors.append(FlagError(name=f"otlp.httpAuth.{given}", reason=reason))
    settings = OtlpListeners(
        addresses=tuple(addresses),
        tls=_tls(values, errors),
        user=user,
        passwords={name: Password(values[name]) for name in (_PASSWORD, _TOKEN) if values[name]},
    )
    if errors:
        raise FlagErrors(errors)
    return settings


def _tls(values: Values, errors: list[FlagError]) -> ServerTls | None:
    if not values["otlp.tls"]:
        if values["otlp.mtls"]:
            errors.append(FlagError(name="otlp.mtls", reason="needs -otlp.tls beside it"))
        return None
    for name in ("otlp.tlsCertFile", "otlp.tlsKeyFile"):
        if not values[name]:
            reason = "is missing; -otlp.tls needs a certificate and its key"
            errors.append(FlagError(name=name, reason=reason))
    return ServerTls(
        cert_file=values["otlp.tlsCertFile"],
        key_file=values["otlp.tlsKeyFile"],
        client_certificates="required" if values["otlp.mtls"] else "",
        client_ca_file=values["otlp.mtlsCAFile"],
        http2=True,
    )
