"""Real peers on free loopback ports: Prometheus, VictoriaMetrics, node_exporter, nginx.

Takes a directory for their data and logs; gives running peers. What a receiver stored is asked in
one way, `samples(selector)`, whatever its own API looks like.
"""

import json
import math
import os
import re
import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import attrs
import pytest

from tests.integration.ask import get
from tests.integration.certs import Certificates
from tests.integration.process import Process, free_port, wait_until

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # a user's PATH may lack nginx's place
_GO_INFINITY = re.compile(r"(?<=[\[,])\+?(-?)Inf(?=[],])")
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "victoria-metrics": "victoria-metrics",
    "vmagent": "victoria-metrics",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "nginx": "nginx-light",
    "openssl": "openssl",
}


def program(name: str) -> str:
    """The peer's path; skips the test when it is not installed, fails it in CI."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        reason = f"{name} is not installed; as root: apt-get install {PACKAGES[name]}"
        if os.environ.get("PROMFERRY_CI"):
            pytest.fail(f"{reason} (nothing is skipped in CI)")
        pytest.skip(reason)
    return found


@attrs.frozen
class Series:
    """What a receiver stored of one series: (timestamp in ms, value), oldest first."""

    labels: dict[str, str]
    samples: list[tuple[int, float]]

    def values(self) -> list[float]:
        return [value for _, value in self.samples]


class Receiver(Protocol):
    """Where the agent pushes, and what can be asked afterwards."""

    name: str
    port: int
    path: str

    @property
    def url(self) -> str: ...

    def samples(self, selector: str) -> list[Series]: ...


@attrs.frozen
class Prometheus:
    port: int
    name: str = "prometheus"
    path: str = "/api/v1/write"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def samples(self, selector: str) -> list[Series]:
        query = urllib.parse.urlencode({"query": f"{selector}[1h]"})
        answer = json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/query?{query}"))
        return [
            Series(
                dict(row["metric"]),
                [(round(at_s * 1000), float(value)) for at_s, value in row["values"]],
            )
            for row in answer["data"]["result"]
        ]


@attrs.frozen
class VictoriaMetrics:
    port: int
    name: str = "victoria-metrics"
    path: str = "/api/v1/write"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def samples(self, selector: str) -> list[Series]:
        base = f"http://127.0.0.1:{self.port}"
        get(f"{base}/internal/force_flush")  # else a sample can be asked after some seconds
        query = urllib.parse.urlencode({"match[]": selector})
        lines = get(f"{base}/api/v1/export?{query}").splitlines()
        # It writes infinity in Go's way, which is no JSON that Python reads.
        rows = [json.loads(_GO_INFINITY.sub(r"\1Infinity", line)) for line in lines]
        return [
            Series(
                dict(row["metric"]),
                [
                    (at_ms, math.nan if value is None else float(value))
                    for at_ms, value in zip(row["timestamps"], row["values"], strict=True)
                ],
            )
            for row in rows
        ]


@contextmanager
def _running(process: Process, port: int) -> Iterator[None]:
    process.start()
    try:
        process.wait_port(port)
        yield
    finally:
        process.kill()


@contextmanager
def prometheus(directory: Path) -> Iterator[Prometheus]:
    port = free_port()
    config = directory / "prometheus.yml"
    config.write_text("{}\n")
    argv = [
        program("prometheus"),
        "--web.enable-remote-write-receiver",
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with _running(Process(argv, directory / "prometheus.log"), port):
        ready = f"http://127.0.0.1:{port}/-/ready"
        wait_until(lambda: get(ready), "a ready Prometheus")
        yield Prometheus(port)


@contextmanager
def victoria_metrics(directory: Path) -> Iterator[VictoriaMetrics]:
    port = free_port()
    argv = [
        program("victoria-metrics"),
        f"-storageDataPath={directory / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=1",
    ]
    with _running(Process(argv, directory / "victoria-metrics.log"), port):
        yield VictoriaMetrics(port)


@contextmanager
def node_exporter(directory: Path) -> Iterator[str]:
    """Gives its address."""
    address = f"127.0.0.1:{(port := free_port())}"
    argv = [program("prometheus-node-exporter"), f"--web.listen-address={address}"]
    with _running(Process(argv, directory / "node-exporter.log"), port):
        yield address


@attrs.frozen
class TlsProxy:
    """nginx with TLS before a receiver: one port for everybody, one that demands a certificate."""

    port: int
    client_cert_port: int
    certificates: Certificates


@contextmanager
def tls_proxy(
    directory: Path, certificates: Certificates, upstream_port: int
) -> Iterator[TlsProxy]:
    proxy = TlsProxy(free_port(), free_port(), certificates)
    config = directory / "nginx.conf"
    config.write_text(_nginx_config(directory, proxy, upstream_port))
    argv: list[str | Path] = [
        program("nginx"),
        "-p",
        directory,
        "-c",
        config,
        "-e",
        directory / "error.log",
    ]
    with _running(Process(argv, directory / "nginx.log"), proxy.port):
        yield proxy


def _nginx_config(directory: Path, proxy: TlsProxy, upstream_port: int) -> str:
    ca, server = proxy.certificates.ca, proxy.certificates.server
    temporary = "\n".join(
        f"    {kind}_temp_path {directory}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    common = f"""
        ssl_certificate {server.cert};
        ssl_certificate_key {server.key};
        location / {{ proxy_pass http://127.0.0.1:{upstream_port}; }}"""
    return f"""
daemon off;
master_process off;
pid {directory}/nginx.pid;
events {{}}
http {{
    access_log {directory}/access.log;
    client_max_body_size 64m;
{temporary}
    server {{
        listen 127.0.0.1:{proxy.port} ssl;{common}
    }}
    server {{
        listen 127.0.0.1:{proxy.client_cert_port} ssl;
        ssl_client_certificate {ca.cert};
        ssl_verify_client on;{common}
    }}
}}
"""
