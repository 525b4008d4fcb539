"""Both ends of an agent under test: pages to scrape, and a receiver that answers by script.

Takes pages and scripts by name; gives what was pushed to each name, in the order of completion.
The receiver tells a 2.0 sender truthfully what it wrote, unless a script says otherwise.
"""

import time
from collections.abc import Callable
from functools import cached_property
from threading import Event, Lock, Thread
from typing import Self

import attrs
import snappy

from tests.integration.quiet_server import QuietHandler, QuietServer
from tests.pushqueue.protos_v2 import Request
from tests.pushqueue.receiver_v2 import Row, read
from tests.receivers.protos import WriteRequest

TEXT = "text/plain; version=0.0.4"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)


@attrs.frozen
class Reply:
    """`raw` is sent as it stands; `tells_written`: the 2.0 headers that count what came."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay_s: float = 0.0
    tells_written: bool = True
    raw: bytes | None = None


Script = Callable[[int], Reply]
PageText = str | bytes | Callable[[int], str | bytes]


@attrs.define(slots=False)
class Push:
    """One request: when it came, when it was answered, by `time.monotonic`."""

    at_s: float
    done_s: float
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def is_v2(self) -> bool:
        return "write.v2" in self.headers.get("Content-Type", "")

    @cached_property
    def rows(self) -> list[Row]:
        """Every MUST about a message is checked on the way."""
        return read(self.body) if self.is_v2 else read_v1(self.body)

    @cached_property
    def symbols(self) -> list[str]:
        return list(Request.FromString(snappy.uncompress(self.body)).symbols)


def read_v1(body: bytes) -> list[Row]:
    """The series of a 1.0 body, what 1.0 demands of each checked."""
    rows = []
    for series in WriteRequest.FromString(snappy.uncompress(body)).timeseries:
        assert len(series.samples) + len(series.histograms) == 1, "one sample in each"
        names = [label.name for label in series.labels]
        assert names == sorted(set(names)), "sorted, unique"
        labels = {label.name: label.value for label in series.labels}
        assert all(labels.values()), "no empty value"
        (sample,) = series.samples
        row = Row(labels=labels, value=sample.value, timestamp_ms=sample.timestamp)
        rows.append(row)
    return rows


@attrs.define
class Page:
    text: PageText
    content_type: str = TEXT
    visits: int = 0


class FarEnd:
    """The server. `pages` and `scripts` are by name: `/page/NAME` and `/push/NAME`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.scripts: dict[str, Script] = {}
        self.ends = Event()  # nobody is kept waiting longer
        self._pushes: dict[str, list[Push]] = {}
        self._counts: dict[str, int] = {}
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def pushes(self, name: str) -> list[Push]:
        with self._lock:
            return list(self._pushes.get(name, ()))

    def visit(self, name: str) -> tuple[bytes, str]:
        page = self.pages[name]
        with self._lock:
            number, page.visits = page.visits, page.visits + 1
        text = page.text if isinstance(page.text, str | bytes) else page.text(number)
        return text if isinstance(text, bytes) else text.encode(), page.content_type

    def reply(self, name: str) -> Reply:
        with self._lock:
            number = self._counts.get(name, 0)
            self._counts[name] = number + 1
        script = self.scripts.get(name)
        return Reply() if script is None else script(number)

    def note(self, name: str, push: Push) -> None:
        with self._lock:
            self._pushes.setdefault(name, []).append(push)


class _Server(QuietServer):
    def __init__(self, address: tuple[str, int], far_end: FarEnd) -> None:
        super().__init__(address, _Handler)
        self.far_end = far_end


class _Handler(QuietHandler):
    server: _Server

    def do_GET(self) -> None:
        body, content_type = self.server.far_end.visit(self.path.rpartition("/")[2])
        self._send(Reply(200, (("Content-Type", content_type),), body))

    def do_POST(self) -> None:
        at_s, far_end = time.monotonic(), self.server.far_end
        name = self.path.rpartition("/")[2]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        reply = far_end.reply(name)
        if reply.delay_s:
            far_end.ends.wait(reply.delay_s)
        push = Push(at_s, time.monotonic(), dict(self.headers.items()), body, reply.status)
        far_end.note(name, push)
        if push.is_v2 and reply.tells_written and reply.raw is None:
            reply = attrs.evolve(reply, headers=(*reply.headers, *_written(push, reply.status)))
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.raw is not None:
            self.close_connection = True
            self.wfile.write(reply.raw)
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body if reply.status != 204 else b"")


def _written(push: Push, status: int) -> list[tuple[str, str]]:
    series = Request.FromString(snappy.uncompress(push.body)).timeseries
    counts = {
        "Samples": sum(len(one.samples) for one in series),
        "Histograms": sum(len(one.histograms) for one in series),
        "Exemplars": sum(len(one.exemplars) for one in series),
    }
    has_written = 200 <= status < 300
    return [
        (f"X-Prometheus-Remote-Write-{kind}-Written", str(count if has_written else 0))
        for kind, count in counts.items()
    ]
