"""Secrets planted everywhere are found nowhere: logs, pages, metrics, the bundle."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.integration.agent import Agent, command
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until
from web.endpoints import BY_PATH, ENDPOINTS

SECRET = "pl4nted"  # the beginning of each, so that one search finds all
KEY_FLAGS = ("metricsAuthKey", "configAuthKey", "flagsAuthKey", "reloadAuthKey", "pprofAuthKey")
CONFIG = """
global:
  scrape_interval: 300ms
  scrape_timeout: 300ms
scrape_configs:
  - job_name: basic
    basic_auth: {{username: ada, password: pl4nted-basic}}
    static_configs:
      - targets: ["{address}"]
  - job_name: bearer
    authorization: {{credentials: pl4nted-bearer}}
    static_configs:
      - targets: ["{address}"]
  - job_name: header
    http_headers:
      X-Token: {{secrets: [pl4nted-header]}}
    static_configs:
      - targets: ["{address}"]
  - job_name: oauth2
    oauth2:
      client_id: a
      client_secret: pl4nted-oauth2
      token_url: http://127.0.0.1:9/token
    static_configs:
      - targets: ["{address}"]
  - job_name: address
    static_configs:
      - targets: ["http://ada:pl4nted-address@{address}/metrics", "ada:pl4nted-dropped@h:1"]
    relabel_configs:
      - {{action: drop, source_labels: [__address__], regex: h:1}}
  - job_name: file_url
    file_sd_configs:
      - files: ["http://ada:pl4nted-file@{address}/targets.json"]
  - job_name: proxy
    proxy_url: http://ada:pl4nted-proxy@127.0.0.1:9
    static_configs:
      - targets: ["{address}"]
remote_write:
  - url: http://ada:pl4nted-userinfo@127.0.0.1:9/api/v1/write?token=pl4nted-query
  - url: http://127.0.0.1:9/second
    bearer_token: pl4nted-remote
  - url: http://127.0.0.1:9/third
    basic_auth: {{username: ada, password: pl4nted-remote-basic}}
    headers: {{X-Scope: pl4nted-remote-header}}
"""


def flags(tmp_path: Path) -> list[str]:
    password = tmp_path / "password"
    password.write_text("pl4nted-password-file\n")
    return [
        "-remoteWrite.url=http://bob:pl4nted-flag-url@127.0.0.1:9/fourth?key=pl4nted-flag-query",
        "-remoteWrite.bearerToken=pl4nted-flag-token",
        "-remoteWrite.headers=X-Key: pl4nted-flag-header",
        "-httpAuth.username=ada",
        f"-httpAuth.password=file://{password}",
        "-pushmetrics.url=http://127.0.0.1:9/pl4nted-push?key=pl4nted-push",
        "-pushmetrics.header=X-Key: pl4nted-push-header",
        "-pushmetrics.interval=300ms",
        "-loggerLevel=DEBUG",
        *(f"-{name}=pl4nted-{name}" for name in KEY_FLAGS),
    ]


@pytest.fixture
def agent(pages: Pages, start_agent: StartAgent, tmp_path: Path) -> Agent:
    pages.put("/metrics", "a 1\n")
    return start_agent(CONFIG.format(address=pages.address), flags(tmp_path))


def curl(agent: Agent, path: str, *more: str) -> str:
    """What comes within ten seconds; of a stream what comes in two."""
    url = f"http://127.0.0.1:{agent.port}{path}"
    is_stream = BY_PATH[path.partition("?")[0]].media == "events"
    patience_s = "2" if is_stream else "10"
    found = subprocess.run(
        ["curl", "-sS", "--max-time", patience_s, "-u", "ada:pl4nted-password-file", *more, url],
        capture_output=True,
        text=True,
        check=not is_stream,
    )
    return found.stdout


def keyed(path: str, area: str) -> str:
    name = {"CONFIG": "config", "FLAGS": "flags", "METRICS": "metrics", "RELOAD": "reload"}
    key = f"{name.get(area, 'pprof')}AuthKey"
    separator = "&" if "?" in path else "?"
    return path if area in ("OPEN", "PAGES") else f"{path}{separator}authKey=pl4nted-{key}"


def test_no_secret_is_shown(agent: Agent, tmp_path: Path) -> None:
    wait_until(
        lambda: "remote" in agent.log() and "pushmetrics.url: URL 1" in agent.log(),
        "failures of every kind",
        evidence=agent.log,
    )
    for endpoint in ENDPOINTS:
        path = keyed(endpoint.path, endpoint.area.name)
        for accept in ("text/html", "*/*"):
            text = curl(agent, path, "-H", f"Accept: {accept}")
            assert SECRET not in text, endpoint.path
            assert "401" not in text[:20], endpoint.path
    config = curl(agent, keyed("/config", "CONFIG"))
    assert config.count("<secret>") >= 8  # they are there, and masked
    assert "scrape_configs" in config
    metrics = curl(agent, keyed("/metrics", "METRICS"))
    assert 'flag{name="metricsAuthKey",value="secret",is_set="true"}' in metrics
    agent.process.stop()
    assert SECRET not in agent.log()


def test_no_secret_is_in_a_bundle(pages: Pages, start_agent: StartAgent, tmp_path: Path) -> None:
    pages.put("/metrics", "a 1\n")
    without_keys = [flag for flag in flags(tmp_path) if "AuthKey" not in flag]
    agent = start_agent(CONFIG.format(address=pages.address), without_keys)
    wait_until(lambda: "remote" in agent.log(), "a failure", evidence=agent.log)
    archive = tmp_path / "bundle.tar.gz"
    done = subprocess.run(
        [
            *command(),
            "bundle",
            f"-url=http://127.0.0.1:{agent.port}",
            f"-out={archive}",
            "-seconds=0.3",
            "-user=ada",
            f"-passwordFile={tmp_path / 'password'}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        for member in opened.getmembers():
            file = opened.extractfile(member)
            assert file is not None
            assert SECRET.encode() not in file.read(), member.name
    found = {name.removeprefix("promferry-bundle/") for name in names}
    assert found >= {
        "README.txt",
        "config.yml",
        "flags.txt",
        "health.json",
        "log.json",
        "metrics-1.txt",
        "metrics-2.txt",
        "queue-files.txt",
        "queue.json",
        "targets.json",
    }
