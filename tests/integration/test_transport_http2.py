"""HTTP/2 against nginx, and by the agent that is told to offer it."""

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import trio

from tests.integration.certs import Certificates
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import program
from tests.integration.process import Process, free_port, wait_until
from transport.client import Client
from transport.response import Response
from transport.settings import HttpSettings, TlsSettings
from transport.tls import TlsContexts

PAGE = b"".join(b'series{number="%d"} 1\n' % number for number in range(9000))

CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    log_format short "$server_protocol $request_method $status $request_length";
    access_log {directory}/access.log short;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    default_type text/plain;
    client_max_body_size 1m;
    keepalive_timeout 1s;
    keepalive_requests 10;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {server.cert};
        ssl_certificate_key {server.key};
        root {directory}/www;
        location /gzip {{ alias {directory}/www; gzip on; gzip_types text/plain; }}
        location = /write {{
            proxy_pass http://127.0.0.1:{behind};
        }}
        location = /moved {{ return 302 /metrics; }}
    }}
    server {{
        listen 127.0.0.1:{behind};
        location / {{ return 204; }}
    }}
}}
"""


@attrs.frozen
class Nginx:
    port: int
    directory: Path
    trust: TlsSettings

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def log(self) -> list[str]:
        return (self.directory / "access.log").read_text().splitlines()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Nginx]:
    directory = tmp_path_factory.mktemp("http2")
    (directory / "www").mkdir()
    (directory / "www" / "metrics").write_bytes(PAGE)
    peer = Nginx(free_port(), directory, TlsSettings(ca_file=str(certificates.ca.cert)))
    config = directory / "nginx.conf"
    server, behind = certificates.server, free_port()
    config.write_text(
        CONFIG.format(directory=directory, server=server, port=peer.port, behind=behind)
    )
    errors = directory / "error.log"
    argv: list[str | Path] = [program("nginx"), "-p", directory, "-c", config, "-e", errors]
    process = Process(argv, directory / "nginx.log")
    process.start()
    try:
        process.wait_port(peer.port)
        yield peer
    finally:
        process.kill()


@pytest.fixture
async def client(nginx: Nginx) -> Client:
    settings = HttpSettings(tls=nginx.trust, offers_http2=True)
    return Client(nginx.url, settings, contexts=TlsContexts(), user_agent="test")


async def get(client: Client, target: str) -> Response:
    return await client.request("GET", target=target, timeout_s=10, max_body_bytes=2**20)


@pytest.mark.parametrize("target", ["/metrics", "/gzip/metrics", "/moved"])
async def test_a_page(nginx: Nginx, client: Client, target: str) -> None:
    for _ in range(3):
        response = await get(client, target)
        assert (response.status, response.body) == (200, PAGE)
    assert client.statistics().connects == 1
    assert nginx.log()[-1].startswith("HTTP/2.0 GET 200")
    await client.aclose()


async def test_a_push(nginx: Nginx, client: Client) -> None:
    for size in (10, 900_000, 2_000_000, 10):
        response = await client.request(
            "POST",
            target="/write",
            body=bytes(size),
            timeout_s=10,
            max_body_bytes=100,
            when_too_large="cut",
        )
        assert response.status == (413 if size > 2**20 else 204)
    await client.aclose()


async def test_the_server_ends_connections(client: Client) -> None:
    for _ in range(25):
        assert (await get(client, "/metrics")).body == PAGE
    await trio.sleep(1.3)  # longer than it keeps an idle one
    assert (await get(client, "/metrics")).body == PAGE
    statistics = client.statistics()
    assert statistics.failures == 0
    assert statistics.connects == 4
    await client.aclose()


def test_the_agent_offers_it_when_told(
    nginx: Nginx, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    pages.put("/metrics", "a 1\n")
    config = (
        f"scrape_configs:\n- job_name: {job}\n  scrape_interval: 200ms\n"
        f"  scrape_timeout: 200ms\n  static_configs: [{{targets: ['{pages.address}']}}]\n"
        f"remote_write:\n- url: {nginx.url}/write\n  enable_http2: true\n"
        f"  queue_config: {{batch_send_deadline: 200ms}}\n"
        f"  tls_config: {{ca_file: {nginx.trust.ca_file}}}\n"
    )
    before = len(nginx.log())
    agent = start_agent(config)

    def pushed() -> bool:
        lines = [line for line in nginx.log()[before:] if line.startswith("HTTP/2.0 POST 204")]
        return len(lines) >= 3

    wait_until(pushed, "pushes by HTTP/2", evidence=agent.log)
