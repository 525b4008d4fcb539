"""The application of `promferry receive`: takes remote write, shows what arrived.

Takes the window and the book of arrivals; gives an ASGI application.
Never: keeps anything but in those two.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

import attrs
import trio

from receivers.arrivals import ArrivalBook
from receivers.errors import DecodeError
from receivers.remote_write import KnownLabels, WriteRequest, decode, proto_of
from receivers.remote_write_v2 import PROTO_2
from receivers.window import Window
from web.answer import HttpError, Response
from web.api.received import series_json
from web.app import static_file
from web.bodies import read_body
from web.pages.frame import page
from web.pages.received import MAX_ROWS, received_html
from web.request import Request
from web.responses import HTML, JSON, METRICS, respond, respond_text
from web.router import Route, Router

PATHS = (
    "/api/v1/write",
    "/api/v1/push",
    "/api/v1/receive",
    "/prometheus/api/v1/write",
)
# Prometheus 3 refuses more decoded bytes than that as well (reference/prometheus.md 1.2).
MAX_DECODED_BYTES = 32 * 2**20
MAX_BODY_BYTES = 32 * 2**20
BODY_TIMEOUT_S = 30.0
THREAD_FROM_BYTES = 65536
# What is read and unpacked at the same time: at most 8 times both bounds above in memory.
MAX_WRITERS = 8
WRITER_WAIT_S = 5.0
BRAND = "promferry receive"
_LINKS = (("./", "Series"), ("./api/v1/series", "JSON"), ("./metrics", "Metrics"))


def create_receiver_app(
    window: Window, book: ArrivalBook, *, wall_s: Callable[[], float] = time.time
) -> Router:
    pages = _Pages(window, book, wall_s)
    writes = [
        Route(path, pages.write if method == "POST" else pages.probe, methods=[method])
        for path in PATHS
        for method in ("POST", "GET")
    ]
    return Router(
        [
            *writes,
            Route("/", pages.root),
            Route("/api/v1/series", pages.series),
            Route("/metrics", pages.metrics),
            Route("/-/healthy", pages.healthy),
            Route("/static/{name}", static_file),
        ],
        {HttpError: _http_error},
    )


class _Pages:
    def __init__(self, window: Window, book: ArrivalBook, wall_s: Callable[[], float]) -> None:
        self._window = window
        self._book = book
        self._wall_s = wall_s
        self._known = KnownLabels()
        self._writers = trio.Semaphore(MAX_WRITERS)

    def _now_ms(self) -> int:
        return int(self._wall_s() * 1000)

    async def write(self, request: Request) -> Response:
        sender = sender_of(request)
        try:
            written, wire_bytes = await self._take(request)
        except (DecodeError, HttpError) as exc:
            return await self._refuse(request, sender, exc)
        self._window.put(written, sender=sender, now_ms=self._now_ms())
        arrivals = self._book.of(sender)
        arrivals.requests += 1
        arrivals.samples += written.sample_count
        arrivals.series.update(written.encoded)
        arrivals.wire_bytes += wire_bytes
        arrivals.decoded_bytes += written.decoded_bytes
        is_v2 = proto_of(request.headers.get("content-type", "")) == PROTO_2
        return Response(status_code=204, headers=_written(written) if is_v2 else None)

    async def probe(self, request: Request) -> Response:
        """Senders that know VictoriaMetrics ask whether zstd is taken."""
        if "get_vm_proto_version" not in request.query_params:
            raise HttpError(405, "POST remote write here")
        return await respond_text(request, "1")

    async def _take(self, request: Request) -> tuple[WriteRequest, int]:
        """The decoded request and the size of its body."""
        with trio.move_on_after(WRITER_WAIT_S) as waiting:
            await self._writers.acquire()
        if waiting.cancelled_caught:
            raise HttpError(503, "too many senders at once", {"retry-after": "5"})
        try:
            body = await read_body(request, max_bytes=MAX_BODY_BYTES, timeout_s=BODY_TIMEOUT_S)
            return await self._decode(request, body), len(body)
        finally:
            self._writers.release()

    async def _decode(self, request: Request, body: bytes) -> WriteRequest:
        read = partial(
            decode,
            body,
            content_encoding=request.headers.get("content-encoding", ""),
            content_type=request.headers.get("content-type", ""),
            max_decoded_bytes=MAX_DECODED_BYTES,
            known=self._known,
        )
        # A big one would hold up pages and signals for up to a second.
        return read() if len(body) < THREAD_FROM_BYTES else await trio.to_thread.run_sync(read)

    async def _refuse(
        self, request: Request, sender: str, exc: DecodeError | HttpError
    ) -> Response:
        status = exc.status if isinstance(exc, DecodeError) else exc.status_code
        reason = str(exc) if isinstance(exc, DecodeError) else str(exc.detail)
        headers = None if isinstance(exc, DecodeError) else exc.headers
        arrivals = self._book.of(sender)
        arrivals.refused += 1
        arrivals.last_refusal = f"{status}, {reason}"
        return await respond_text(request, f"{reason}\n", status=status, headers=headers)

    async def root(self, request: Request) -> Response:
        text = request.query_params.get("q", "")
        shown = self._window.first(MAX_ROWS + 1, text)
        content = received_html(shown, text, self._window.statistics(), self._now_ms())
        return await respond(
            request, page(BRAND, content, brand=BRAND, links=_LINKS, here="./"), HTML
        )

    async def series(self, request: Request) -> Response:
        limit = request.query_params.get("limit", "1000")
        if not (limit.isascii() and limit.isdigit()):
            return await respond_text(request, "limit is a number\n", status=400)
        found = self._window.first(int(limit[:9]), request.query_params.get("q", ""))
        return await respond(request, series_json(found, self._window.statistics()), JSON)

    async def metrics(self, request: Request) -> Response:
        return await respond(request, _metrics(self._window), METRICS)

    async def healthy(self, request: Request) -> Response:
        return await respond_text(request, "promferry receive is healthy.\n")


def sender_of(request: Request) -> str:
    """Who sent it: program and address, cut to a length that fits a line."""
    address = request.client.host if request.client else "unix socket"
    agent = "".join(
        char if char.isprintable() else "?" for char in request.headers.get("user-agent", "")[:60]
    )
    return f"{agent or 'unnamed program'} at {address}"


def _written(request: WriteRequest) -> dict[str, str]:
    """What 2.0 wants to be told of a request that was taken whole."""
    counts = {
        "Samples": request.sample_count,
        "Histograms": request.histogram_count,
        "Exemplars": request.exemplar_count,
    }
    return {f"X-Prometheus-Remote-Write-{kind}-Written": str(n) for kind, n in counts.items()}


def _metrics(window: Window) -> Iterator[str]:
    for name, value in attrs.asdict(window.statistics()).items():
        metric = f"promferry_receive_{name}"
        kind = "counter" if name.endswith("_total") else "gauge"
        yield f"# TYPE {metric} {kind}\n{metric} {value}\n"


async def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HttpError)
    text = f"{exc.detail}\n"
    if exc.status_code == 404:
        text = f"nothing here; POST remote write to {PATHS[0]}, look at / for what arrived\n"
    return await respond_text(request, text, status=exc.status_code, headers=exc.headers)
