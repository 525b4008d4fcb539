"""The client against nginx: TLS, client certificates, basic, gzip, limits, and as forward proxy."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.integration.certs import Certificates, make_certificates
from tests.integration.peers import program
from tests.integration.process import Process, free_port
from transport.client import Client
from transport.errors import TransportError
from transport.response import Response
from transport.secret import Secret
from transport.settings import (
    Authorization,
    BasicAuth,
    HttpSettings,
    OAuth2,
    ProxySettings,
    TlsSettings,
)
from transport.tls import TlsContexts

PAGE = b"".join(b'series{number="%d"} 1\n' % number for number in range(2000))

PLAIN = HttpSettings()

CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log {directory}/access.log;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    default_type text/plain;
    client_max_body_size 1m;
    ssl_certificate {server.cert};
    ssl_certificate_key {server.key};
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        root {directory}/www;
        location /gzip {{ alias {directory}/www; gzip on; gzip_types text/plain; }}
        location /basic {{
            alias {directory}/www;
            auth_basic realm;
            auth_basic_user_file {directory}/htpasswd;
        }}
        location = /write {{ return 204; }}
        location = /moved {{ return 302 /metrics; }}
        location = /elsewhere {{ return 307 http://localhost:{plain}/who; }}
        location = /who {{ return 200 "$http_authorization"; }}
        location = /token {{
            if ($http_authorization != "Basic bWU6cw==") {{ return 401; }}
            return 200 '{{"access_token": "t1", "token_type": "bearer", "expires_in": 3600}}';
        }}
        location = /short {{ alias {directory}/www/metrics; keepalive_timeout 1s; }}
        location = /twice {{ alias {directory}/www/metrics; keepalive_requests 2; }}
    }}
    server {{
        listen 127.0.0.1:{mutual} ssl;
        root {directory}/www;
        ssl_client_certificate {ca.cert};
        ssl_verify_client on;
    }}
    server {{
        listen 127.0.0.1:{proxy};
        location / {{
            proxy_pass http://127.0.0.1:{plain}$request_uri;
            proxy_set_header Authorization "via $http_proxy_authorization $http_host";
        }}
    }}
}}
"""


@attrs.frozen
class Nginx:
    plain: int
    tls: int
    mutual: int
    proxy: int
    certificates: Certificates

    @property
    def trust(self) -> TlsSettings:
        return TlsSettings(ca_file=str(self.certificates.ca.cert))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    directory = tmp_path_factory.mktemp("transport-nginx")
    certificates = make_certificates(directory / "certificates")
    peer = Nginx(free_port(), free_port(), free_port(), free_port(), certificates)
    (directory / "www").mkdir()
    (directory / "www" / "metrics").write_bytes(PAGE)
    (directory / "htpasswd").write_text("u:{PLAIN}p\n")
    config = directory / "nginx.conf"
    config.write_text(
        CONFIG.format(
            directory=directory,
            server=certificates.server,
            ca=certificates.ca,
            plain=peer.plain,
            tls=peer.tls,
            mutual=peer.mutual,
            proxy=peer.proxy,
        )
    )
    errors = directory / "error.log"
    argv: list[str | Path] = [program("nginx"), "-p", directory, "-c", config, "-e", errors]
    process = Process(argv, directory / "nginx.log")
    process.start()
    try:
        process.wait_port(peer.proxy)
        yield peer
    finally:
        process.kill()


@asynccontextmanager
async def client_of(url: str, settings: HttpSettings = PLAIN) -> AsyncIterator[Client]:
    client = Client(url, settings, contexts=TlsContexts(), user_agent="promferry/test")
    try:
        yield client
    finally:
        await client.aclose()


async def get(client: Client, target: str | None = None) -> Response:
    return await client.request("GET", target=target, timeout_s=10, max_body_bytes=2**20)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/metrics", id="with its length"),
        pytest.param("/gzip/metrics", id="compressed on the fly, in chunks"),
        pytest.param("/moved", id="after a redirect"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_page(nginx: Nginx, scheme: str, path: str) -> None:
    port = nginx.tls if scheme == "https" else nginx.plain
    settings = HttpSettings(tls=nginx.trust)
    async with client_of(f"{scheme}://127.0.0.1:{port}{path}", settings) as client:
        for _ in range(3):
            response = await get(client)
            assert (response.status, response.body) == (200, PAGE)
        assert client.statistics().connects == 1
        if path.startswith("/gzip"):
            assert response.header("content-encoding") == "gzip"
            assert response.header("transfer-encoding") == "chunked"
            assert response.wire_bytes < len(PAGE) / 4


async def test_a_push(nginx: Nginx) -> None:
    async with client_of(f"http://127.0.0.1:{nginx.plain}/write") as client:
        for size in (10, 900_000, 2_000_000, 10):
            response = await client.request(
                "POST", body=bytes(size), timeout_s=10, max_body_bytes=100, when_too_large="cut"
            )
            assert response.status == (413 if size > 2**20 else 204)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        pytest.param(HttpSettings(), 401, id="nobody"),
        pytest.param(
            HttpSettings(basic_auth=BasicAuth(username="u", password=Secret("p"))), 200, id="us"
        ),
        pytest.param(
            HttpSettings(basic_auth=BasicAuth(username="u", password=Secret("x"))), 401, id="wrong"
        ),
    ],
)
async def test_basic(nginx: Nginx, settings: HttpSettings, status: int) -> None:
    async with client_of(f"http://127.0.0.1:{nginx.plain}/basic/metrics", settings) as client:
        assert (await get(client)).status == status


