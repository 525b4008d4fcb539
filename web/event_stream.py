"""An answer that goes on until its reader goes: server-sent events.

Takes pieces of JSON; gives an ASGI answer. Each write has the server's own deadline, so a reader
that does not read is cut off like any other.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

import trio

from web.answer import Response
from web.asgi import Receive, Scope, Send
from web.responses import COMMON_HEADERS
from web.turns import take_turn

EVENTS = "text/event-stream; charset=utf-8"
Piece = TypeVar("Piece")


class EventStream(Response, Generic[Piece]):
    """`source` is open while somebody reads. Its pieces are sent as they come, as what `shown`
    makes of them: a list of events, empty for a sign of life."""

    def __init__(
        self,
        source: AbstractAsyncContextManager[AsyncIterator[Piece]],
        shown: Callable[[Piece], list[Mapping[str, Any]]],
    ) -> None:
        super().__init__(headers=COMMON_HEADERS, media_type=EVENTS)
        self._source, self._shown = source, shown
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async with self._source as pieces, trio.open_nursery() as nursery:
            nursery.start_soon(_until_gone, receive, nursery.cancel_scope)
            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            async for piece in pieces:
                await take_turn()
                body = "".join(_lines(self._shown(piece))).encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            nursery.cancel_scope.cancel()


def _lines(piece: list[Mapping[str, Any]]) -> Iterator[str]:
    if not piece:
        yield ":\n\n"  # a comment, which keeps proxies and readers from giving up
    for event in piece:
        yield f"data: {json.dumps(event)}\n\n"


async def _until_gone(receive: Receive, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
