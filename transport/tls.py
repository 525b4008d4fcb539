"""TLS settings made into contexts, one per distinct setting, shared by all that use it.

Takes `TlsSettings`; gives `ssl.SSLContext`.
Invariant: a context is as current as its files were at the last look, at most a second ago; a
file that broke after it was once good keeps the last good context and is logged once.
"""

import logging
import os
import ssl
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import trio

from transport.errors import TransportError, reason_of
from transport.fetch import Fetcher
from transport.files import Signature, read_file, signatures_of
from transport.settings import TlsSettings
from transport.sources import Sources

logger = logging.getLogger("promferry.transport")

# Every request over TLS asks for its context; files are looked at no more often than this.
LOOK_INTERVAL_S = 1.0

# Reloads with changed settings leave the old contexts behind. A context takes some 100 KiB with
# the system's authorities; more distinct settings than this work too, they only build anew.
MAX_CONTEXTS = 128

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


@attrs.define
class _Entry:
    paths: tuple[str, ...]
    signatures: tuple[Signature | None, ...]
    context: ssl.SSLContext
    looked_s: float


_Key = tuple[TlsSettings, bool]


class TlsContexts:
    """The process' contexts, the oldest forgotten when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[_Key, _Entry] = {}
        self._building = trio.Lock()
        # Shared for the same reason: all clients with one setting use one token.
        self.sources = Sources(Fetcher(self))

    def context(self, settings: TlsSettings, *, http2: bool = False) -> ssl.SSLContext:
        """The context of `settings`. Raises TransportError (tls) naming the file at fault.

        May hold up the loop: see `wait_context`.
        """
        current = self.maybe_context(settings, http2=http2)
        if current is not None:
            return current
        key = _key(settings, http2)
        signatures = signatures_of(_paths(key))
        self._build(key, signatures, lambda: build_context(key[0], http2=http2))
        return self._entries[key].context

    def maybe_context(self, settings: TlsSettings, *, http2: bool = False) -> ssl.SSLContext | None:
        """The context at hand, None when it has to be built or its files have changed."""
        entry = self._entries.get(_key(settings, http2))
        if entry is None:
            return None
        if entry.paths:
            now_s = self._clock()
            if now_s - entry.looked_s >= LOOK_INTERVAL_S:
                if signatures_of(entry.paths) != entry.signatures:
                    return None
                entry.looked_s = now_s
        return entry.context

    async def wait_context(self, settings: TlsSettings, *, http2: bool = False) -> ssl.SSLContext:
        """The same as `context`, built in a thread where it takes long.

        Loading the system's authorities takes 45 ms (144 of them, measured), one's own 1 ms.
        """
        current = self.maybe_context(settings, http2=http2)
        if current is not None or not _takes_long(settings):
            return current or self.context(settings, http2=http2)
        key = _key(settings, http2)
        async with self._building:  # once, however many targets are waiting for it
            current = self.maybe_context(settings, http2=http2)
            if current is None:
                signatures = signatures_of(_paths(key))
                outcome = await trio.to_thread.run_sync(_outcome, key)
                self._build(key, signatures, outcome)
                current = self._entries[key].context
        return current

    def _build(
        self,
        key: _Key,
        signatures: tuple[Signature | None, ...],
        build: Callable[[], ssl.SSLContext],
    ) -> None:
        """Keep what `build` gives; where it fails, what was good before."""
        before = self._entries.get(key)
        try:
            context = build()
        except TransportError as exc:
            if before is None:
                raise
            logger.warning("TLS files changed but are not usable, the old ones stay: %s", exc)
            context = before.context
        while before is None and len(self._entries) >= MAX_CONTEXTS:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = _Entry(_paths(key), signatures, context, self._clock())


def _key(settings: TlsSettings, http2: bool) -> _Key:
    # The name to verify is no part of a context, so settings that differ in it share one.
    return (attrs.evolve(settings, server_name="") if settings.server_name else settings, http2)


def _paths(key: _Key) -> tuple[str, ...]:
    settings, _ = key
    return tuple(filter(None, (settings.ca_file, settings.cert_file, settings.key_file)))


def _takes_long(settings: TlsSettings) -> bool:
    return not (settings.ca or settings.ca_file or settings.insecure_skip_verify)


def _outcome(key: _Key) -> Callable[[], ssl.SSLContext]:
    """In a thread: builds the context; what is given gives it, or raises what went wrong."""
    settings, http2 = key
    try:
        context = build_context(settings, http2=http2)
    except TransportError as exc:
        error = exc

        def fail() -> ssl.SSLContext:
            raise error

        return fail
    return lambda: context


def build_context(settings: TlsSettings, *, http2: bool = False) -> ssl.SSLContext:
    """A client's context. Raises TransportError (tls). `http2`: the server may choose it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    # As Go: a certificate without subjectAltName names nobody (RFC 9525 section 2).
    context.hostname_checks_common_name = False
    _set_versions(context, settings)
    if settings.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _load_authorities(context, settings)
    if settings.cert or settings.cert_file:
        _load_certificate(context, settings)
    return context


def _set_versions(context: ssl.SSLContext, settings: TlsSettings) -> None:
    with warnings.catch_warnings():
        # TLS 1.0 and 1.1 are deprecated, and asked for by name where an old device needs them.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = VERSIONS[settings.min_version or "TLS12"]
        if settings.max_version:
            context.maximum_version = VERSIONS[settings.max_version]
    if settings.min_version in ("TLS10", "TLS11"):
        # OpenSSL 3 has their SHA-1 signatures only at security level 0.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _load_authorities(context: ssl.SSLContext, settings: TlsSettings) -> None:
    if not settings.ca and not settings.ca_file:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    pem = settings.ca
    if settings.ca_file:
        content = read_file(settings.ca_file, kind="tls", role="the CA file")
        pem = content.decode("latin-1")
    try:
        # Comments between the certificates are often not ASCII, and ssl insists on it.
        context.load_verify_locations(cadata=pem.encode("ascii", "replace").decode())
    except (ssl.SSLError, ValueError) as exc:
        where = f"the CA file {settings.ca_file}" if settings.ca_file else "the inline ca"
        message = f"{where} holds no usable PEM certificate: {reason_of(exc)}"
        raise TransportError("tls", message) from exc


def _load_certificate(context: ssl.SSLContext, settings: TlsSettings) -> None:
    cert, key = settings.cert_file, settings.key_file
    for path, role in ((cert, "the certificate file"), (key, "the key file")):
        if path:
            read_file(path, kind="tls", role=role)
    try:
        with (
            _as_path(settings.cert, cert) as cert_path,
            _as_path(settings.key.reveal(), key) as key_path,
        ):
            # Without a callback OpenSSL would ask for a passphrase at the terminal.
            context.load_cert_chain(cert_path, key_path or None, password=_no_passphrase)
    except (ssl.SSLError, ValueError, OSError) as exc:
        where = f"certificate {cert or '(inline)'} with key {key or '(inline)'}"
        raise TransportError("tls", f"cannot use {where}: {_pair_reason(exc)}") from exc


def _no_passphrase() -> str:
    raise ValueError("the key is encrypted; give it without a passphrase")


def _pair_reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError) and exc.reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    if isinstance(exc, ssl.SSLError) and exc.reason is None:
        return "no PEM certificate or key found in it"
    return reason_of(exc)


@contextmanager
def _as_path(text: str, path: str) -> Iterator[str]:
    """`path`, or one in memory that holds `text`: OpenSSL loads keys from files only."""
    if path or not text:
        yield path
        return
    descriptor = os.memfd_create("promferry-tls", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "w", closefd=False) as file:
            file.write(text)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
