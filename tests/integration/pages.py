"""Scrape targets whose pages the test decides and remembers.

Takes a page for each path; gives a server on a free loopback port that notes when it served what.
A page is a text, or a function of the number of the visit (0, 1, ...); how it is served (status,
delay, encoding, an endless body) is part of the page.
"""

import gzip
import time
from collections.abc import Callable, Iterator
from threading import Lock, Thread
from typing import Self

import attrs

from tests.integration.quiet_server import QuietHandler, QuietServer

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@attrs.frozen(kw_only=True)
class Page:
    """`endless`: chunks that are sent after the text until the visitor hangs up."""

    text: str | Callable[[int], str] = ""
    status: int = 200
    delay_s: float = 0.0
    gzipped: bool = False
    content_type: str = TEXT_FORMAT
    endless: Callable[[], Iterator[bytes]] | None = None

    def body(self, visit: int) -> bytes:
        text = (self.text if isinstance(self.text, str) else self.text(visit)).encode()
        return gzip.compress(text) if self.gzipped else text


@attrs.frozen
class Visit:
    """One scrape: when it began, by `time.monotonic`, and its request's headers."""

    number: int
    at_s: float
    headers: dict[str, str]


class Pages:
    """The server. `put` may change a page at any time; the next visit sees it."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self._visits: dict[str, list[Visit]] = {}
        self._lock = Lock()
        self._server = _PageServer(("127.0.0.1", 0), self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def put(self, path: str, page: Page | str | Callable[[int], str]) -> None:
        self._pages[path] = page if isinstance(page, Page) else Page(text=page)

    def visits(self, path: str) -> list[Visit]:
        with self._lock:
            return list(self._visits.get(path, ()))

    def visited(self, path: str, headers: dict[str, str]) -> tuple[Page | None, int]:
        """Notes a visit; the page and the visit's number."""
        with self._lock:
            visits = self._visits.setdefault(path, [])
            visits.append(Visit(len(visits), time.monotonic(), headers))
            return self._pages.get(path), len(visits) - 1


class _PageServer(QuietServer):
    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        super().__init__(address, _Handler)
        self.pages = pages


class _Handler(QuietHandler):
    server: _PageServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        page, visit = self.server.pages.visited(path, dict(self.headers.items()))
        if page is None:
            self.send_error(404)
            return
        time.sleep(page.delay_s)
        body = page.body(visit)
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        if page.gzipped:
            self.send_header("Content-Encoding", "gzip")
        if page.endless is None:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.close_connection = True  # no length: the body ends with the connection
        self.end_headers()
        self.wfile.write(body)
        for chunk in page.endless():
            self.wfile.write(chunk)
