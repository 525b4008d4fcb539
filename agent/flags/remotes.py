"""Remotes that come from flags, one for each `-remoteWrite.url`.

Takes flag values; gives RemoteSettings with vmagent's defaults (DESIGN section 8, 3), raises
FlagErrors with all that is wrong.
Invariant: item number i of a per-URL flag belongs to URL number i, a single item to all.
Never: opens a file that a flag names.
"""

import os
from collections.abc import Iterator

import attrs

from agent.config.queue_section import RemoteDefaults
from agent.config.remotes import RESERVED_HEADERS, remote_key, split_userinfo
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.values import Values
from pushqueue.settings import QueueSettings, RemoteSettings
from transport.errors import TransportError
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HeaderValues, HttpSettings, TlsSettings
from transport.url import parse_url

# vmagent's separator of several texts within one item.
_BETWEEN_HEADERS = "^^"
# Fields of RemoteDefaults and the flags that fill them.
_FOR_ALL = {
    "send_timeout_s": "sendTimeout",
    "flush_interval_s": "flushInterval",
    "max_rows_per_block": "maxRowsPerBlock",
    "max_block_bytes": "maxBlockSize",
    "retry_min_interval_s": "retryMinInterval",
    "retry_max_interval_s": "retryMaxInterval",
    "spill_after_s": "spillAfter",
    "max_disk_bytes": "maxDiskUsagePerURL",
}
# Who we are to a remote and how we trust it is never passed on to remotes of the section.
_IDENTITY = frozenset(
    f"remoteWrite.{name}"
    for name in (
        "name",
        "headers",
        "basicAuth.username",
        "basicAuth.usernameFile",
        "basicAuth.password",
        "basicAuth.passwordFile",
        "bearerToken",
        "bearerTokenFile",
        "tlsInsecureSkipVerify",
        "tlsCAFile",
        "tlsCertFile",
        "tlsKeyFile",
        "tlsServerName",
    )
)


def remotes_from_flags(values: Values) -> tuple[RemoteSettings, ...]:
    """In the order of the URLs, empty ones left out."""
    errors: list[FlagError] = []
    remotes: list[RemoteSettings] = []
    for index, url in enumerate(values["remoteWrite.url"]):
        if url:
            remotes.extend(_Remote(values, index, errors).settings(url))
    errors.extend(_equal_keys(remotes))
    if errors:
        raise FlagErrors(errors)
    return tuple(remotes)


def section_defaults(values: Values) -> RemoteDefaults:
    """What flags with one value say for the remotes of the section too: sizes and times only."""
    given = {field: values.single(f"remoteWrite.{name}") for field, name in _FOR_ALL.items()}
    return RemoteDefaults(**given)


def unheard_flags(values: Values) -> Iterator[str]:
    """Warnings about items of per-URL flags that no URL takes."""
    urls = len(values["remoteWrite.url"])
    for name in values.names_set():
        items = values[name]
        if not name.startswith("remoteWrite.") or not isinstance(items, tuple):
            continue
        if len(items) > max(urls, 1):
            yield f"-{name} has {len(items)} values for {urls} -remoteWrite.url"
        elif not urls and name in _IDENTITY:
            yield f"-{name} is for remotes from -remoteWrite.url only, and there is none"


