"""Puts TLS on a stream and says in plain words why it did not work.

Takes a connected stream, a context and the server's name; gives an encrypted stream.
Invariant: when the handshake fails, the stream underneath is closed.
"""

import ssl

import trio

from transport.errors import TransportError, reason_of

# OpenSSL's X509_V_ERR_* (x509_vfy.h): nobody we trust has signed it.
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
_EXPIRED = frozenset({9, 10})
_WRONG_NAME = frozenset({62, 64})

_TRUST_ADVICE = (
    "to trust its CA set tlsCAFile (-remoteWrite.tlsCAFile) or ca_file (tls_config);"
    " tlsInsecureSkipVerify or insecure_skip_verify accepts any certificate"
)
_CLIENT_ADVICE = (
    "set tlsCertFile and tlsKeyFile (-remoteWrite.*) or cert_file and key_file (tls_config)"
)
PERHAPS_A_CERTIFICATE = f"perhaps it demands a client certificate: {_CLIENT_ADVICE}"
# The connection ended, and TLS has nothing to say about it. Python 3.11.2 calls an end during the
# handshake a "zero return", later ones an EOF.
_BARE_ENDS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_NO_TLS = "the server does not speak TLS on this port; is it http, not https?"
_ADVICE_BY_REASON = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": f"it demands a client certificate: {_CLIENT_ADVICE}",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": PERHAPS_A_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": f"it does not trust our client certificate: {_CLIENT_ADVICE}",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no TLS version in common; see min_version and max_version",
    "UNSUPPORTED_PROTOCOL": "no TLS version in common; see min_version and max_version",
    "TLSV1_UNRECOGNIZED_NAME": "it does not know this name; set server_name to the one it expects",
}


async def start_tls(
    stream: trio.abc.Stream, context: ssl.SSLContext, server_name: str, where: str
) -> "trio.SSLStream[trio.abc.Stream]":
    """The encrypted stream. Raises TransportError (tls). `where` names the peer in messages."""
    tls: trio.SSLStream[trio.abc.Stream] = trio.SSLStream(
        stream, context, server_hostname=server_name, https_compatible=True
    )
    try:
        await tls.do_handshake()
    except (trio.BrokenResourceError, ssl.CertificateError, ValueError, OSError) as exc:
        await trio.aclose_forcefully(stream)
        raise tls_error(exc, where) from exc
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return tls


def tls_error(exc: BaseException, where: str) -> TransportError:
    """What a failure of TLS means and what can be done about it."""
    found = ssl_cause(exc)
    if isinstance(found, ssl.SSLCertVerificationError):
        return TransportError("tls", f"TLS with {where}: {_verification(found)}")
    if found is None:
        broke = "" if _ended(exc) else f" ({reason_of(exc)})"
        message = f"TLS with {where}: the server closed the connection during the handshake{broke}"
        return TransportError("tls", message)
    reason = found.reason or str(found)
    advice = _ADVICE_BY_REASON.get(reason)
    words = reason.replace("_", " ").lower() if found.reason else reason
    message = f"TLS with {where} failed: {words}" + (f" ({advice})" if advice else "")
    return TransportError("tls", message)


def ssl_cause(exc: BaseException | None) -> ssl.SSLError | None:
    """The error of TLS behind `exc`, if it is one; the bare end of a connection is not."""
    while exc is not None:
        if isinstance(exc, ssl.SSLError) and not isinstance(exc, _BARE_ENDS):
            return exc
        exc = exc.__cause__
    return None


def _ended(exc: BaseException | None) -> bool:
    """True if all that is known is that the connection ended."""
    while exc is not None:
        if isinstance(exc, _BARE_ENDS):
            return True
        exc = exc.__cause__
    return False


def _verification(exc: ssl.SSLCertVerificationError) -> str:
    text = f"certificate verify failed: {exc.verify_message}"
    if exc.verify_code in _UNKNOWN_AUTHORITY:
        return f"{text}; {_TRUST_ADVICE}"
    if exc.verify_code in _WRONG_NAME:
        return f"{text}; set tlsServerName or server_name to a name that the certificate has"
    if exc.verify_code in _EXPIRED:
        return f"{text}; renew it, or check this machine's clock"
    return text
