"""Pushing through a proxy in a process of its own, of each kind, to HTTP and to TLS."""

import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.integration.agent import Agent
from tests.integration.certs import Certificates
from tests.integration.cloud import SECRETS, Cloud, has_token
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus, TlsProxy
from tests.integration.process import Process, free_port, wait_until
from tests.integration.test_tls import CONFIG, numbered, wait_delivered

ROOT = Path(__file__).parents[2]
PASSWORD = "planted-proxy-password"


@attrs.frozen
class Proxies:
    """One process speaks HTTP and SOCKS 5 on a port, another the same over TLS."""

    plain: Process
    tls: Process
    plain_port: int
    tls_port: int

    def url(self, scheme: str, password: str = PASSWORD) -> str:
        port = self.tls_port if scheme == "https" else self.plain_port
        return f"{scheme}://u:{password}@127.0.0.1:{port}"

    def output(self, scheme: str) -> str:
        return (self.tls if scheme == "https" else self.plain).output()


@pytest.fixture(scope="module")
def proxies(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Proxies]:
    directory = tmp_path_factory.mktemp("proxies")
    ports = (free_port(), free_port())
    argv = [sys.executable, "-m", "tests.integration.proxy_program"]
    env = {"PROXY_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)}
    files = [certificates.server.cert, certificates.server.key]
    found = Proxies(
        Process([*argv, str(ports[0])], directory / "plain.log", env=env),
        Process([*argv, str(ports[1]), *files], directory / "tls.log", env=env),
        *ports,
    )
    try:
        for process, port in ((found.plain, ports[0]), (found.tls, ports[1])):
            process.start()
            process.wait_port(port)
        yield found
    finally:
        for process in (found.plain, found.tls):
            process.kill()


WORDS = {"http": "POST", "https": "POST", "socks5": "socks"}


@pytest.mark.parametrize("receiver", ["http", "https"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_push_through_a_proxy(
    proxies: Proxies,
    tls_proxy: TlsProxy,
    prometheus: Prometheus,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
    scheme: str,
    receiver: str,
) -> None:
    pages.put("/metrics", numbered)
    port = tls_proxy.port if receiver == "https" else prometheus.port
    agent = start_agent(
        CONFIG.format(job=job, address=pages.address),
        [
            f"-remoteWrite.url={receiver}://127.0.0.1:{port}/api/v1/write",
            f"-remoteWrite.tlsCAFile={tls_proxy.certificates.ca.cert}",
            f"-remoteWrite.proxyURL={proxies.url(scheme)}",
        ],
    )
    wait_delivered(prometheus, job, agent)
    word = "CONNECT" if receiver == "https" and scheme != "socks5" else WORDS[scheme]
    assert f"{word} 127.0.0.1:{port}" in proxies.output(scheme)
    _assert_discreet(agent)


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        pytest.param("http", "407", id="http"),
        pytest.param("socks5", "refuses user and password of the proxy's URL", id="socks5"),
    ],
)
def test_a_proxy_that_refuses_us(
    proxies: Proxies,
    tls_proxy: TlsProxy,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
    scheme: str,
    words: str,
) -> None:
    pages.put("/metrics", numbered)
    agent = start_agent(
        CONFIG.format(job=job, address=pages.address),
        [
            f"-remoteWrite.url=https://127.0.0.1:{tls_proxy.port}/api/v1/write",
            f"-remoteWrite.tlsCAFile={tls_proxy.certificates.ca.cert}",
            f"-remoteWrite.proxyURL={proxies.url(scheme, PASSWORD + '-no')}",
        ],
    )
    agent.wait_log(words)
    _assert_discreet(agent)


def _assert_discreet(agent: Agent) -> None:
    pages = [agent.get(path).text for path in ("/", "/metrics", "/api/v1/status/flags", "/flags")]
    assert PASSWORD not in "\n".join([agent.log(), *pages])


def test_tokens_through_socks(
    proxies: Proxies, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    """A token server is reached through SOCKS too."""
    pages.put("/metrics", numbered)
    with Cloud(has_token) as cloud:
        config = CONFIG.format(job=job, address=pages.address) + (
            f"remote_write:\n  - url: {cloud.url}/write\n    oauth2:\n      client_id: me\n"
            f"      client_secret: {SECRETS['client']}\n      token_url: {cloud.url}/token\n"
            f"      proxy_url: {proxies.url('socks5')}\n"
        )
        agent = start_agent(config)
        wait_until(lambda: cloud.accepted, "a push", evidence=agent.log)
        assert f"socks {cloud.url.partition('//')[2]}" in proxies.output("socks5")
        _assert_discreet(agent)