def _equal_keys(remotes: list[RemoteSettings]) -> Iterator[FlagError]:
    keys = [remote.key for remote in remotes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        reason = f"two remotes would share the queue {key}; give each a -remoteWrite.name"
        yield FlagError(name="remoteWrite.url", reason=reason)


@attrs.define
class _Remote:
    """The flags as one URL sees them."""

    values: Values
    index: int
    errors: list[FlagError]

    def of(self, name: str) -> object:
        return self.values.for_url(f"remoteWrite.{name}", self.index)

    def text(self, name: str) -> str:
        return str(self.of(name))

    def path(self, name: str) -> str:
        path = self.text(name)
        return os.path.abspath(path) if path else ""

    def number(self, name: str) -> float:
        value = self.of(name)
        assert isinstance(value, int | float)
        return value

    def settings(self, url: str) -> Iterator[RemoteSettings]:
        try:
            parse_url(url)
        except TransportError as exc:
            self.errors.append(FlagError(name="remoteWrite.url", reason=str(exc)))
            return
        bare, userinfo = split_userinfo(url)
        name = self.text("name")
        yield RemoteSettings(
            url=bare,
            key=remote_key(name, bare),
            name=name,
            send_timeout_s=self.number("sendTimeout"),
            http=self._http(userinfo),
            queue=self._queue(),
        )

    def _queue(self) -> QueueSettings:
        least_s, most_s = self.number("retryMinInterval"), self.number("retryMaxInterval")
        if least_s > most_s:
            reason = "must not be longer than -remoteWrite.retryMaxInterval"
            self.errors.append(FlagError(name="remoteWrite.retryMinInterval", reason=reason))
        return QueueSettings(
            flush_interval_s=self.number("flushInterval"),
            max_rows_per_block=int(self.number("maxRowsPerBlock")),
            max_block_bytes=int(self.number("maxBlockSize")),
            spill_after_s=self.number("spillAfter"),
            retry_min_interval_s=least_s,
            retry_max_interval_s=most_s,
            max_disk_bytes=int(self.number("maxDiskUsagePerURL")),
        )

    def _http(self, userinfo: BasicAuth | None) -> HttpSettings:
        basic, bearer = self._basic_auth(), self._bearer()
        if basic and bearer:
            reason = "cannot be used together with -remoteWrite.basicAuth for the same URL"
            self.errors.append(FlagError(name="remoteWrite.bearerToken", reason=reason))
        return HttpSettings(
            basic_auth=basic or (None if bearer else userinfo),
            authorization=bearer,
            tls=self._tls(),
            enable_http2=False,
            headers=self._headers(),
        )

    def _basic_auth(self) -> BasicAuth | None:
        basic = BasicAuth(
            username=self.text("basicAuth.username"),
            username_file=self.path("basicAuth.usernameFile"),
            password=Secret(self.text("basicAuth.password")),
            password_file=self.path("basicAuth.passwordFile"),
        )
        self._at_most_one("basicAuth.username", "basicAuth.usernameFile")
        self._at_most_one("basicAuth.password", "basicAuth.passwordFile")
        return basic if basic != BasicAuth() else None

    def _bearer(self) -> Authorization | None:
        bearer = Authorization(
            credentials=Secret(self.text("bearerToken")),
            credentials_file=self.path("bearerTokenFile"),
        )
        self._at_most_one("bearerToken", "bearerTokenFile")
        return bearer if bearer != Authorization() else None

    def _at_most_one(self, name: str, other: str) -> None:
        if self.text(name) and self.text(other):
            reason = f"cannot be used together with -remoteWrite.{other} for the same URL"
            self.errors.append(FlagError(name=f"remoteWrite.{name}", reason=reason))

    def _tls(self) -> TlsSettings:
        cert, key = self.path("tlsCertFile"), self.path("tlsKeyFile")
        if bool(cert) != bool(key):
            given, missing = ("Cert", "Key") if cert else ("Key", "Cert")
            reason = f"needs -remoteWrite.tls{missing}File beside it"
            self.errors.append(FlagError(name=f"remoteWrite.tls{given}File", reason=reason))
        return TlsSettings(
            ca_file=self.path("tlsCAFile"),
            cert_file=cert,
            key_file=key,
            server_name=self.text("tlsServerName"),
            insecure_skip_verify=bool(self.of("tlsInsecureSkipVerify")),
        )

    def _headers(self) -> dict[str, HeaderValues]:
        headers: dict[str, HeaderValues] = {}
        for line in filter(None, self.text("headers").split(_BETWEEN_HEADERS)):
            name, colon, value = line.partition(":")
            name, value = name.strip(), value.strip()
            reason = _header_reason(name, colon, value)
            if reason:
                self.errors.append(FlagError(name="remoteWrite.headers", reason=reason))
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
