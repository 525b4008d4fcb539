"""Which handler answers a path, and what is said where none does or one fails.

Takes routes, and handlers of errors by their kinds; gives an ASGI application.
Invariant: an error of an unknown kind is answered, if nothing was yet, and raised again.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import attrs

from web.answer import HttpError, Response
from web.asgi import Message, Receive, Scope, Send
from web.request import Request

Handler = Callable[[Request], Awaitable[Response]]
ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


@attrs.frozen
class Route:
    """`path` may end with `{name}`, which stands for one last part. GET is HEAD as well."""

    path: str
    handler: Handler
    methods: Iterable[str] = ("GET",)


class Router:
    """`errors`: by their kinds; that of Exception is for all others."""

    def __init__(
        self, routes: Iterable[Route], errors: Mapping[type[Exception], ErrorHandler]
    ) -> None:
        self._errors = dict(errors)
        # By the path, or what stands before its last part; that part's name; handlers by method.
        self._exact: dict[str, dict[str, Handler]] = {}
        self._open: dict[str, tuple[str, dict[str, Handler]]] = {}
        for route in routes:
            head, brace, name = route.path.partition("{")
            if brace:
                by_method = self._open.setdefault(head, (name.rstrip("}"), {}))[1]
            else:
                by_method = self._exact.setdefault(head, {})
            for method in route.methods:
                by_method.setdefault(method, route.handler)
                if method == "GET":
                    by_method.setdefault("HEAD", route.handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a websocket: there is none here
            await send({"type": "websocket.close"})
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        request = Request(scope, receive)
        try:
            response = await self._answer(request)
            await response(scope, receive, send_noting)
        except Exception as exc:
            handler = self._errors.get(Exception)
            if handler is not None and not has_begun:
                await (await handler(request, exc))(scope, receive, send)
            raise

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)(request)
        except Exception as exc:
            kinds = [kind for kind in type(exc).__mro__ if kind is not Exception]
            handler = next((self._errors[kind] for kind in kinds if kind in self._errors), None)
            if handler is None:
                raise
            return await handler(request, exc)

    def _handler(self, request: Request) -> Handler:
        """Raises HttpError 404, or 405 with what is allowed."""
        path = request.path
        by_method = self._exact.get(path)
        if by_method is None:
            head, slash, last = path.rpartition("/")
            name, by_method = self._open.get(head + slash, ("", None))
            if by_method is None or not last:
                return self._without_slash(path)
            request.path_params = {name: last}
        handler = by_method.get(request.method)
        if handler is None:
            raise HttpError(405, headers={"allow": ", ".join(sorted(by_method))})
        return handler

    def _without_slash(self, path: str) -> Handler:
        bare = path.rstrip("/")
        if bare not in self._exact or not bare:
            raise HttpError(404)

        async def lead_there(request: Request) -> Response:
            # Relative, for whatever a proxy or a prefix has put before.
            query = request.scope.get("query_string", b"").decode("latin-1")
            there = f"../{bare.rpartition('/')[2]}" + (f"?{query}" if query else "")
            return Response(status_code=307, headers={"location": there})

        return lead_there
