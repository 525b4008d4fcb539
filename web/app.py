"""The agent's pages and API: which path leads where.

Takes `Views`, the snapshots that `agent` supplies; gives an ASGI application. Each handler is
three steps: take a snapshot, hand it to a page or API function, answer.
Never: reads anything but through `Views` and the request.
"""

import time
from collections.abc import Callable

from web.access import Access
from web.answer import HttpError, Response
from web.api.envelope import ApiError
from web.api.handlers import ApiHandlers, api_error, api_unavailable
from web.asgi import AsgiApp
from web.counts import PathCounts
from web.endpoints import ENDPOINTS, UNAVAILABLE
from web.front import Front
from web.front_settings import FrontSettings
from web.pages.handlers import ENTRIES, PageHandlers
from web.pages.root import not_found
from web.push.handlers import PushHandlers
from web.push.intake import Intake
from web.request import Request
from web.responses import respond, respond_text
from web.router import Handler, Route, Router
from web.static import MEDIA_TYPES, asset
from web.views import ReloadResult, Views

__all__ = ["ReloadResult", "Views", "create_app"]


def create_app(
    views: Views,
    *,
    access: Access | None = None,
    settings: FrontSettings | None = None,
    intake: Intake | None = None,
    counts: PathCounts | None = None,
    wall_s: Callable[[], float] = time.time,
) -> AsgiApp:
    """The application; it holds nothing but `views`. Without `access` nobody is asked."""
    settings = settings or FrontSettings()
    pages = PageHandlers(views, wall_s)
    api = ApiHandlers(views, prefix=settings.path_prefix)
    pushes = PushHandlers(intake)
    routes = [
        Route(one.path, _handler(one.handler, api, pages, pushes), methods=list(one.methods))
        for one in ENDPOINTS
    ]
    app = Router(
        [
            *routes,
            *(Route(path, api_unavailable, methods=["GET", "POST"]) for path in UNAVAILABLE),
            Route("/robots.txt", robots),
            Route("/static/{name}", static_file),
        ],
        {
            HttpError: _http_error,
            ApiError: api_error,
            Exception: _failed,
        },
    )
    return Front(app, access=access or Access(), settings=settings, counts=counts or PathCounts())


def _handler(name: str, *owners: object) -> Handler:
    """The method that the table names."""
    found: Handler = next(getattr(owner, name) for owner in owners if hasattr(owner, name))
    return found


async def robots(request: Request) -> Response:
    return await respond_text(request, "User-agent: *\nDisallow: /\n")


async def static_file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in MEDIA_TYPES:
        raise HttpError(404)
    # The address changes with the content (web.static), so a browser may keep it for a year.
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return await respond(request, [asset(name)], MEDIA_TYPES[name], headers=headers)


async def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HttpError)
    if exc.status_code == 404:
        return await respond_text(request, not_found(request.path, ENTRIES), status=404)
    return await respond_text(
        request, f"{exc.detail}\n", status=exc.status_code, headers=exc.headers
    )


async def _failed(request: Request, exc: Exception) -> Response:
    # The router raises it again after this answer, and web.applications logs it.
    return await respond_text(request, "this page failed; the agent's log says why\n", status=500)
