"""The agent's pages and API: which path leads where.

Takes `Views`, the snapshots that `agent` supplies; gives an ASGI application. Each handler is
three steps: take a snapshot, hand it to a page or API function, answer.
Never: reads anything but through `Views` and the request.
"""

import socket
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.api.targets import TargetQuery, targets_json
from web.pages.frame import page
from web.pages.root import not_found, root_html, root_plain
from web.pages.targets import TargetFilter, targets_html, targets_plain
from web.policy import why_not_change_state
from web.responses import HTML, JSON, TEXT, respond, respond_text, wants_html
from web.static import MEDIA_TYPES, asset
from web.views import ReloadResult, Views

__all__ = ["ReloadResult", "Views", "create_app"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BRAND = "promferry"
LINKS = (("./targets", "Targets"), ("./metrics", "Metrics"))
ENTRIES = (
    ("/targets", "what is scraped, how it goes, what is wrong"),
    ("/api/v1/targets", "the same for programs, as Prometheus' API gives it"),
    ("/metrics", "the agent's own metrics"),
    ("/-/healthy", "is the process alive?"),
    ("/-/ready", "has discovery run, so that everything configured is scraped?"),
    ("/-/reload", "read the configuration again (POST, from this host)"),
)


def create_app(views: Views, *, wall_s: Callable[[], float] = time.time) -> Starlette:
    """The application; it holds nothing but `views`."""
    pages = _Pages(views, wall_s)
    return Starlette(
        routes=[
            Route("/", pages.root),
            Route("/targets", pages.targets),
            Route("/metrics", pages.metrics),
            Route("/health", pages.health),
            Route("/-/healthy", pages.healthy),
            Route("/ready", pages.ready),
            Route("/-/ready", pages.ready),
            Route("/-/reload", pages.reload, methods=["GET", "POST"]),
            Route("/api/v1/targets", pages.api_targets),
            Route("/static/{name}", static_file),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _failed},
    )


class _Pages:
    def __init__(self, views: Views, wall_s: Callable[[], float]) -> None:
        self._views = views
        self._wall_s = wall_s

    def _now_ms(self) -> int:
        return int(self._wall_s() * 1000)

    async def root(self, request: Request) -> Response:
        if not wants_html(request):
            return await respond_text(request, root_plain(BRAND, ENTRIES))
        content = root_html(BRAND, ENTRIES)
        return await respond(request, page(BRAND, content, brand=BRAND, links=LINKS), HTML)

    async def targets(self, request: Request) -> Response:
        wanted = TargetFilter.of(request.query_params)
        targets = self._views.targets()
        if not wants_html(request):
            lines = targets_plain(targets, self._views.dropped(), wanted, self._now_ms())
            return await respond(request, lines, TEXT)
        content = targets_html(targets, self._views.dropped(), wanted, self._now_ms())
        whole = page("Targets", content, brand=BRAND, links=LINKS, here="./targets")
        return await respond(request, whole, HTML)

    async def api_targets(self, request: Request) -> Response:
        query = TargetQuery.of(request.query_params)
        pieces = targets_json(
            query, self._views.targets(), self._views.dropped(), socket.gethostname()
        )
        return await respond(request, pieces, JSON)

    async def metrics(self, request: Request) -> Response:
        return await respond(request, [self._views.metrics()], METRICS_TYPE)

    async def health(self, request: Request) -> Response:
        return await respond_text(request, "OK")  # vmagent's word, without a line end

    async def healthy(self, request: Request) -> Response:
        return await respond_text(request, "promferry is healthy.\n")

    async def ready(self, request: Request) -> Response:
        if self._views.is_ready():
            return await respond_text(request, "OK")
        # 425 is what vmagent answers here; any probe takes it as "not yet".
        return await respond_text(request, "waiting for discovery to run once\n", status=425)

    async def reload(self, request: Request) -> Response:
        if request.method == "HEAD":  # looks, never acts
            return await respond_text(request, "", status=405, headers={"allow": "GET, POST"})
        client = request.client.host if request.client else None
        if reason := why_not_change_state(client, request.headers):
            return await respond_text(request, f"not reloaded: {reason}\n", status=403)
        result = await self._views.reload()
        if result.ok:
            return await respond_text(request, "reloaded\n")
        errors = "\n".join(result.errors) or "unknown error"
        text = f"not reloaded, the running configuration stays:\n{errors}\n"
        return await respond_text(request, text, status=400)


async def static_file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in MEDIA_TYPES:
        raise HTTPException(404)
    # The address changes with the content (web.static), so a browser may keep it for a year.
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return await respond(request, [asset(name)], MEDIA_TYPES[name], headers=headers)


async def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if exc.status_code == 404:
        return await respond_text(request, not_found(request.url.path, ENTRIES), status=404)
    return await respond_text(
        request, f"{exc.detail}\n", status=exc.status_code, headers=exc.headers
    )


async def _failed(request: Request, exc: Exception) -> Response:
    # Starlette raises it again after this answer, and web.applications logs it.
    return await respond_text(request, "this page failed; the agent's log says why\n", status=500)