async def test_credentials_do_not_follow_to_another_host(nginx: Nginx) -> None:
    settings = HttpSettings(authorization=Authorization(credentials=Secret("t")))
    async with client_of(f"http://127.0.0.1:{nginx.plain}/who", settings) as client:
        assert (await get(client)).body == b"Bearer t"
        assert (await get(client, "/elsewhere")).body == b""


async def test_oauth2(nginx: Nginx) -> None:
    oauth2 = OAuth2(
        client_id="me",
        client_secret=Secret("s"),
        token_url=f"https://127.0.0.1:{nginx.tls}/token",
        tls=nginx.trust,
    )
    settings = HttpSettings(oauth2=oauth2)
    async with client_of(f"http://127.0.0.1:{nginx.plain}/who", settings) as client:
        assert (await get(client)).body == b"Bearer t1"


async def test_oauth2_from_a_server_that_is_not_trusted(nginx: Nginx) -> None:
    token_url = f"https://127.0.0.1:{nginx.tls}/token"
    settings = HttpSettings(oauth2=OAuth2(client_id="me", token_url=token_url))
    async with client_of(f"http://127.0.0.1:{nginx.plain}/who", settings) as client:
        words = ".*/token cannot be asked: .*certificate verify failed"
        with pytest.raises(TransportError, match=words) as caught:
            await get(client)
    assert caught.value.kind == "auth"


def _without(nginx: Nginx) -> TlsSettings:
    return nginx.trust


def _with(nginx: Nginx) -> TlsSettings:
    pair = nginx.certificates.client
    return attrs.evolve(nginx.trust, cert_file=str(pair.cert), key_file=str(pair.key))


@pytest.mark.parametrize(
    ("tls_of", "status"),
    [pytest.param(_without, 400, id="without"), pytest.param(_with, 200, id="with")],
)
async def test_a_client_certificate(
    nginx: Nginx, tls_of: Callable[[Nginx], TlsSettings], status: int
) -> None:
    settings = HttpSettings(tls=tls_of(nginx))
    async with client_of(f"https://127.0.0.1:{nginx.mutual}/metrics", settings) as client:
        assert (await get(client)).status == status


async def test_an_unknown_ca_says_what_to_set(nginx: Nginx) -> None:
    async with client_of(f"https://127.0.0.1:{nginx.tls}/metrics") as client:
        with pytest.raises(TransportError, match=r"set tlsCAFile .* or ca_file") as caught:
            await get(client)
    assert caught.value.kind == "tls"


async def test_http_spoken_to_a_tls_port_and_the_other_way(nginx: Nginx) -> None:
    async with client_of(f"http://127.0.0.1:{nginx.tls}/metrics") as client:
        assert (await get(client)).status == 400
    async with client_of(f"https://127.0.0.1:{nginx.plain}/metrics") as client:
        with pytest.raises(TransportError, match="does not speak TLS on this port"):
            await get(client)


async def test_through_a_forward_proxy(nginx: Nginx) -> None:
    proxy = ProxySettings(proxy_url=f"http://u:p@127.0.0.1:{nginx.proxy}")
    async with client_of("http://exporter.invalid:9100/who", HttpSettings(proxy=proxy)) as client:
        assert (await get(client)).body == b"via Basic dTpw exporter.invalid:9100"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_server_ends_idle_connections(nginx: Nginx, scheme: str) -> None:
    port = nginx.tls if scheme == "https" else nginx.plain
    settings = HttpSettings(tls=nginx.trust)
    async with client_of(f"{scheme}://127.0.0.1:{port}/short", settings) as client:
        for _ in range(2):
            assert (await get(client)).body == PAGE
            await trio.sleep(1.3)
        statistics = client.statistics()
        assert (statistics.connects, statistics.stale_retries, statistics.failures) == (2, 0, 0)


async def test_the_server_says_when_it_has_had_enough(nginx: Nginx) -> None:
    async with client_of(f"http://127.0.0.1:{nginx.plain}/twice") as client:
        for _ in range(6):
            assert (await get(client)).body == PAGE
        assert client.statistics().connects == 3
