"""What hypercorn's protocols ask of the worker that runs them: events, and when to end.

Theirs lies in a package that imports all of hypercorn, HTTP/2 included; `web.http1` says why that
matters.
"""

import trio


class Event:
    """A trio event that can be cleared, with the names of hypercorn's."""

    def __init__(self) -> None:
        self._event = trio.Event()

    async def clear(self) -> None:
        self._event = trio.Event()

    async def wait(self) -> None:
        await self._event.wait()

    async def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()


class Worker:
    """`terminated` ends each connection after its answer."""

    event_class = Event

    def __init__(self) -> None:
        self.terminated = Event()

    async def mark_request(self) -> None:
        """Called for each request; no number of them ends this worker."""

    @staticmethod
    async def sleep(seconds: float) -> None:
        await trio.sleep(seconds)

    @staticmethod
    def time() -> float:
        return trio.current_time()
