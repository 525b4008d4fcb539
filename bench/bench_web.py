"""What looking at the agent costs: /metrics, the API with 1000 targets, memory, a full load.

Run: `python -m bench.bench_web [--smoke]`. CPU time is this process' own for the functions, and the
agent's for the rest; lateness is that of scrapes, from the metric that counts missed ticks and from
a page that notes when it was asked for.
"""

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import httpx
import trio

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agent.metrics.render import Renderer  # noqa: E402
from tests.agent.metrics.test_render import POOL, SNAPSHOT  # noqa: E402
from tests.web.snapshots import target, views  # noqa: E402
from web.app import create_app  # noqa: E402

MIB = 1024.0
INTERVAL_S = 0.2


def best_ms(function: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        function()
        best = min(best, time.process_time() - started)
    return best * 1e3


def time_metrics(rounds: int) -> float:
    """A snapshot with all flags and 20 jobs."""
    from agent.flags.parser import parse

    pools = tuple(attrs.evolve(POOL, job=f"job-{number}") for number in range(20))
    snapshot = attrs.evolve(
        SNAPSHOT,
        flags=tuple(parse([], {}).listing()),
        scraper=attrs.evolve(SNAPSHOT.scraper, pools=pools),
    )
    renderer = Renderer(with_prometheus_names=True)
    return best_ms(lambda: renderer.render(snapshot), rounds)


async def time_targets(count: int, rounds: int) -> tuple[float, float]:
    """Milliseconds for the answer, and the longest time without a checkpoint in it."""
    app = create_app(views(*[target(f"host-{number}") for number in range(count)]))
    transport = httpx.ASGITransport(app=app)
    longest_s, best_s = 0.0, float("inf")

    async def watch() -> None:
        nonlocal longest_s
        # The thread's own time: what other programs take is not ours.
        before = time.thread_time()
        while True:
            await trio.lowlevel.checkpoint()
            now = time.thread_time()
            longest_s, before = max(longest_s, now - before), now

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as session:
        await session.get("/api/v1/targets")  # imports
        for _ in range(rounds):
            longest_s = 0.0
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                started = time.process_time()
                await session.get("/api/v1/targets", headers={"accept-encoding": "identity"})
                best_s = min(best_s, time.process_time() - started)
                nursery.cancel_scope.cancel()
    return best_s * 1e3, longest_s * 1e3


class Target:
    """A page that notes when it was asked for."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked_s.append(time.time())
                body = b"a 1\n"
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()

    def lateness_ms(self) -> float:
        """The latest by which a scrape came after its place on the grid of the earliest ones."""
        phases = [at % INTERVAL_S for at in self.asked_s]
        turn = min(phases)
        if max(phases) - turn > INTERVAL_S / 2:  # the grid's phase is near the fold
            phases = [phase if phase > INTERVAL_S / 2 else phase + INTERVAL_S for phase in phases]
            turn = min(phases)
        return (max(phases) - turn) * 1e3


@contextmanager
def agent(target_port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with tempfile.TemporaryDirectory(prefix="promferry-bench-") as directory:
        config = Path(directory) / "prometheus.yml"
        config.write_text(
            f"scrape_configs:\n- job_name: a\n  scrape_interval: {INTERVAL_S}s\n"
            f"  scrape_timeout: {INTERVAL_S}s\n  static_configs:\n"
            f"  - targets: ['127.0.0.1:{target_port}']\n".replace("0.2s", "200ms")
        )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        argv = [
            sys.executable,
            str(ROOT / "cli.py"),
            f"-promscrape.config={config}",
            "-remoteWrite.url=http://127.0.0.1:9/write",
            f"-remoteWrite.tmpDataPath={directory}/data",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-loggerLevel=ERROR",
        ]
        process = subprocess.Popen(argv)
        try:
            yield process, f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / MIB
    return 0.0


def get(address: str, path: str) -> bytes:
    return httpx.get(f"http://{address}{path}", timeout=10).content


async def hammer(address: str, clients: int, seconds: float, path: str) -> int:
    """What wrk does, where wrk is not installed: keep-alive clients at full load."""
    host, _, port = address.rpartition(":")
    until = time.monotonic() + seconds
    request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()
    done = 0

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.monotonic() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return done


def load(address: str, seconds: float, path: str) -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        done = asyncio.run(hammer(address, 100, seconds, path))
        return f"{done / seconds:.0f} requests/s"
    argv = [wrk, "-t1", "-c100", f"-d{max(1, round(seconds))}s", f"http://{address}{path}"]
    found = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    rate = next(line for line in found.splitlines() if line.startswith("Requests/sec"))
    return f"{float(rate.split()[1]):.0f} requests/s by wrk"


class Rounds(trio.abc.Instrument):
    """CPU seconds of each round of trio's loop: how long a scrape that is due may have to wait."""

    def __init__(self) -> None:
        self.taken_s: list[float] = []
        self._began_s: float | None = None

    def after_io_wait(self, timeout: float) -> None:
        self._began_s = time.thread_time()

    def before_io_wait(self, timeout: float) -> None:
        if self._began_s is not None:
            self.taken_s.append(time.thread_time() - self._began_s)


async def measure_rounds(seconds: float) -> None:
    """The agent in this process, clients in another; whatever else the machine does counts not."""
    from agent.app import App
    from agent.commands.loading import build_start
    from agent.flags.parser import parse

    with tempfile.TemporaryDirectory(prefix="promferry-bench-") as directory:
        config = Path(directory) / "prometheus.yml"
        config.write_text("scrape_configs: []\n")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        argv = [
            f"-promscrape.config={config}",
            "-remoteWrite.url=http://127.0.0.1:9/write",
            f"-remoteWrite.tmpDataPath={directory}/data",
            f"-httpListenAddr={address}",
        ]
        rounds = Rounds()
        trio.lowlevel.add_instrument(rounds)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(App(build_start(parse(argv, {}))).run)
            await trio.sleep(1)
            for path in ("/health", "/metrics", "/targets"):
                await trio.to_thread.run_sync(get, address, path)
                rounds.taken_s.clear()
                await trio.to_thread.run_sync(load, address, seconds, path)
                longest_ms = max(rounds.taken_s) * 1e3
                print(f"longest round, 100 at {path:9} {longest_ms:.1f} ms of CPU")
            nursery.cancel_scope.cancel()


def measure_agent(seconds: float) -> None:
    scraped = Target()
    with agent(scraped.port) as (process, address):
        host, _, port = address.rpartition(":")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not scraped.asked_s:
            time.sleep(0.05)
        time.sleep(min(3.0, seconds))
        print(f"resident, before any visitor:   {resident_mib(process.pid):.1f} MiB")
        socket.create_connection((host, int(port))).close()
        time.sleep(0.7)
        get(address, "/health")
        print(f"resident, web part loaded:      {resident_mib(process.pid):.1f} MiB")
        get(address, "/metrics")
        get(address, "/api/v1/targets")
        print(f"resident, metrics and targets:  {resident_mib(process.pid):.1f} MiB")
        time.sleep(0.5)
        scraped.asked_s.clear()
        time.sleep(seconds)
        print(f"scrapes late, nobody looks:     {scraped.lateness_ms():.1f} ms at most")
        for path in ("/health", "/metrics", "/targets"):
            scraped.asked_s.clear()
            rate = load(address, seconds, path)
            print(f"scrapes late, 100 at {path:9}:  {scraped.lateness_ms():.1f} ms at most, {rate}")
        print(f"resident, after the load:       {resident_mib(process.pid):.1f} MiB")
        started = time.monotonic()
        process.terminate()
        process.wait()
        print(f"stop:                           {time.monotonic() - started:.2f} s")
    scraped.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    smoke = parser.parse_args().smoke
    rounds = 2 if smoke else 30
    print(f"/metrics, 20 jobs, all flags:   {time_metrics(rounds):.2f} ms of CPU")
    cpu_ms, longest_ms = trio.run(time_targets, 50 if smoke else 1000, rounds)
    print(
        f"/api/v1/targets, 1000 targets:  {cpu_ms:.1f} ms, {longest_ms:.1f} ms without a checkpoint"
    )
    trio.run(measure_rounds, 1.0 if smoke else 5.0)
    measure_agent(1.0 if smoke else 10.0)
    sys.stdout.flush()
    os._exit(0)  # threads of the target's server are daemons, but wait for clients


if __name__ == "__main__":
    main()
