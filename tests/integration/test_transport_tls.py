"""TLS as real servers speak it: alerts, which trio's own server side does not send."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from tests.integration.certs import Certificates, make_certificates
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings, TlsSettings
from transport.tls import TlsContexts


@pytest.fixture(scope="module")
def own_certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("transport-tls"))


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(65536)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    """A plain blocking server in a thread; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    with _serving(listener, context):
        yield listener.getsockname()[1]


@contextmanager
def _serving(listener: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    with listener:
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("address", "is_named"),
    [
        pytest.param("127.0.0.1", True, id="the address of the certificate"),
        pytest.param("other.example", False, id="another one"),
    ],
)
async def test_tls_over_a_unix_socket(
    tmp_path: Path, own_certificates: Certificates, address: str, is_named: bool
) -> None:
    """Prometheus' TestTargetScraperScrapeOverUnixSocketTLS: __address__ says whom to expect."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_certificates.server.cert, own_certificates.server.key)
    path = str(tmp_path / "s")
    client = Client(
        f"https://{address}/metrics",
        HttpSettings(tls=TlsSettings(ca_file=str(own_certificates.ca.cert))),
        contexts=TlsContexts(),
        user_agent="test",
        unix_socket=path,
    )
    refused = pytest.raises(TransportError, match=r"not valid for 'other\.example'")
    with _serving(socket.create_server(path, family=socket.AF_UNIX), context):
        with nullcontext() if is_named else refused:
            response = await client.request("GET", timeout_s=10, max_body_bytes=99)
            assert response.status == 200
        await client.aclose()


def _demanding(certificates: Certificates, ca: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificates.server.cert, certificates.server.key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _failure(port: int, tls: TlsSettings) -> TransportError:
    client = Client(
        f"https://127.0.0.1:{port}/",
        HttpSettings(tls=tls),
        contexts=TlsContexts(),
        user_agent="test",
    )
    with pytest.raises(TransportError) as caught:
        await client.request("GET", timeout_s=10, max_body_bytes=99)
    await client.aclose()
    # An alert behind the handshake (TLS 1.3) gets lost when the server resets the connection.
    assert caught.value.kind in ("tls", "closed"), repr(caught.value)
    return caught.value


@pytest.mark.parametrize("version", ["TLS12", "TLS13"])
async def test_a_demanded_certificate(own_certificates: Certificates, version: str) -> None:
    context = _demanding(own_certificates, own_certificates.ca.cert)
    with tls_server(context) as port:
        tls = TlsSettings(ca_file=str(own_certificates.ca.cert), max_version=version)
        error = await _failure(port, tls)
    assert "it demands a client certificate: set tlsCertFile and tlsKeyFile" in str(error)


async def test_a_certificate_that_is_not_trusted(own_certificates: Certificates) -> None:
    context = _demanding(own_certificates, own_certificates.other_ca.cert)
    with tls_server(context) as port:
        tls = TlsSettings(
            ca_file=str(own_certificates.ca.cert),
            cert_file=str(own_certificates.client.cert),
            key_file=str(own_certificates.client.key),
        )
        error = await _failure(port, tls)
    assert re.search("does not trust our client certificate|a client certificate: set", str(error))


async def test_no_version_in_common(own_certificates: Certificates) -> None:
    context = _demanding(own_certificates, own_certificates.ca.cert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls_server(context) as port:
        tls = TlsSettings(ca_file=str(own_certificates.ca.cert), min_version="TLS13")
        error = await _failure(port, tls)
    assert "no TLS version in common" in str(error)
