"""The ways to an origin: direct, through each kind of proxy, with TLS at the end or before it."""

import ssl
from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio
from trio.testing import memory_stream_pair

from tests.transport.certificates import Certificates
from tests.transport.scripted import (
    Received,
    ScriptedServer,
    answer,
    client_of,
    read_request,
)
from transport.errors import TransportError
from transport.secret import Secret
from transport.settings import BasicAuth, HttpSettings, ProxySettings, TlsSettings

Dialogue = Callable[[trio.abc.Stream], Awaitable[None]]


@attrs.define
class Proxy:
    """Runs a dialogue on each connection, then joins it to the server behind."""

    nursery: trio.Nursery
    server: ScriptedServer
    dialogue: Dialogue
    context: ssl.SSLContext | None = None
    places: list[tuple[str, int]] = attrs.field(factory=list)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        ours, theirs = memory_stream_pair()
        self.places.append((host, port))
        self.nursery.start_soon(self._serve, theirs)
        return ours

    async def _serve(self, stream: trio.abc.Stream) -> None:
        if self.context is not None:
            stream = trio.SSLStream(stream, self.context, server_side=True, https_compatible=True)
        try:
            await self.dialogue(stream)
        except EOFError:
            await stream.aclose()
            return
        behind = await self.server.connect("behind", 0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pump, stream, behind)
            nursery.start_soon(pump, behind, stream)


async def pump(source: trio.abc.Stream, sink: trio.abc.Stream) -> None:
    try:
        while data := await source.receive_some(65536):
            await sink.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    await trio.aclose_forcefully(sink)


def serving(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.server.cert, certificates.server.key)
    return context


def tunnelling(asked: list[Received], reply: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Dialogue:
    async def dialogue(stream: trio.abc.Stream) -> None:
        asked.append(await read_request(stream, ("", 0), 0))
        await stream.send_all(reply)
        if b" 200 " not in reply:
            raise EOFError

    return dialogue


async def socks(stream: trio.abc.Stream) -> None:
    assert await stream.receive_some(100) == b"\x05\x02\x00\x02"
    await stream.send_all(b"\x05\x02")
    assert await stream.receive_some(100) == b"\x01\x01u\x01p"
    await stream.send_all(b"\x01\x00")
    assert (await stream.receive_some(100)).startswith(b"\x05\x01\x00\x03\x06target")
    await stream.send_all(b"\x05\x00\x00\x01" + bytes(6))


def settings_of(
    proxy_url: str, certificates: Certificates | None = None, **headers: tuple[Secret, ...]
) -> HttpSettings:
    tls = TlsSettings(ca_file=str(certificates.ca)) if certificates else TlsSettings()
    proxy = ProxySettings(proxy_url=proxy_url, proxy_connect_header=headers)
    return HttpSettings(proxy=proxy, tls=tls)


@pytest.mark.parametrize("knows_us", [False, True])
@pytest.mark.parametrize("has_tls", [False, True])
@pytest.mark.parametrize("proxy_knows_us", [False, True])
@pytest.mark.parametrize("proxy_has_tls", [False, True])
async def test_each_of_two_may_have_tls_and_ask_who_we_are(
    nursery: trio.Nursery,
    certificates: Certificates,
    knows_us: bool,
    has_tls: bool,
    proxy_knows_us: bool,
    proxy_has_tls: bool,
) -> None:
    """vmagent's TestClientProxyReadOk, all sixteen: each gets its own credentials only."""
    context, proxy_context = (
        serving(certificates) if wanted else None for wanted in (has_tls, proxy_has_tls)
    )
    asked: list[Received] = []
    # A proxy for plain HTTP is asked for the whole URL, so it is the server itself.
    server = ScriptedServer(
        nursery,
        lambda request: answer(body=b"up 1\n"),
        context=context if has_tls else proxy_context,
    )
    proxy = Proxy(nursery, server, tunnelling(asked), context=proxy_context)
    userinfo = "proxy-test:@" if proxy_knows_us else ""
    settings = attrs.evolve(
        settings_of(f"{'https' if proxy_has_tls else 'http'}://{userinfo}localhost", certificates),
        basic_auth=BasicAuth(username="test", password=Secret("1234")) if knows_us else None,
    )
    client = client_of(
        server,
        f"{'https' if has_tls else 'http'}://target/m",
        settings,
        connector=proxy.connect if has_tls else server.connect,
        keepalive=False,
    )
    response = await client.request("GET", timeout_s=9, max_body_bytes=99)
    assert response.body == b"up 1\n"
    (request,) = server.requests
    (to_proxy,) = asked if has_tls else server.requests
    assert request.line == f"GET {'' if has_tls else 'http://target'}/m HTTP/1.1"
    assert request.header("authorization") == ("Basic dGVzdDoxMjM0" if knows_us else None)
    to_know = "Basic cHJveHktdGVzdDo=" if proxy_knows_us else None
    assert to_proxy.header("proxy-authorization") == to_know
    if has_tls:
        assert to_proxy.header("authorization") is request.header("proxy-authorization") is None
    await client.aclose()


async def test_http_through_a_proxy_asks_it_for_the_url(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer(body=b"up 1\n"))
    client = client_of(server, "http://target:9100/m?x", settings_of("http://u:p@proxy:3128"))
    for _ in range(2):
        await client.request("GET", timeout_s=9, max_body_bytes=99)
    first, second = server.requests
    assert first.place == ("proxy", 3128)
    assert first.line == "GET http://target:9100/m?x HTTP/1.1"
    assert first.header("host") == "target:9100"
    assert first.header("proxy-authorization") == "Basic dTpw"
    assert second.connection == first.connection


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_https_through_a_proxy_is_tunnelled(
    nursery: trio.Nursery, certificates: Certificates, scheme: str
) -> None:
    server = ScriptedServer(
        nursery, lambda request: answer(body=b"up 1\n"), context=serving(certificates)
    )
    asked: list[Received] = []
    own = serving(certificates) if scheme == "https" else None
    proxy = Proxy(nursery, server, tunnelling(asked), context=own)
    settings = settings_of(f"{scheme}://u:p@localhost:3128", certificates, X_Extra=(Secret("s"),))
    client = client_of(server, "https://target/m", settings, connector=proxy.connect)
    for _ in range(2):
        response = await client.request("GET", timeout_s=9, max_body_bytes=99)
        assert response.body == b"up 1\n"
    (connect,) = asked
    assert connect.line == "CONNECT target:443 HTTP/1.1"
    assert connect.headers == (
        ("host", "target:443"),
        ("proxy-authorization", "Basic dTpw"),
        ("x_extra", "s"),
    )
    assert proxy.places == [("localhost", 3128)]
    assert [request.line for request in server.requests] == ["GET /m HTTP/1.1"] * 2
    assert server.requests[0].header("proxy-authorization") is None
    await client.aclose()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_socks_is_a_tunnel_for_both(
    nursery: trio.Nursery, certificates: Certificates, scheme: str
) -> None:
    context = serving(certificates) if scheme == "https" else None
    server = ScriptedServer(nursery, lambda request: answer(body=b"up 1\n"), context=context)
    proxy = Proxy(nursery, server, socks)
    settings = settings_of("socks5://u:p@proxy", certificates)
    client = client_of(server, f"{scheme}://target/m", settings, connector=proxy.connect)
    response = await client.request("GET", timeout_s=9, max_body_bytes=99)
    assert response.body == b"up 1\n"
    assert proxy.places == [("proxy", 1080)]
    assert server.requests[0].line == "GET /m HTTP/1.1"
    await client.aclose()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "refuses to connect to target:443 with status 407; set user and password",
            id="it wants to know us",
        ),
        pytest.param(b"HTTP/1.1 502 Bad\r\n\r\n", "with status 502$", id="it cannot"),
        pytest.param(b"SSH-2.0\r\n", "not a valid HTTP answer", id="it is no proxy"),
        pytest.param(b"", "without an answer", id="it closes"),
    ],
)
async def test_a_proxy_that_refuses(nursery: trio.Nursery, reply: bytes, words: str) -> None:
    server = ScriptedServer(nursery, lambda request: answer())
    proxy = Proxy(nursery, server, tunnelling([], reply))
    client = client_of(
        server, "https://target/m", settings_of("http://u:secret@proxy:1"), connector=proxy.connect
    )
    with pytest.raises(TransportError, match=f"the proxy http://proxy:1: .*{words}") as caught:
        await client.request("GET", timeout_s=9, max_body_bytes=99)
    assert caught.value.kind == "proxy"
    assert "secret" not in str(caught.value)
    await trio.testing.wait_all_tasks_blocked()
    assert server.connections == 0


