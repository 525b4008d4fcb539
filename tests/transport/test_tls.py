"""Contexts from settings, followed through changes, and what a failed handshake says."""

import logging
import os
import shutil
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.transport.certificates import Certificates, Pair
from tests.transport.scripted import ScriptedServer, answer, client_of
from transport import tls
from transport.errors import TransportError
from transport.secret import Secret
from transport.settings import HttpSettings, TlsSettings
from transport.tls import TlsContexts, build_context

URL = "https://target/metrics"


class Now:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def serving(pair: Pair, client_ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca)
    context.load_cert_chain(pair.cert, pair.key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def trusting(certificates: Certificates, **changes: str) -> TlsSettings:
    return TlsSettings(ca_file=str(certificates.ca), **changes)  # type: ignore[arg-type]


def with_client_files(certificates: Certificates) -> TlsSettings:
    pair = certificates.client
    return trusting(certificates, cert_file=str(pair.cert), key_file=str(pair.key))


def with_client_texts(certificates: Certificates) -> TlsSettings:
    pair = certificates.client
    return TlsSettings(
        ca=certificates.ca.read_text(),
        cert=pair.cert.read_text(),
        key=Secret(pair.key.read_text()),
    )


async def get(server: ScriptedServer, settings: TlsSettings, url: str = URL) -> bytes:
    client = client_of(server, url, HttpSettings(tls=settings))
    try:
        response = await client.request("GET", timeout_s=9, max_body_bytes=99)
    finally:
        await client.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert server.open_count == 0
    return response.body


@pytest.mark.parametrize(
    "settings_of",
    [
        pytest.param(trusting, id="a CA file"),
        pytest.param(
            lambda certificates: TlsSettings(ca=certificates.ca.read_text()), id="a CA inline"
        ),
        pytest.param(
            lambda certificates: TlsSettings(ca=f"# caf\xe9\n{certificates.ca.read_text()}"),
            id="comments that are not ASCII",
        ),
        pytest.param(lambda certificates: TlsSettings(insecure_skip_verify=True), id="no check"),
        pytest.param(
            lambda certificates: trusting(certificates, server_name="localhost"),
            id="another name of the server",
        ),
        pytest.param(
            lambda certificates: trusting(certificates, min_version="TLS13"), id="the newest TLS"
        ),
        pytest.param(
            lambda certificates: trusting(certificates, max_version="TLS12"), id="an older TLS"
        ),
    ],
)
async def test_who_is_trusted(
    nursery: trio.Nursery,
    certificates: Certificates,
    settings_of: Callable[[Certificates], TlsSettings],
) -> None:
    context = serving(certificates.server)
    server = ScriptedServer(nursery, lambda request: answer(body=b"up 1\n"), context)
    assert await get(server, settings_of(certificates)) == b"up 1\n"


@pytest.mark.parametrize("settings_of", [with_client_files, with_client_texts])
async def test_a_client_certificate(
    nursery: trio.Nursery,
    certificates: Certificates,
    settings_of: Callable[[Certificates], TlsSettings],
) -> None:
    context = serving(certificates.server, certificates.ca)
    server = ScriptedServer(nursery, lambda request: answer(body=b"up 1\n"), context)
    assert await get(server, settings_of(certificates)) == b"up 1\n"


@pytest.mark.parametrize(
    ("pair", "settings_of", "words"),
    [
        pytest.param(
            "server",
            lambda certificates: TlsSettings(ca_file=str(certificates.other_ca)),
            "certificate verify failed: .*; to trust its CA set tlsCAFile .*ca_file"
            ".*insecure_skip_verify accepts any",
            id="an unknown CA",
        ),
        pytest.param(
            "server",
            lambda certificates: trusting(certificates, server_name="other"),
            "Hostname mismatch.*set tlsServerName or server_name",
            id="another name",
        ),
        pytest.param(
            "nameless", trusting, "Hostname mismatch", id="a common name is no name (as Go)"
        ),
        pytest.param("expired", trusting, "certificate has expired; renew it, or", id="expired"),
    ],
)
async def test_who_is_not_trusted(
    nursery: trio.Nursery,
    certificates: Certificates,
    pair: str,
    settings_of: Callable[[Certificates], TlsSettings],
    words: str,
) -> None:
    server = ScriptedServer(nursery, lambda request: answer(), serving(getattr(certificates, pair)))
    with pytest.raises(TransportError, match=f"TLS with target:443: .*{words}") as caught:
        await get(server, settings_of(certificates))
    assert caught.value.kind == "tls"
    assert not caught.value.may_have_arrived


async def test_a_server_without_tls(nursery: trio.Nursery, certificates: Certificates) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        await theirs.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return ours

    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, URL, connector=connect)
    with pytest.raises(TransportError, match="does not speak TLS on this port"):
        await client.request("GET", timeout_s=9, max_body_bytes=99)


