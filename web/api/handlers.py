"""What answers under `/api/v1/`: take a snapshot, hand it to a function, answer.

Never: reads anything but through `Views` and the request.
"""

import json
import socket
from collections.abc import Iterable

from web.answer import Response
from web.api import envelope, health, metadata, openapi, relabel_steps, remotes, status, tap
from web.api.envelope import ApiError
from web.api.targets import TargetQuery, targets_json
from web.endpoints import ENDPOINTS
from web.event_stream import EventStream
from web.request import Request
from web.responses import JSON, Pace, respond
from web.views import TooManyError, Views


class ApiHandlers:
    """One method for each path of the table; their names are in `web.endpoints`."""

    def __init__(self, views: Views, *, prefix: str) -> None:
        self._views = views
        self._prefix = prefix

    async def api_targets(self, request: Request) -> Response:
        query = TargetQuery.of(request.query_params)
        views = self._views
        pieces = targets_json(query, views.targets(), views.dropped(), socket.gethostname())
        return await respond(request, pieces, JSON)

    async def api_scrape_pools(self, request: Request) -> Response:
        return await _success(request, {"scrapePools": list(self._views.pools())})

    async def api_targets_metadata(self, request: Request) -> Response:
        query = metadata.MetadataQuery.of(request.query_params)
        found = metadata.targets_metadata(query, self._views.metadata())
        return await respond(request, envelope.listed(found), JSON)

    async def api_metadata(self, request: Request) -> Response:
        query = metadata.MetadataQuery.of(request.query_params)
        return await _success(
            request, await _last(metadata.metadata_by_metric(query, self._views.metadata()))
        )

    async def api_relabel_steps(self, request: Request) -> Response:
        pool = request.query_params.get("scrapePool", "")
        if not pool:
            raise ApiError("bad_data", "no scrapePool parameter provided")
        labels = relabel_steps.labels_of(request.query_params.get("labels", ""))
        pipeline = self._views.rules_of(pool)
        if pipeline is None:
            raise ApiError("bad_data", f"there is no job {pool[:80]!r}; see /api/v1/scrape_pools")
        return await _success(request, relabel_steps.relabel_steps(pipeline, labels))

    async def api_config(self, request: Request) -> Response:
        return await _success(request, {"yaml": await self._views.config()})

    async def api_flags(self, request: Request) -> Response:
        return await _success(request, {name: value for name, value, _ in self._views.flags()})

    async def api_buildinfo(self, request: Request) -> Response:
        return await _success(request, status.build_info(self._views.runtime()))

    async def api_runtimeinfo(self, request: Request) -> Response:
        corruptions = sum(one.queue.damages_total for one in self._views.remotes())
        return await _success(request, status.runtime_info(self._views.runtime(), corruptions))

    async def api_remotes(self, request: Request) -> Response:
        return await _success(request, remotes.remotes(self._views.remotes()))

    async def api_queue(self, request: Request) -> Response:
        return await _success(request, remotes.queues(self._views.remotes()))

    async def api_whynot(self, request: Request) -> Response:
        try:
            found = await self._views.why_not(request.query_params.get("q", ""))
        except ValueError as exc:
            raise ApiError("bad_data", str(exc)) from exc
        return await _success(request, found)

    async def api_tap(self, request: Request) -> Response:
        try:
            return EventStream(self._views.tap(tap.wish_of(request.query_params)), tap.events)
        except ValueError as exc:
            raise ApiError("bad_data", str(exc)) from exc
        except TooManyError as exc:
            raise ApiError("too_many", str(exc)) from exc

    async def api_logs(self, request: Request) -> Response:
        return await _success(request, list(self._views.log_lines()))

    async def openapi(self, request: Request) -> Response:
        version = self._views.runtime().version
        document = openapi.describe(ENDPOINTS, version=version, prefix=self._prefix)
        return await _json(request, document)

    async def health_details(self, request: Request) -> Response:
        views = self._views
        found = health.checks(
            views.remotes(), views.runtime(), views.discovery_errors(), views.is_ready()
        )
        document, code = health.health(tuple(found))
        return await _json(request, document, status_code=code)


async def api_unavailable(request: Request) -> Response:
    """What Prometheus' agent mode says where a server would query its storage."""
    raise ApiError("execution", "unavailable with Prometheus Agent")


async def api_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, ApiError)
    return await envelope.respond_error(request, exc)


async def _success(request: Request, data: object) -> Response:
    return await respond(request, [envelope.success(data)], JSON)


async def _json(request: Request, document: object, *, status_code: int = 200) -> Response:
    return await respond(request, [json.dumps(document) + "\n"], JSON, status=status_code)


async def _last(steps: Iterable[object]) -> object:
    """The last of the steps, with turns for others in between."""
    pace, last = Pace(), None
    for step in steps:
        last = step
        await pace.breathe()
    return last
