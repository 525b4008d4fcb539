"""TLS of the agent's own pages, over real sockets and certificates."""

import logging
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.integration.certs import Certificates, Pair, make_certificates
from tests.web.clients import GET, answer
from tests.web.test_server import at_once
from web.asgi import Receive, Scope, Send
from web.server import Server
from web.tls import Contexts, make_context
from web.tls_settings import ServerTls, TlsError


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("web-certificates"))


def settings_of(pair: Pair, **changes: object) -> ServerTls:
    fields: dict[str, object] = {"cert_file": str(pair.cert), "key_file": str(pair.key)}
    return ServerTls(**{**fields, **changes})  # type: ignore[arg-type]


async def tell(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, f"{scope['scheme']} {scope['state']['has_certificate']}".encode())


@asynccontextmanager
async def running(settings: ServerTls) -> AsyncIterator[tuple[Server, int]]:
    contexts = Contexts(lambda: settings, at_once)
    server = Server(lambda: tell, addresses=["127.0.0.1:0"], tls=[contexts], run_sync=at_once)
    async with trio.open_nursery() as nursery:
        (bound,) = await nursery.start(server.run)
        yield server, int(bound.rpartition(":")[2])
        nursery.cancel_scope.cancel()


def client_context(certificates: Certificates, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca.cert))
    if pair is not None:
        context.load_cert_chain(pair.cert, pair.key)
    return context


async def told(port: int, context: ssl.SSLContext) -> str:
    """What the application says to a client with this context; "" if it is not let in."""
    with trio.fail_after(5):
        stream = await trio.open_ssl_over_tcp_stream(
            "127.0.0.1", port, ssl_context=context, https_compatible=True
        )
        try:
            await stream.send_all(GET)
            return await _body(stream)
        except (trio.BrokenResourceError, AssertionError):
            return ""
        finally:
            await trio.aclose_forcefully(stream)


async def _body(stream: trio.SSLStream[trio.SocketStream]) -> str:
    got = bytearray()
    while b"\r\n\r\n" not in got or got.endswith(b"\r\n\r\n"):
        piece = await stream.receive_some(4096)
        assert piece
        got += piece
    return got.partition(b"\r\n\r\n")[2].decode()


async def test_pages_are_encrypted(certificates: Certificates) -> None:
    async with running(settings_of(certificates.server)) as (server, port):
        assert await told(port, client_context(certificates)) == "https False"
        assert server.statistics().handshakes_failed_total == 0
        assert server.statistics().read_bytes_total == len(GET)


@pytest.mark.parametrize(
    ("wanted", "shows", "expected"),
    [
        pytest.param("required", True, "https True", id="required and shown"),
        pytest.param("required", False, "", id="required and not shown"),
        pytest.param("optional", False, "https False", id="optional and not shown"),
        pytest.param("optional", True, "https True", id="optional and shown"),
    ],
)
async def test_client_certificates(
    certificates: Certificates, wanted: str, shows: bool, expected: str
) -> None:
    settings = settings_of(
        certificates.server, client_certificates=wanted, client_ca_file=str(certificates.ca.cert)
    )
    context = client_context(certificates, certificates.client if shows else None)
    async with running(settings) as (_, port):
        assert await told(port, context) == expected


async def test_a_certificate_of_another_name_is_not_let_in(certificates: Certificates) -> None:
    settings = settings_of(
        certificates.server,
        client_certificates="required",
        client_ca_file=str(certificates.ca.cert),
        client_names=("scraper.example",),
    )
    async with running(settings) as (server, port):
        assert await told(port, client_context(certificates, certificates.client)) == ""
        assert server.statistics().handshakes_failed_total == 1


async def test_an_old_version_is_refused(certificates: Certificates) -> None:
    context = client_context(certificates)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with running(settings_of(certificates.server, min_version="TLS13")) as (_, port):
        assert await told(port, context) == ""


async def test_plain_http_at_a_tls_port_harms_nobody(certificates: Certificates) -> None:
    async with running(settings_of(certificates.server)) as (server, port):
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(GET)
        with trio.fail_after(5):
            while await stream.receive_some(4096):
                pass
        await stream.aclose()
        assert await told(port, client_context(certificates)) == "https False"
        assert server.statistics().handshakes_failed_total == 1


async def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(
    certificates: Certificates,
    tmp_path: Path,
    autojump_clock: trio.testing.MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cert, key = tmp_path / "a.pem", tmp_path / "a.key"
    shutil.copy(certificates.server.cert, cert)
    shutil.copy(certificates.server.key, key)
    contexts = Contexts(partial(settings_of, Pair(cert, key)), at_once)
    first = await contexts.current()
    assert await contexts.current() is first
    await trio.sleep(2)
    assert await contexts.current() is first
    shutil.copy(certificates.client.cert, cert)
    shutil.copy(certificates.client.key, key)
    assert await contexts.current() is first, "looked at once a second only"
    await trio.sleep(2)
    second = await contexts.current()
    assert second is not first
    key.write_text("nonsense")
    caplog.set_level(logging.ERROR)
    for _ in range(3):
        await trio.sleep(2)
        assert await contexts.current() is second
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"cert_file": "/nowhere/a.pem"}, "/nowhere/a.pem", id="no such file"),
        pytest.param({"cipher_suites": ("NIX",)}, "OpenSSL knows none", id="an unknown suite"),
        pytest.param(
            {"client_certificates": "required", "client_ca_file": "/dev/null"},
            "/dev/null has no CA",
            id="an empty CA file",
        ),
    ],
)
def test_what_makes_no_context(
    certificates: Certificates, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(TlsError, match=message):
        make_context(settings_of(certificates.server, **changes))


def test_suites_by_the_names_of_the_rfcs(certificates: Certificates) -> None:
    suites = ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",)
    context = make_context(settings_of(certificates.server, cipher_suites=suites))
    names = [one["name"] for one in context.get_ciphers() if one["protocol"] == "TLSv1.2"]
    assert names == ["ECDHE-ECDSA-AES128-GCM-SHA256"]


async def test_the_first_certificate_must_be_good() -> None:
    bad = ServerTls(cert_file="/nowhere/a.pem", key_file="/nowhere/a.key")
    with pytest.raises(TlsError, match=r"/nowhere/a\.pem: No such file"):
        await Contexts(lambda: bad, at_once).current()
