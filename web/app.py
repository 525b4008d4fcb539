"""The agent's pages and API: which path leads where.

Takes `Views`, the snapshots that `agent` supplies; gives an ASGI application. Each handler is
three steps: take a snapshot, hand it to a page or API function, answer.
Never: reads anything but through `Views` and the request.
"""

import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.access import Access
from web.api.envelope import ApiError
from web.api.handlers import ApiHandlers, api_error, api_unavailable
from web.api.status import flags_text
from web.api.targets import target_id
from web.asgi import AsgiApp
from web.counts import PathCounts
from web.endpoints import ENDPOINTS, UNAVAILABLE
from web.front import Front
from web.front_settings import FrontSettings
from web.pages.frame import page
from web.pages.root import not_found, root_html, root_plain
from web.pages.targets import SearchError, TargetFilter, targets_html, targets_plain
from web.responses import HTML, TEXT, respond, respond_text, wants_html
from web.static import MEDIA_TYPES, asset
from web.views import ReloadResult, Views

__all__ = ["ReloadResult", "Views", "create_app"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Handler = Callable[[Request], Awaitable[Response]]
BRAND = "promferry"
LINKS = (("./targets", "Targets"), ("./metrics", "Metrics"))
ENTRIES = tuple((endpoint.path, endpoint.entry) for endpoint in ENDPOINTS if endpoint.entry)


def create_app(
    views: Views,
    *,
    access: Access | None = None,
    settings: FrontSettings | None = None,
    counts: PathCounts | None = None,
    wall_s: Callable[[], float] = time.time,
) -> AsgiApp:
    """The application; it holds nothing but `views`. Without `access` nobody is asked."""
    settings = settings or FrontSettings()
    pages = _Pages(views, wall_s)
    api = ApiHandlers(views, prefix=settings.path_prefix)
    routes = [
        Route(one.path, _handler(one.handler, api, pages), methods=list(one.methods))
        for one in ENDPOINTS
    ]
    app = Starlette(
        routes=[
            *routes,
            *(Route(path, api_unavailable, methods=["GET", "POST"]) for path in UNAVAILABLE),
            Route("/robots.txt", robots),
            Route("/static/{name}", static_file),
        ],
        exception_handlers={
            HTTPException: _http_error,
            ApiError: api_error,
            Exception: _failed,
        },
    )
    return Front(app, access=access or Access(), settings=settings, counts=counts or PathCounts())


def _handler(name: str, *owners: object) -> Handler:
    """The method that the table names."""
    found: Handler = next(getattr(owner, name) for owner in owners if hasattr(owner, name))
    return found


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
        try:
            wanted = TargetFilter.of(request.query_params)
        except SearchError as exc:
            raise HTTPException(400, str(exc)) from exc
        targets = self._views.targets()
        if not wants_html(request):
            lines = targets_plain(targets, self._views.dropped(), wanted, self._now_ms())
            return await respond(request, lines, TEXT)
        content = targets_html(
            targets, self._views.dropped(), wanted, self._now_ms(), self._views.sharing()
        )
        whole = page("Targets", content, brand=BRAND, links=LINKS, here="./targets")
        return await respond(request, whole, HTML)

    async def target_response(self, request: Request) -> Response:
        wanted = request.query_params.get("id", "")
        target = next((one for one in self._views.targets() if target_id(one) == wanted), None)
        if target is None:
            text = "no target has this id; it is on the target's page, ?id=...\n"
            return await respond_text(request, text, status=404)
        fetched = await self._views.fetch(target)
        if fetched.error:
            return await respond_text(request, f"{fetched.error}\n", status=502)
        # Whatever the target says it is: here it is text, or a browser would run it.
        headers = {"x-target-status": str(fetched.status)}
        return await respond(request, [fetched.body], TEXT, headers=headers)

    async def config(self, request: Request) -> Response:
        return await respond_text(request, await self._views.config())

    async def flags(self, request: Request) -> Response:
        return await respond(request, flags_text(self._views.flags()), TEXT)

    async def tasks(self, request: Request) -> Response:
        lines = (f"{line}\n" for line in self._views.tasks())
        return await respond(request, lines, TEXT)

    async def metrics(self, request: Request) -> Response:
        return await respond(request, [self._views.metrics()], METRICS_TYPE)

    async def health(self, request: Request) -> Response:
        if self._views.is_stopping():
            return await respond_text(request, "stopping\n", status=503)
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
        result = await self._views.reload()
        if result.ok:
            return await respond_text(request, "reloaded\n")
        errors = "\n".join(result.errors) or "unknown error"
        text = f"not reloaded, the running configuration stays:\n{errors}\n"
        return await respond_text(request, text, status=400)


async def robots(request: Request) -> Response:
    return await respond_text(request, "User-agent: *\nDisallow: /\n")


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