async def test_a_proxy_that_is_not_there(nursery: trio.Nursery) -> None:
    async def refuse(host: str, port: int) -> trio.abc.Stream:
        raise TransportError("connect", "cannot connect to proxy:1: Connection refused")

    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, "http://target/", settings_of("http://proxy:1"), connector=refuse)
    with pytest.raises(TransportError, match="the proxy http://proxy:1: cannot connect") as caught:
        await client.request("GET", timeout_s=9, max_body_bytes=99)
    assert caught.value.kind == "proxy"


async def test_a_proxy_that_hangs(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    async def hang(stream: trio.abc.Stream) -> None:
        await trio.sleep_forever()

    server = ScriptedServer(nursery, lambda request: answer())
    proxy = Proxy(nursery, server, hang)
    client = client_of(
        server, "https://target/m", settings_of("http://proxy:1"), connector=proxy.connect
    )
    words = "waiting for the proxy http://proxy:1 to connect to target:443 took longer than 9s"
    with pytest.raises(TransportError, match=words):
        await client.request("GET", timeout_s=9, max_body_bytes=99)


@pytest.mark.parametrize(
    ("connect_s", "handshake_s", "words"),
    [
        pytest.param(19, 60, "the TLS handshake with target:443 took longer than 3s", id="TLS"),
        pytest.param(21, 60, "connecting to target:443 took longer than 20s", id="connecting"),
        pytest.param(19, 2, "", id="each stage has its own time"),
    ],
)
async def test_the_handshake_has_a_time_out_of_its_own(
    nursery: trio.Nursery,
    autojump_clock: trio.testing.MockClock,
    certificates: Certificates,
    connect_s: float,
    handshake_s: float,
    words: str,
) -> None:
    server = ScriptedServer(nursery, lambda request: answer(), serving(certificates))

    async def connect(host: str, port: int) -> trio.abc.Stream:
        await trio.sleep(connect_s)
        ours, theirs = memory_stream_pair()
        nursery.start_soon(serve_late, theirs)
        return ours

    async def serve_late(stream: trio.abc.Stream) -> None:
        await trio.sleep(handshake_s)
        behind = await server.connect("behind", 0)
        nursery.start_soon(pump, stream, behind)
        nursery.start_soon(pump, behind, stream)

    tls = TlsSettings(ca_file=str(certificates.ca))
    settings = HttpSettings(tls=tls, tls_handshake_timeout_s=3)
    client = client_of(server, "https://target/", settings, connector=connect)
    if not words:
        assert (await client.request("GET", timeout_s=99, max_body_bytes=9)).status == 200
        return
    with pytest.raises(TransportError, match=words) as caught:
        await client.request("GET", timeout_s=99, max_body_bytes=9)
    assert caught.value.kind == "timeout"
