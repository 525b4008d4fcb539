"""What stands before every page: the path's prefix, credentials, headers, counts.

Takes an ASGI application and settings; gives an ASGI application.
Invariant: no request reaches the application without having been judged by `web.access`.
"""

import re
from collections.abc import Mapping

import trio

from web.access import Access, Asked, judge
from web.answer import Response
from web.asgi import AsgiApp, Message, Receive, Scope, Send
from web.counts import OTHER, PathCounts
from web.endpoints import BY_PATH
from web.front_settings import FrontSettings
from web.request import Headers, Query, Request
from web.responses import respond_text

# vmagent answers the same pages under this path too, as Prometheus behind a proxy does.
ALIAS = "/prometheus"
_SLASHES = re.compile("/{2,}")


class Front:
    """The application as the server sees it."""

    def __init__(
        self, app: AsgiApp, *, access: Access, settings: FrontSettings, counts: PathCounts
    ) -> None:
        self._app = app
        self._access = access
        self._settings = settings
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._path_of(scope["path"])
        scope["path"] = path or scope["path"]
        scope["raw_path"] = scope["path"].encode("utf-8", "surrogateescape")
        if not self._settings.compresses:
            scope["headers"] = [row for row in scope["headers"] if row[0] != b"accept-encoding"]
        refusal = await self._refusal(path, scope)
        counted = scope["path"] if scope["path"] in BY_PATH else OTHER

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counts.answered(counted, message["status"])
                self._add_headers(message, scope.get("state", {}))
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)

    def _path_of(self, path: str) -> str | None:
        """The path as pages know it; None if the prefix is missing."""
        path = _SLASHES.sub("/", path)
        prefix = self._settings.path_prefix
        if prefix:
            if not f"{path}/".startswith(f"{prefix}/"):
                return None
            path = path[len(prefix) :]
        if path.startswith(f"{ALIAS}/"):
            path = path[len(ALIAS) :]
        return path

    async def _refusal(self, path: str | None, scope: Scope) -> Response | None:
        request = Request(scope)
        if path is None:
            prefix = self._settings.path_prefix
            text = f"nothing here; every path begins with {prefix}/ (-http.pathPrefix)\n"
            return await respond_text(request, text, status=404)
        if not path:
            # Pages link relatively, so the prefix alone would lead them astray.
            return Response(status_code=308, headers={"location": f"{self._settings.path_prefix}/"})
        headers = Headers(scope["headers"])
        state = scope.get("state", {})
        asked = Asked(
            path=path,
            auth_key=Query(scope["query_string"]).get("authKey", ""),
            headers=headers,
            client=scope["client"][0] if scope.get("client") else None,
            has_certificate=bool(state.get("has_certificate")),
        )
        denial = await judge(self._access, BY_PATH.get(path), asked)
        if denial is None:
            return None
        text = f"not done: {denial.reason}\n"
        return await respond_text(request, text, status=denial.status, headers=denial.headers)

    def _add_headers(self, message: Message, state: Mapping[str, float]) -> None:
        own = {
            name.lower().encode("latin-1"): value.encode("latin-1")
            for name, value in self._settings.headers.items()
        }
        opened_at = state.get("opened_at", float("inf"))
        is_old = trio.current_time() - opened_at > self._settings.max_connection_s
        if is_old or not self._settings.keeps_alive:
            own[b"connection"] = b"close"
        kept = [row for row in message["headers"] if row[0] not in own]
        message["headers"] = [*kept, *own.items()]
