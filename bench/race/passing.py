"""Agents that pass remote write on: the same bodies over loopback to each, in turn, in one run.

Takes bodies; gives processor seconds a sample of each process, from /proc. What they send goes to
a far end here that answers at once and counts.
"""

import http.client
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs

from race.agents import contenders
from race.measure import usage
from race.ports import free_port, wait_port

# What an agent holds back is sent within its flush interval.
_SETTLE_S = 3.0


@attrs.frozen
class Passed:
    """`sent_bytes`: what came to the far end."""

    cpu_us: float
    requests: int
    sent_bytes: int


class _FarEnd(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = self.taken_bytes = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _FarEnd

    def do_POST(self) -> None:
        self.server.taken_bytes += len(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests += 1
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(405)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Racer:
    """One agent with a far end of its own."""

    def __init__(self, name: str, place: Path) -> None:
        program = contenders()[name].program
        if program is None:
            raise SystemExit(f"{name} is not installed")
        self.name = name
        self._far = _FarEnd()
        threading.Thread(target=self._far.serve_forever, daemon=True).start()
        port = free_port()
        url = f"http://127.0.0.1:{self._far.server_address[1]}/api/v1/write"
        flags = [
            f"-remoteWrite.url={url}",
            f"-remoteWrite.tmpDataPath={place / name}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-loggerLevel=ERROR",
        ]
        argv = [program, *flags]
        if name == "promferry":
            # The source at hand, not what is installed.
            argv = [sys.executable, str(Path(__file__).parents[2] / "cli.py"), *flags]
        self.process = subprocess.Popen(argv)
        wait_port(port)
        self._to = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, body: bytes) -> None:
        headers = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
        self._to.request("POST", "/api/v1/write", body, headers)
        answer = self._to.getresponse()
        answer.read()
        if answer.status != 204:
            raise SystemExit(f"{self.name} answers {answer.status}")

    def passed(self, bodies: Sequence[bytes], samples: int, rounds: int) -> Passed:
        """Of `rounds` times the bodies of so many samples, after one to get to know them."""
        for body in bodies:
            self.post(body)
        time.sleep(_SETTLE_S)
        before, sent = usage(self.process.pid).cpu_s, self._far.taken_bytes
        for _ in range(rounds):
            for body in bodies:
                self.post(body)
        time.sleep(_SETTLE_S)
        cpu_s = usage(self.process.pid).cpu_s - before
        count = samples * len(bodies) * rounds
        return Passed(cpu_s / count * 1e6, self._far.requests, self._far.taken_bytes - sent)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._far.shutdown()


def race(bodies: Sequence[bytes], samples: int, rounds: int, names: Sequence[str]) -> None:
    """Prints a row for each."""
    with tempfile.TemporaryDirectory() as path:
        rows = {}
        for name in names:
            racer = Racer(name, Path(path))
            try:
                rows[name] = racer.passed(bodies, samples, rounds)
            finally:
                racer.stop()
        for name, row in rows.items():
            ratio = row.cpu_us / rows[names[-1]].cpu_us
            print(
                f"{name + ':':14}{row.cpu_us:.3f} us CPU/sample from socket to socket, "
                f"{ratio:.2f} of {names[-1]}, {row.sent_bytes} bytes sent"
            )
