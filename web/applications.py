"""Runs the application for each request of a connection: what hypercorn calls a task group.

Takes requests from hypercorn's protocol; gives it the place where it puts what arrives.
Invariant: putting never waits once the application has finished, and never at the end of a
request, when it may be the application's own task that puts.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import trio

from web.asgi import AsgiApp, Message

logger = logging.getLogger("promferry.web")

# Between connection and application: one piece of body is read ahead.
_INBOX_MESSAGES = 2


class Applications:
    """Starts `app` in the connection's nursery, once for each request."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    async def spawn_app(
        self,
        app: AsgiApp,
        config: object,
        scope: MutableMapping[str, Any],
        send: Callable[[Message | None], Awaitable[None]],
    ) -> Callable[[Message], Awaitable[None]]:
        into, outof = trio.open_memory_channel[Message](_INBOX_MESSAGES)
        self._nursery.start_soon(_run_application, app, scope, outof, send)

        async def put(message: Message) -> None:
            if message["type"] == "http.disconnect":
                into.close()  # never waits: it may be the application itself that ends here
                return
            # The application may have finished; nobody wants the rest of the body then.
            with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await into.send(message)

        return put

    def spawn(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        self._nursery.start_soon(func, *args)


async def _run_application(
    app: AsgiApp,
    scope: MutableMapping[str, Any],
    inbox: "trio.MemoryReceiveChannel[Message]",
    send: Callable[[Message | None], Awaitable[None]],
) -> None:
    async def receive() -> Message:
        try:
            return await inbox.receive()
        except trio.EndOfChannel:
            return {"type": "http.disconnect"}

    with inbox:
        try:
            await app(scope, receive, send)
        except Exception:
            logger.exception("a page failed: %s %.80s", scope.get("method"), scope.get("path"))
    await send(None)  # answers 500 if nothing was answered
