"""How connections with TLS are set up to a thousand targets: spread, or in one burst.

Run: `python bench/bench_tls.py`. nginx serves TLS on all of 127/8; each target is an address of its
own, scraped every 10 s. Its log tells when each connection brought its first request. After that
nginx is stopped and started: all connections are lost at once, and made anew.
"""

import argparse
import resource
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from bench_idle import Sink, job_of, wall_ms
from race.ports import free_port, wait_port
from scraper.manager import Manager
from transport.settings import HttpSettings, TlsSettings
from transport.tls import TlsContexts

WINDOW_MS = 100
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

CONFIG = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 8192; }}
http {{
    log_format first '$msec $connection_requests';
    access_log {directory}/access.log first;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    ssl_certificate {directory}/server.pem;
    ssl_certificate_key {directory}/server.key;
    keepalive_requests 100000;
    keepalive_timeout 600s;
    server {{
        listen 0.0.0.0:{port} ssl;
        default_type text/plain;
        location / {{ return 200 "up2 1\\n"; }}
    }}
}}
"""


def make_certificate(directory: Path) -> Path:
    certificate = directory / "server.pem"
    argv = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-days", "1", "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:bench"),
        *("-keyout", str(directory / "server.key"), "-out", str(certificate)),
    )
    subprocess.run(argv, check=True, capture_output=True)
    return certificate


@contextmanager
def nginx(directory: Path, port: int) -> Iterator[None]:
    config = directory / "nginx.conf"
    config.write_text(CONFIG.format(directory=directory, port=port))
    argv: list[str | Path] = [
        NGINX or "nginx",
        "-p",
        directory,
        "-c",
        config,
        "-e",
        directory / "error.log",
    ]
    process = subprocess.Popen(argv)
    try:
        wait_port(port)
        (directory / "access.log").write_text("")
        yield
    finally:
        process.terminate()
        process.wait()


def first_requests(directory: Path) -> list[int]:
    """When each connection brought its first request, in ms."""
    lines = [line.split() for line in (directory / "access.log").read_text().splitlines()]
    return [round(float(moment) * 1000) for moment, number in lines if number == "1"]


def describe(name: str, moments: list[int], interval_s: float, cpu_s: float) -> str:
    per_window = Counter(moment // WINDOW_MS for moment in moments)
    span_s = (max(moments) - min(moments)) / 1000
    mean = len(moments) * WINDOW_MS / (interval_s * 1000)
    return (
        f"{name}: {len(moments)} connections within {span_s:.1f} s; in {WINDOW_MS} ms {mean:.1f} "
        f"were even, at most {max(per_window.values())} came; "
        f"{cpu_s / len(moments) * 1e3:.2f} ms CPU each, scrapes included"
    )


async def time_setup(directory: Path, targets: int, interval_s: float) -> None:
    port, sink = free_port(), Sink()
    manager = Manager(sink, contexts=TlsContexts(), version="bench", wall_ms=wall_ms)
    tls = TlsSettings(ca_file=str(make_certificate(directory)), server_name="bench")
    job = job_of(targets, interval_s, port)
    job = attrs.evolve(job, scheme="https", http=HttpSettings(tls=tls))
    async with trio.open_nursery() as nursery:
        await nursery.start(manager.run, [], {})
        for name in ("at the start", "after the loss of all"):
            with nginx(directory, port):
                before_s = used_s()
                manager.apply([job], {})
                await trio.sleep(interval_s + 0.5)
                up = manager.statistics().pools[0].targets_up
                lags = sorted(sink.lags_ms)
                print(describe(name, first_requests(directory), interval_s, used_s() - before_s))
                print(f"  {up} up; lag p50 {lags[len(lags) // 2]:.1f} ms, worst {lags[-1]:.1f} ms")
                sink.lags_ms.clear()
        nursery.cancel_scope.cancel()


def used_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    if NGINX is None:
        print("nginx is not installed: nothing measured")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as directory:
        trio.run(time_setup, Path(directory), 20 if is_smoke else 1000, 1.0 if is_smoke else 10.0)


if __name__ == "__main__":
    main()