async def test_a_server_that_closes_in_the_handshake(nursery: trio.Nursery) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        await theirs.send_eof()
        return ours

    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, URL, connector=connect)
    with pytest.raises(TransportError, match="closed the connection during the handshake"):
        await client.request("GET", timeout_s=9, max_body_bytes=99)


async def test_a_handshake_that_takes_too_long(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(theirs.receive_some)
        return ours

    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, URL, connector=connect)
    with pytest.raises(TransportError, match="the TLS handshake with target:443 took longer than"):
        await client.request("GET", timeout_s=9, max_body_bytes=99)


def test_settings_share_a_context() -> None:
    contexts = TlsContexts()
    one = contexts.context(TlsSettings(insecure_skip_verify=True))
    assert contexts.context(TlsSettings(insecure_skip_verify=True)) is one
    named = TlsSettings(insecure_skip_verify=True, server_name="a")
    assert contexts.context(named) is one
    other = TlsSettings(insecure_skip_verify=True, min_version="TLS13")
    assert contexts.context(other) is not one


def test_the_oldest_context_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "MAX_CONTEXTS", 2)
    contexts = TlsContexts()
    many = [
        TlsSettings(insecure_skip_verify=True, min_version=version)
        for version in ("", "TLS12", "TLS13")
    ]
    before = [contexts.context(settings) for settings in many]
    assert contexts.context(many[2]) is before[2]
    assert contexts.context(many[0]) is not before[0]


