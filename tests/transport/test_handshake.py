"""What a failure of TLS means, in words. The failures themselves: test_tls.py and integration."""

import ssl

import pytest
import trio

from transport.handshake import ssl_cause, tls_error


def failure(reason: str) -> BaseException:
    """As trio raises it."""
    inner = ssl.SSLError(1, f"[SSL: {reason}] in words (_ssl.c:1006)")
    inner.reason = reason
    outer = trio.BrokenResourceError()
    outer.__cause__ = inner
    return outer


def ended() -> BaseException:
    outer = trio.BrokenResourceError()
    outer.__cause__ = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    return outer


def broken() -> BaseException:
    outer = trio.BrokenResourceError("socket connection broken")
    outer.__cause__ = ConnectionResetError(104, "Connection reset by peer")
    return outer


@pytest.mark.parametrize(
    ("exc", "message"),
    [
        pytest.param(
            failure("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            "TLS with a:443 failed: tlsv13 alert certificate required (it demands a client"
            " certificate: set tlsCertFile and tlsKeyFile (-remoteWrite.*) or cert_file and"
            " key_file (tls_config))",
            id="advice where there is some",
        ),
        pytest.param(
            failure("TLSV1_ALERT_INTERNAL_ERROR"),
            "TLS with a:443 failed: tlsv1 alert internal error",
            id="the library's words where there is none",
        ),
        pytest.param(
            ended(),
            "TLS with a:443: the server closed the connection during the handshake",
            id="the end",
        ),
        pytest.param(
            broken(),
            "TLS with a:443: the server closed the connection during the handshake"
            " (Connection reset by peer)",
            id="a reset",
        ),
    ],
)
def test_words(exc: BaseException, message: str) -> None:
    error = tls_error(exc, "a:443")
    assert (str(error), error.kind) == (message, "tls")


def test_the_end_is_no_failure_of_tls() -> None:
    assert ssl_cause(ended()) is None
    assert ssl_cause(broken()) is None
    assert ssl_cause(failure("X")) is not None
