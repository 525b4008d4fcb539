"""Runs the application for each request of a connection: what hypercorn calls a task group.

Takes requests from hypercorn's protocol; gives it the place where it puts what arrives.
Invariant: putting never waits once the application has finished, and never at the end of a
request, when it may be the application's own task that puts.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

import trio

from web.asgi import AsgiApp, Message, Scope

logger = logging.getLogger("promferry.web")

# Between connection and application: one piece of body is read ahead.
_INBOX_MESSAGES = 2


class ClientGone(OSError):
    """What an application's `send` raises when nobody will read it (ASGI 2.4 asks for OSError)."""


class Applications:
    """Starts `app` in the connection's nursery, once for each request.

    `is_deaf` tells that the client has gone or does not read, so that a stream must end. Over
    HTTP/2 a client may read and yet take nothing (a window of 0): after `patience_s` with one
    message `give_up` is called.
    """

    def __init__(
        self,
        nursery: trio.Nursery,
        is_deaf: Callable[[], bool],
        *,
        patience_s: float = inf,
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._nursery = nursery
        self._is_deaf = is_deaf
        self._patience_s = patience_s
        self._give_up = give_up

    async def spawn_app(
        self,
        app: AsgiApp,
        config: object,
        scope: Scope,
        send: Callable[[Message | None], Awaitable[None]],
    ) -> Callable[[Message], Awaitable[None]]:
        into, outof = trio.open_memory_channel[Message](_INBOX_MESSAGES)
        self._nursery.start_soon(self._run, app, scope, into, outof, send)

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

    async def _run(
        self,
        app: AsgiApp,
        scope: Scope,
        into: "trio.MemorySendChannel[Message]",
        inbox: "trio.MemoryReceiveChannel[Message]",
        put_out: Callable[[Message | None], Awaitable[None]],
    ) -> None:
        async def receive() -> Message:
            try:
                return await inbox.receive()
            except trio.EndOfChannel:
                return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            await self._put_out(put_out, message)
            if self._is_deaf():
                raise ClientGone("the client has gone or does not read")

        with into, inbox:
            try:
                await app(scope, receive, send)
            except Exception:
                if not self._is_deaf():  # else: it ended because its client did
                    logger.exception(
                        "a page failed: %s %.80s", scope.get("method"), scope.get("path")
                    )
        await self._put_out(put_out, None)  # answers 500 if nothing was answered

    async def _put_out(
        self, put_out: Callable[[Message | None], Awaitable[None]], message: Message | None
    ) -> None:
        with trio.move_on_after(self._patience_s) as waiting:
            await put_out(message)
        if waiting.cancelled_caught:
            self._give_up()