def test_files_are_followed_once_a_second(
    certificates: Certificates, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = Now()
    contexts = TlsContexts(now)
    path = tmp_path / "ca.pem"
    shutil.copy(certificates.ca, path)
    settings = TlsSettings(ca_file=str(path))
    first = contexts.context(settings)
    shutil.copy(certificates.other_ca, path)
    os.utime(path, ns=(1, 1))
    assert contexts.context(settings) is first  # not looked at yet
    now.seconds = 1.0
    second = contexts.context(settings)
    assert second is not first

    path.write_text("broken")
    now.seconds = 2.0
    with caplog.at_level(logging.WARNING):
        assert contexts.context(settings) is second  # the last good one stays
        now.seconds = 3.0
        assert contexts.context(settings) is second
    (record,) = caplog.records  # said once
    assert str(path) in record.getMessage()

    shutil.copy(certificates.ca, path)
    now.seconds = 4.0
    assert contexts.context(settings) is not second


async def test_a_changed_certificate_renews_the_connection(
    nursery: trio.Nursery, certificates: Certificates, tmp_path: Path
) -> None:
    now = Now()
    path = tmp_path / "ca.pem"
    shutil.copy(certificates.ca, path)
    context = serving(certificates.server)
    server = ScriptedServer(nursery, lambda request: answer(), context)
    settings = HttpSettings(tls=TlsSettings(ca_file=str(path)))
    client = client_of(server, URL, settings, contexts=TlsContexts(now))
    for touched in (False, False, True, False):
        if touched:
            os.utime(path, ns=(1, 1))
        now.seconds += 1
        await client.request("GET", timeout_s=9, max_body_bytes=99)
    assert [request.connection for request in server.requests] == [1, 1, 2, 2]
    await client.aclose()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"ca_file": "{tmp}/no.pem"}, "read the CA file .*no.pem: No such", id="none"),
        pytest.param(
            {"ca_file": "{garbage}"}, "the CA file .*garbage.pem holds no usable PEM", id="not PEM"
        ),
        pytest.param({"ca": "x"}, "the inline ca holds no usable PEM", id="inline garbage"),
        pytest.param(
            {"cert_file": "{tmp}/no.pem", "key_file": "{key}"},
            "read the certificate file .*no.pem: No such file",
            id="no certificate",
        ),
        pytest.param(
            {"cert_file": "{cert}", "key_file": "{tmp}/no.key"},
            "read the key file .*no.key: No such file",
            id="no key",
        ),
        pytest.param(
            {"cert_file": "{garbage}", "key_file": "{key}"},
            "certificate .*garbage.pem with key .*client.key: no PEM certificate or key",
            id="a certificate that is none",
        ),
        pytest.param(
            {"cert_file": "{cert}", "key_file": "{other_key}"},
            "the key does not belong to the certificate",
            id="another certificate's key",
        ),
        pytest.param(
            {"cert_file": "{cert}", "key_file": "{locked}"},
            "the key is encrypted; give it without a passphrase",
            id="a key with a passphrase",
        ),
    ],
)
def test_files_of_no_use(
    certificates: Certificates, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("garbage")
    places = {
        "tmp": tmp_path,
        "garbage": garbage,
        "cert": certificates.client.cert,
        "key": certificates.client.key,
        "other_key": certificates.server.key,
        "locked": certificates.locked_key,
    }
    filled = {name: value.format(**places) for name, value in changes.items()}
    settings = TlsSettings(**filled)  # type: ignore[arg-type]
    with pytest.raises(TransportError, match=words) as caught:
        build_context(settings)
    assert caught.value.kind == "tls"


def test_old_versions_are_there_when_asked_for() -> None:
    context = build_context(TlsSettings(min_version="TLS10", insecure_skip_verify=True))
    assert context.minimum_version == ssl.TLSVersion.TLSv1
    assert build_context(TlsSettings()).minimum_version == ssl.TLSVersion.TLSv1_2


def test_no_descriptor_is_left_by_inline_texts(certificates: Certificates) -> None:
    before = len(os.listdir("/proc/self/fd"))
    build_context(with_client_texts(certificates))
    assert len(os.listdir("/proc/self/fd")) == before


async def test_many_wait_for_one_context_of_the_system() -> None:
    contexts = TlsContexts()
    settings = TlsSettings()
    assert contexts.maybe_context(settings) is None
    found: list[ssl.SSLContext] = []

    async def wait() -> None:
        found.append(await contexts.wait_context(settings))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(wait)
    assert found == [contexts.maybe_context(settings)] * 20
    assert await contexts.wait_context(settings, http2=True) is not found[0]


async def test_a_client_certificate_beside_the_systems_authorities_is_followed(
    certificates: Certificates, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = Now()
    contexts = TlsContexts(clock=now)
    cert, key = tmp_path / "cert", tmp_path / "key"
    settings = TlsSettings(cert_file=str(cert), key_file=str(key))
    with pytest.raises(TransportError, match="cannot read the certificate file"):
        await contexts.wait_context(settings)
    shutil.copy(certificates.client.cert, cert)
    shutil.copy(certificates.client.key, key)
    first = await contexts.wait_context(settings)
    assert contexts.maybe_context(settings) is first
    os.utime(cert, ns=(1, 1))
    assert contexts.maybe_context(settings) is first  # not looked at yet
    now.seconds += 2
    assert contexts.maybe_context(settings) is None
    second = await contexts.wait_context(settings)
    assert second is not first
    key.write_text("garbage")
    now.seconds += 2
    assert await contexts.wait_context(settings) is second
    assert "the old ones stay" in caplog.text
