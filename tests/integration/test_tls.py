"""Pushing through a TLS proxy: what is refused is kept, what is trusted is delivered."""

import re
from collections.abc import Callable, Sequence

import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus, TlsProxy
from tests.integration.process import wait_until

CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["{address}"]
"""

# Appendix of issue 2, the host and the file names replaced.
REMOTE_WRITE = """
remote_write:
  - url: https://{endpoint}/api/v1/write
    tls_config:
        ca_file: {ca_file}
        cert_file: {cert_file}
        key_file: {key_file}
"""


def numbered(visit: int) -> str:
    return f"visit_number {visit}\n"


def delivered(prometheus: Prometheus, job: str) -> set[int]:
    """The numbers of those visits that arrived."""
    return {
        int(value)
        for series in prometheus.samples(f'visit_number{{job="{job}"}}')
        for value in series.values()
        if value == value  # the marker of the end is a NaN
    }


def wait_delivered(prometheus: Prometheus, job: str, agent: Agent, count: int = 3) -> None:
    wait_until(
        lambda: len(delivered(prometheus, job)) >= count,
        "samples at the receiver",
        evidence=agent.log,
    )


Flags = Callable[[TlsProxy], Sequence[str]]


def insecure(proxy: TlsProxy) -> list[str]:
    return [
        f"-remoteWrite.url=https://127.0.0.1:{proxy.port}/api/v1/write",
        "-remoteWrite.tlsInsecureSkipVerify",
    ]


def trusted(proxy: TlsProxy) -> list[str]:
    return [
        f"-remoteWrite.url=https://127.0.0.1:{proxy.port}/api/v1/write",
        f"-remoteWrite.tlsCAFile={proxy.certificates.ca.cert}",
    ]


def trusted_by_other_name(proxy: TlsProxy) -> list[str]:
    return [*trusted(proxy), "-remoteWrite.tlsServerName=localhost"]


def with_client_certificate(proxy: TlsProxy) -> list[str]:
    return [
        f"-remoteWrite.url=https://127.0.0.1:{proxy.client_cert_port}/api/v1/write",
        f"-remoteWrite.tlsCAFile={proxy.certificates.ca.cert}",
        f"-remoteWrite.tlsCertFile={proxy.certificates.client.cert}",
        f"-remoteWrite.tlsKeyFile={proxy.certificates.client.key}",
    ]


def url_as_a_vendor_writes_it(proxy: TlsProxy) -> list[str]:
    return [
        f"-remoteWrite.tls.url=https://127.0.0.1:{proxy.port}/api/v1/write",
        "-remoteWrite.tlsInsecureSkipVerify",
    ]


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(trusted, id="tlsCAFile"),
        pytest.param(trusted_by_other_name, id="tlsServerName"),
        pytest.param(insecure, id="tlsInsecureSkipVerify"),
        pytest.param(with_client_certificate, id="a demanded client certificate"),
        pytest.param(url_as_a_vendor_writes_it, id="the alias of the url flag"),
    ],
)
def test_flags_reach_the_receiver(
    flags: Flags,
    tls_proxy: TlsProxy,
    prometheus: Prometheus,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
) -> None:
    pages.put("/metrics", numbered)
    agent = start_agent(CONFIG.format(job=job, address=pages.address), flags(tls_proxy))
    wait_delivered(prometheus, job, agent)


def test_the_section_with_tls_config_reaches_the_receiver(
    tls_proxy: TlsProxy, prometheus: Prometheus, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    pages.put("/metrics", numbered)
    agent = start_agent(CONFIG.format(job=job, address=pages.address), is_started=False)
    # File names as users write them: relative to the configuration.
    certificates = tls_proxy.certificates
    for name, source in (
        ("ca.pem", certificates.ca.cert),
        ("client.pem", certificates.client.cert),
        ("client.key", certificates.client.key),
    ):
        (agent.directory / name).write_bytes(source.read_bytes())
    section = REMOTE_WRITE.format(
        endpoint=f"127.0.0.1:{tls_proxy.client_cert_port}",
        ca_file="ca.pem",
        cert_file="client.pem",
        key_file="client.key",
    )
    agent.config.write_text(agent.config.read_text() + section)
    agent.start()
    wait_delivered(prometheus, job, agent)


def test_an_unknown_ca_is_told_and_costs_nothing(
    tls_proxy: TlsProxy, prometheus: Prometheus, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    pages.put("/metrics", numbered)
    url = f"-remoteWrite.url=https://127.0.0.1:{tls_proxy.port}/api/v1/write"
    agent = start_agent(CONFIG.format(job=job, address=pages.address), [url])

    line = agent.wait_log(r"(?i)certificate")
    assert re.search(r"(?i)verif|unknown|authority|issuer", line), line
    wait_until(lambda: len(pages.visits("/metrics")) >= 15, "some scrapes", evidence=agent.log)
    assert agent.process.stop() == 0
    assert "Traceback" not in agent.log()
    assert delivered(prometheus, job) == set()
    assert agent.data_bytes() > 0, "nothing was kept"

    # The last visit may have been under way when the agent was stopped.
    kept = {visit.number for visit in pages.visits("/metrics")[:-1]}
    agent.start(flags=[url, f"-remoteWrite.tlsCAFile={tls_proxy.certificates.ca.cert}"])
    wait_until(lambda: kept <= delivered(prometheus, job), "all that was kept", evidence=agent.log)
