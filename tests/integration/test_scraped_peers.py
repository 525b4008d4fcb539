"""Real targets in every way that a job may have to reach them, by one installed agent.

A node exporter is scraped in test_delivery.py.
"""

import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.peers import Prometheus
from tests.integration.process import wait_until
from tests.integration.test_transport_nginx import Nginx
from tests.integration.test_transport_nginx import nginx as nginx  # a fixture

CONFIG = """
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
scrape_configs:
  - job_name: {job}_openmetrics
    static_configs: [{{targets: ["127.0.0.1:{prometheus.port}"]}}]
  - job_name: {job}_tls
    scheme: https
    tls_config: {{ca_file: {ca.cert}}}
    static_configs: [{{targets: ["127.0.0.1:{nginx.tls}"]}}]
  - job_name: {job}_untrusted
    scheme: https
    static_configs: [{{targets: ["127.0.0.1:{nginx.tls}"]}}]
  - job_name: {job}_certificate
    scheme: https
    tls_config: {{ca_file: {ca.cert}, cert_file: {client.cert}, key_file: {client.key}}}
    static_configs: [{{targets: ["127.0.0.1:{nginx.mutual}"]}}]
  - job_name: {job}_no_certificate
    scheme: https
    tls_config: {{ca_file: {ca.cert}}}
    static_configs: [{{targets: ["127.0.0.1:{nginx.mutual}"]}}]
  - job_name: {job}_basic
    metrics_path: /basic/metrics
    basic_auth: {{username: u, password: p}}
    static_configs: [{{targets: ["127.0.0.1:{nginx.plain}"]}}]
  - job_name: {job}_in_url
    static_configs: [{{targets: ["http://u:p@127.0.0.1:{nginx.plain}/basic/metrics"]}}]
  - job_name: {job}_wrong_password
    metrics_path: /basic/metrics
    basic_auth: {{username: u, password: q}}
    static_configs: [{{targets: ["127.0.0.1:{nginx.plain}"]}}]
  - job_name: {job}_proxy
    proxy_url: http://127.0.0.1:{nginx.proxy}
    static_configs: [{{targets: ["nobody.example:80"]}}]
"""
# What is told of those that cannot work.
REASONS = {
    "untrusted": "certificate",
    "no_certificate": "400",
    "wrong_password": "401",
}
GOOD = ("openmetrics", "tls", "certificate", "basic", "in_url", "proxy")


@pytest.fixture
def agent(nginx: Nginx, prometheus: Prometheus, start_agent: StartAgent, job: str) -> Agent:
    config = CONFIG.format(
        job=job,
        nginx=nginx,
        prometheus=prometheus,
        ca=nginx.certificates.ca,
        client=nginx.certificates.client,
    )
    return start_agent(config, [f"-remoteWrite.url={prometheus.url}"])


def test_all_ways_to_a_target(agent: Agent, prometheus: Prometheus, job: str) -> None:
    def ups() -> dict[str, set[float]] | None:
        found = {
            series.labels["job"]: set(series.values())
            for series in prometheus.samples(f'up{{job=~"{job}_.*"}}')
        }
        return found if len(found) == len(GOOD) + len(REASONS) else None

    found = wait_until(ups, "a report of each", evidence=agent.log)
    assert found == {
        **{f"{job}_{name}": {1.0} for name in GOOD},
        **{f"{job}_{name}": {0.0} for name in REASONS},
    }
    active = agent.get("/api/v1/targets").json()["data"]["activeTargets"]
    targets = {target["scrapePool"]: target for target in active}
    for name, reason in REASONS.items():
        assert reason in targets[f"{job}_{name}"]["lastError"]
    for name in GOOD[1:]:
        assert targets[f"{job}_{name}"]["lastSamplesScraped"] == 2000, name
    url = targets[f"{job}_in_url"]["scrapeUrl"]
    assert "u:p" not in url + str(targets[f"{job}_in_url"]["discoveredLabels"])


def test_prometheus_own_page_is_openmetrics(agent: Agent, prometheus: Prometheus, job: str) -> None:
    """Read whole: as many series as the report counts, a counter's with its suffix."""
    selector = f'{{job="{job}_openmetrics"}}'

    def names() -> set[str] | None:
        found = {series.labels["__name__"] for series in prometheus.samples(selector)}
        return found if "go_goroutines" in found else None

    found = wait_until(names, "its samples", evidence=agent.log)
    assert {"prometheus_build_info", "prometheus_http_requests_total", "up"} <= found
    (scraped,) = prometheus.samples(f'scrape_samples_scraped{{job="{job}_openmetrics"}}')
    assert min(scraped.values()) > 200
    assert "# EOF" not in agent.log()
