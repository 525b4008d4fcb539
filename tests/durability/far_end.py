"""The remote at the far end, and the numbers of the scrapes that reached it.

Takes remote write 1.0 on a free loopback port; gives how often each scrape's number came, and when
first. Whether it can be reached is for a `Gate` before it.
"""

from collections import Counter
from threading import Lock, Thread
from typing import Self

from receivers.remote_write import decode
from tests.integration.quiet_server import QuietHandler, QuietServer

METRIC = "visit_number"


class FarEnd:
    """`arrivals`: how often each number was taken, over all requests answered with 204.

    `resent`: requests with a number that had come before; `is_in_order`: no number came first
    after a higher one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._arrivals: Counter[int] = Counter()
        self._newest = -1
        self._failed_at_ms: list[int] = []
        self.resent = 0
        self.is_in_order = True
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_port

    def take(self, body: bytes, encoding: str) -> None:
        request = decode(body, content_encoding=encoding, max_decoded_bytes=2**28)
        numbers, failed_at_ms = [], []
        for series in request.series():
            name = dict(series.labels).get("__name__")
            if name == METRIC:
                # The marker of a failed scrape is a NaN.
                numbers += [int(value) for value in series.values if value == value]
            elif name == "up":
                points = zip(series.values, series.timestamps, strict=True)
                failed_at_ms += [at_ms for value, at_ms in points if value == 0]
        with self._lock:
            self._failed_at_ms += failed_at_ms
            new = [number for number in numbers if number not in self._arrivals]
            self.resent += len(new) < len(numbers)
            self.is_in_order &= min(new, default=self._newest) >= self._newest
            self._newest = max(self._newest, *numbers, 0)
            self._arrivals.update(numbers)

    def arrivals(self) -> Counter[int]:
        with self._lock:
            return Counter(self._arrivals)

    def failed_at_s(self) -> list[float]:
        """When scrapes failed, as the agent says, by `time.time`."""
        with self._lock:
            return [at_ms / 1000 for at_ms in self._failed_at_ms]


class _Server(QuietServer):
    def __init__(self, address: tuple[str, int], far_end: FarEnd) -> None:
        super().__init__(address, _Handler)
        self.far_end = far_end


class _Handler(QuietHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.far_end.take(body, self.headers.get("Content-Encoding", "snappy"))
        self.send_response(204)
        self.end_headers()
