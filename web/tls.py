"""TLS for the agent's own pages: contexts that follow their files.

Takes what flags or a web configuration say; gives an SSLContext for each handshake, made again when
one of its files has changed.
Invariant: once a context was good, files that cannot be used change nothing but a log line.
Never: logs what is in a file.
"""

import logging
import os
import ssl
from collections.abc import Callable, Sequence

import trio

from web.run_sync import RunSync
from web.tls_settings import VERSIONS, ServerTls, TlsError

logger = logging.getLogger("promferry.web")

# As often as vmagent looks at its certificate.
LOOK_AFTER_S = 1.0
# A handshake takes two round trips; a phone on a bad link needs seconds for them.
HANDSHAKE_TIMEOUT_S = 15.0


class Contexts:
    """The contexts of one listener; `read` gives the settings that count now."""

    def __init__(self, read: Callable[[], ServerTls], run_sync: RunSync) -> None:
        self._read = read
        self._run_sync = run_sync
        self._context: ssl.SSLContext | None = None
        self._made_of: object = None
        self._looked_at = float("-inf")
        self._is_failing = False
        self._loading = trio.Lock()

    async def current(self) -> ssl.SSLContext:
        """Raises TlsError only if there has never been a good one."""
        async with self._loading:
            now = trio.current_time()
            if self._context is None or now - self._looked_at >= LOOK_AFTER_S:
                self._looked_at = now
                await self._follow()
            assert self._context is not None
            return self._context

    def may_enter(self, certificate: object) -> bool:
        """Whether a verified client certificate bears one of the wanted names, if any is wanted."""
        names = self._read().client_names
        return not names or bool(set(names) & _names_of(certificate))

    async def _follow(self) -> None:
        settings = self._read()
        try:
            marks = (settings, await self._run_sync(lambda: _marks(settings.files)))
            if marks != self._made_of:
                self._context = await self._run_sync(lambda: make_context(settings))
                self._made_of = marks
                logger.info("certificate %s was read", settings.cert_file)
        except TlsError as exc:
            if self._context is None:
                raise
            if not self._is_failing:
                logger.error("TLS goes on with what was read before: %s", exc)
            self._is_failing = True
        else:
            self._is_failing = False


def _marks(files: Sequence[str]) -> tuple[object, ...]:
    """What changes when a file does. Raises TlsError."""
    marks = []
    for path in files:
        try:
            found = os.stat(path)
        except OSError as exc:
            raise TlsError(f"{path}: {exc.strerror}") from exc
        marks.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return tuple(marks)


def make_context(settings: ServerTls) -> ssl.SSLContext:
    """Reads the files. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion[VERSIONS[settings.min_version]]
    if settings.max_version:
        context.maximum_version = ssl.TLSVersion[VERSIONS[settings.max_version]]
    context.set_alpn_protocols(["h2", "http/1.1"] if settings.http2 else ["http/1.1"])
    if settings.cipher_suites:
        _restrict(context, settings.cipher_suites)
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_password)
    except (OSError, ssl.SSLError, _PasswordWanted) as exc:
        files = f"{settings.cert_file} and {settings.key_file}"
        raise TlsError(f"{files} are no certificate and its key: {_reason(exc)}") from exc
    if settings.client_certificates:
        _demand_certificates(context, settings)
    return context


def _demand_certificates(context: ssl.SSLContext, settings: ServerTls) -> None:
    is_optional = settings.client_certificates == "optional"
    context.verify_mode = ssl.CERT_OPTIONAL if is_optional else ssl.CERT_REQUIRED
    try:
        if settings.client_ca_file:
            context.load_verify_locations(settings.client_ca_file)
        else:
            context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    except (OSError, ssl.SSLError) as exc:
        raise TlsError(f"{settings.client_ca_file} has no CA certificates: {_reason(exc)}") from exc


def _restrict(context: ssl.SSLContext, suites: Sequence[str]) -> None:
    """Those of TLS 1.3 cannot be chosen in Python, nor in Go."""
    by_id = {one["id"] & 0xFFFF: one["name"] for one in context.get_ciphers()}
    names = [by_id.get(RFC_SUITES.get(suite, -1), suite) for suite in suites]
    try:
        context.set_ciphers(":".join(names))
    except ssl.SSLError as exc:
        raise TlsError(f"cipher suites {', '.join(suites)[:80]}: OpenSSL knows none") from exc


class _PasswordWanted(Exception):
    def __str__(self) -> str:
        return "the key is encrypted; store it decrypted"


def _no_password() -> str:
    raise _PasswordWanted  # else OpenSSL would ask on the terminal


def _reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return exc.reason or "not in PEM format"
    return exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)


def _names_of(certificate: object) -> set[str]:
    """The subject's alternative names, as `SSLSocket.getpeercert` gives them."""
    if not isinstance(certificate, dict):
        return set()
    return {str(value) for _, value in certificate.get("subjectAltName", ())}


# The suites that Go names, which flags and web configurations use (IANA's registry).
RFC_SUITES = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": 0x002F,
    "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": 0x009C,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": 0x009D,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009,
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": 0xC013,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
}
