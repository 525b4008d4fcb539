"""Clients that are slow, rude or many, against the installed agent while it scrapes."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until

INTERVAL_S = 0.2
CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["{address}"]
"""
IDLE = 1000
GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /-/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def agent(pages: Pages, start_agent: StartAgent, job: str) -> Agent:
    pages.put("/metrics", "a 1\n")
    config = CONFIG.format(job=job, address=pages.address)
    agent = start_agent(config, ["-remoteWrite.url=http://127.0.0.1:9/api/v1/write"])
    wait_until(lambda: len(pages.visits("/metrics")) > 3, "scrapes", evidence=agent.log)
    return agent


class Clients:
    """Sockets to the agent, all closed at the end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sockets: list[socket.socket] = []

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        self._sockets.append(client)
        return client

    def send(self, data: bytes) -> socket.socket:
        client = self.connect()
        # The agent may have had enough before all was sent.
        with contextlib.suppress(OSError):
            client.sendall(data)
        return client

    def close(self) -> None:
        for client in self._sockets:
            client.close()


@pytest.fixture
def clients(agent: Agent) -> Iterator[Clients]:
    found = Clients(agent.port)
    yield found
    found.close()


def idle(clients: Clients) -> None:
    for _ in range(IDLE):
        clients.connect()


def slow_headers(clients: Clients) -> None:
    for _ in range(300):
        clients.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: ")


def slow_reading(clients: Clients) -> None:
    for _ in range(100):
        client = clients.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        with contextlib.suppress(OSError):
            client.sendall(GET * 50)


def half_closed(clients: Clients) -> None:
    for _ in range(100):
        client = clients.send(GET)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)


def garbage(clients: Clients) -> None:
    for _ in range(100):
        clients.send(GET + b"\x16\x03\x01\x00\xff" * 2000 + GET)
        clients.send(b"\0" * 5000)
        clients.send(b"GET http://[ HTTP/1.1\r\nHost: \xff\r\n\r\n")


def huge_headers(clients: Clients) -> None:
    for _ in range(50):
        clients.send(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Huge: " + b"x" * 200_000)


def huge_bodies(clients: Clients) -> None:
    for _ in range(20):
        clients.send(POST + b"Content-Length: 99999999999\r\n\r\n" + b"x" * 500_000)
        clients.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 60_000)


CROWDS = (idle, slow_headers, slow_reading, half_closed, garbage, huge_headers, huge_bodies)


@pytest.mark.parametrize("crowd", CROWDS, ids=lambda crowd: crowd.__name__)
def test_nobody_keeps_others_out_or_stops_a_scrape(
    agent: Agent, clients: Clients, pages: Pages, crowd: Callable[[Clients], None]
) -> None:
    crowd(clients)
    started = time.monotonic()
    assert agent.get("/health").status == 200
    assert time.monotonic() - started < 3
    seen = len(pages.visits("/metrics"))
    wait_until(lambda: len(pages.visits("/metrics")) > seen + 5, "scrapes", evidence=agent.log)
    assert agent.metric("vm_promscrape_scrapes_failed_total") == 0
    started = time.monotonic()
    assert agent.process.stop() == 0
    assert time.monotonic() - started < 5
    assert "Traceback" not in agent.log()


def test_a_full_load_delays_no_stop_and_no_scrape_is_missed(agent: Agent, pages: Pages) -> None:
    """How late a scrape is under load is what bench/bench_web.py says; here none is left out."""
    wrk = shutil.which("wrk")
    if wrk is None:
        pytest.skip("wrk is not installed; as root: apt-get install wrk")
    argv = [wrk, "-t1", "-c100", "-d4s", f"http://127.0.0.1:{agent.port}/targets"]
    before = agent.metric("promferry_scrape_ticks_missed_total")
    load = threading.Thread(target=lambda: subprocess.run(argv, capture_output=True, check=False))
    load.start()
    time.sleep(2.5)
    visits = pages.visits("/metrics")
    assert len([one for one in visits if one.at_s > visits[-1].at_s - 2]) >= 9
    assert agent.metric("promferry_scrape_ticks_missed_total") == before
    started = time.monotonic()
    assert agent.process.stop() == 0
    assert time.monotonic() - started < 5
    load.join()
