"""Both ends of Prometheus under test: pages that it scrapes, and the receiver that it pushes to.

Serves `/page/<n>`; takes remote-write 1.0 on `/write/<name>` and keeps, for each name, the labels
that each sample value came with. Loopback only.
"""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import snappy

from series.wire import read_varint

_LENGTH_DELIMITED, _FIXED64, _VARINT = 2, 1, 0


class Endpoints:
    """`seen[name][value]`: the label sets that a remote got for a value; `hits[n]`: scrapes."""

    def __init__(self, pages: list[str], first_value: float) -> None:
        self.pages = pages
        self.first_value = first_value
        self.hits = [0] * len(pages)
        self.seen: dict[str, dict[float, list[dict[str, str]]]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Endpoints":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, number: int) -> str:
        with self._lock:
            self.hits[number] += 1
        return self.pages[number]

    def receive(self, name: str, body: bytes) -> None:
        decoded = list(decode(bytes(snappy.uncompress(body))))
        with self._lock:
            values = self.seen.setdefault(name, {})
            for labels, value in decoded:
                if value < self.first_value:  # `up` and its kin
                    continue
                known = values.setdefault(value, [])
                if labels not in known:
                    known.append(labels)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # all remotes connect at once; a refused one would come back late

    def handle_error(self, request: object, client_address: object) -> None:
        # Prometheus is killed in the middle of its connections.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(endpoints: Endpoints) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = endpoints.page(int(self.path.rpartition("/")[2])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoints.receive(self.path.rpartition("/")[2], body)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def decode(message: bytes) -> Iterator[tuple[dict[str, str], float]]:
    """The label set and the value of every sample of a WriteRequest."""
    for field, series in fields(message):
        if field != 1:  # metadata
            continue
        parts = list(fields(series))
        labels = dict(_label(data) for inner, data in parts if inner == 1)
        for inner, data in parts:
            if inner == 2:
                yield labels, memoryview(dict(fields(data)).get(1, bytes(8))).cast("d")[0]


def _label(data: bytes) -> tuple[str, str]:
    # Prometheus sends a label without a name if labelmap computes one: the field is left out.
    found = dict(fields(data))
    return found.get(1, b"").decode(), found.get(2, b"").decode()


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, at = read_varint(message, at)
            continue
        size = 8
        if kind == _LENGTH_DELIMITED:
            size, at = read_varint(message, at)
        else:
            assert kind == _FIXED64, f"wire type {kind}"
        yield field, message[at : at + size]
        at += size
