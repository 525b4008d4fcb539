"""Receivers that lie: the agent lives, the others notice nothing, and nothing is lost."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any

import pytest

from tests.conformance.sender.far_end import FarEnd, read_v1
from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until

OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
MIB = 2**20
# More than this in a few seconds would be an answer that was taken in.
MAX_GROWTH_BYTES = 48 * MIB

# Gives what came on the connection although there was no answer.
Lie = Callable[[socket.socket], bytes]


def saying(answer: bytes) -> Lie:
    def lie(connection: socket.socket) -> bytes:
        connection.sendall(answer)
        return b""

    return lie


def endless(connection: socket.socket) -> bytes:
    connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def endless_head(connection: socket.socket) -> bytes:
    connection.sendall(b"HTTP/1.1 503 Busy\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def silent(connection: socket.socket) -> bytes:
    return connection.recv(1)  # until the agent hangs up


LIES: dict[str, Lie] = {
    "endless_answer": endless,
    "endless_head": endless_head,
    "no_answer": silent,
    "half_an_answer": saying(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf"),
    "only_a_head": saying(b"HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\n"),
    "hangs_up": lambda connection: b"",
    "garbage": saying(b"\x16\x03\x01\x00\xffwho are you\r\n\r\n"),
    "large_error": saying(b"HTTP/1.1 500 No\r\nContent-Length: 1048576\r\n\r\n" + b"e" * MIB),
    "status_999": saying(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"),
    "status_0": saying(b"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n"),
    "a_year": saying(b"HTTP/1.1 503 No\r\nRetry-After: 31536000\r\nContent-Length: 0\r\n\r\n"),
    "success_with_garbage": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\xff\x00garbage"),
    "success_cut": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\ncut"),
}
DELIVERED = ("success_with_garbage", "success_cut")
WAITS = ("a_year",)
UNREACHABLE = {"no_name": "http://no.invalid/write", "odd_scheme": "gopher://127.0.0.1:9/write"}


class Liar:
    """Lies until `is_honest`; remembers the values that it took when it was, or said it did."""

    def __init__(self, name: str, lie: Lie) -> None:
        self.name, self._lie = name, lie
        self.is_honest = Event()
        self.values: set[float] = set()
        self.requests = 0
        self.unasked = b""
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/write"

    def close(self) -> None:
        self._listener.close()

    def wait_request(self) -> None:
        wait_until(lambda: self.requests, f"a request to {self.name}")

    def wait_everything(self, least: int, agent: Agent) -> None:
        """Until it has so many values, and none is missing between them."""

        def has_everything() -> bool:
            with self._lock:
                return len(self.values) >= least and contiguous(self.values)

        what = f"everything at {self.name}"
        wait_until(has_everything, what, evidence=lambda: f"{sorted(self.values)}\n{agent.log()}")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, EOFError):
            while True:
                body = _read_request(connection)
                is_honest = self.is_honest.is_set()
                with self._lock:
                    self.requests += 1
                    if is_honest or self.name in DELIVERED:
                        rows = read_v1(body)
                        self.values |= {row.value or 0.0 for row in rows if row.name == "number"}
                if not is_honest:
                    self.unasked += self._lie(connection)
                    return
                connection.sendall(OK)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    while found and len(body) < int(found[1]):
        body += _some(connection)
    return body


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise EOFError
    return data


@contextmanager
def liars() -> Iterator[dict[str, Liar]]:
    started = {name: Liar(name, lie) for name, lie in LIES.items()}
    try:
        yield started
    finally:
        for liar in started.values():
            liar.close()


def config(urls: dict[str, str], address: str) -> str:
    job = {"job_name": "n", "scrape_interval": "200ms", "static_configs": [{"targets": [address]}]}
    queue = {"batch_send_deadline": "300ms", "max_backoff": "1s"}
    remotes = [
        {"name": name, "url": url, "remote_timeout": "1s", "queue_config": queue}
        for name, url in urls.items()
    ]
    return json.dumps({"scrape_configs": [job], "remote_write": remotes})  # YAML is a superset


def remotes_of(agent: Agent) -> dict[str, dict[str, Any]]:
    return {remote["name"]: remote for remote in agent.get("/api/v1/remotes").json()["data"]}


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def contiguous(values: set[float]) -> bool:
    return bool(values) and values == set(range(int(max(values)) + 1))


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    with FarEnd() as server:
        yield server


def honest_values(far_end: FarEnd) -> set[float]:
    rows = [row for push in far_end.pushes("honest") for row in push.rows]
    return {row.value or 0.0 for row in rows if row.name == "number"}


def test_liars_hurt_only_themselves(far_end: FarEnd, pages: Pages, start_agent: StartAgent) -> None:
    pages.put("/metrics", lambda visit: f"number {visit}\n")
    with liars() as lying:
        honest = {"honest": f"http://{far_end.address}/push/honest"}
        urls = honest | {name: liar.url for name, liar in lying.items()} | UNREACHABLE
        agent: Agent = start_agent(config(urls, pages.address))
        wait_until(lambda: len(honest_values(far_end)) > 3, "the honest one", evidence=agent.log)
        before = resident_bytes(agent.process.pid)
        for liar in lying.values():
            liar.wait_request()
        time.sleep(2.5)
        _look(agent, far_end, resident_bytes(agent.process.pid) - before)
        for liar in lying.values():
            liar.is_honest.set()
        for name, liar in lying.items():
            if name not in WAITS:
                liar.wait_everything(len(pages.visits("/metrics")) - 3, agent)
        # No body goes out twice on a connection without an answer.
        assert not any(liar.unasked for liar in lying.values())
        found = remotes_of(agent)
        assert found["a_year"]["pending_samples"] > 0
        assert not any(remote["dropped_samples"] for remote in found.values())
        assert agent.process.stop(timeout_s=6) == 0


def _look(agent: Agent, far_end: FarEnd, growth_bytes: int) -> None:
    assert growth_bytes < MAX_GROWTH_BYTES
    assert contiguous(honest_values(far_end))
    found = remotes_of(agent)
    for name in (*LIES, *UNREACHABLE):
        remote = found[name]
        if name in DELIVERED:
            assert remote["answers"].get("200"), name
        else:
            assert (remote["state"], remote["last_error"] != "") == ("retrying", True), name
            assert len(remote["last_error"]) < 500
            assert remote["pending_samples"] > 0, name
    assert found["honest"]["state"] == "ok"
    assert found["honest"]["lag_s"] < 5
